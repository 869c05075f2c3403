// experiments/simulator/input_files.h
//
// The files a simulated workload reads, traces and empirical lengths, and what was in them: a
// result is resumed and repeated with the same contents, or not at all.
//
// Threads: any.
// Errors:  Error when the document says of a file what is no longer in it, or says it in no object.
//          A file that cannot be read is left to whoever needs it.

#pragma once

#include <string>

#include "experiments/harness/checked_json.h"

namespace etude::sim {

// Adds to a suite's document "input_files": each file as the suite names it, with hash_text() of
// its content; nothing where no workload reads one. Relative files begin in `directory`.
void note_input_files(harness::Json& document, const std::string& file,
                      const std::string& directory);

}  // namespace etude::sim
