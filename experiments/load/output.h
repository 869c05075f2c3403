// experiments/load/output.h
//
// Results reach their files whole or not at all, and a file that could not be written is found out
// before the load runs.
//
// Errors: Error, naming the file.

#pragma once

#include <string>
#include <string_view>

namespace etude::load {

// Throws unless write_output() has a good chance later. Changes nothing. "-" is stdout.
void require_writable(const std::string& path);

// Writes beside the file and renames; what is no regular file (a pipe, /dev/null) is written to.
// A file that could not be written whole is not left behind.
void write_output(const std::string& path, std::string_view text);

}  // namespace etude::load
