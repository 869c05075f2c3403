// experiments/cli/duration.h
//
// Lengths of time as people type them.

#pragma once

#include <string>

#include "core/types.h"

namespace etude::cli {

// "250ms", "10s", "1m", "2h"; a bare number means seconds, as in wrk. Anything else throws Error
// with `option` as its subject.
Nanos parse_duration(const std::string& option, const std::string& text);

}  // namespace etude::cli
