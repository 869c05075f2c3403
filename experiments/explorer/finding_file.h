// experiments/explorer/finding_file.h
//
// A finding on disk: JSON with everything that replaying it takes, and the seed that led to it.
//
// Errors: a file that cannot be read or written, or does not hold a finding, throws Error.

#pragma once

#include <string>

#include "experiments/explorer/explore.h"

namespace etude::explorer {

void write_finding(const std::string& path, const Subject& subject, const Finding& finding);

struct StoredFinding {
  Subject subject;
  Finding finding;
};
StoredFinding read_finding(const std::string& path);

}  // namespace etude::explorer
