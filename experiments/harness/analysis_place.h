// experiments/harness/analysis_place.h
//
// Where the Python analysis lies that belongs to this program: analysis/ above it, as in a clone,
// or lib/python3/dist-packages/ above it, as experiments/package/CMakeLists.txt installs it.
//
// Threads: any.

#pragma once

#include <string>

namespace etude::harness {

// The folder of report.py; "" where there is none.
std::string find_analysis();

// The command that draws the report of a results directory, for a sentence.
std::string report_command(const std::string& directory);

}  // namespace etude::harness
