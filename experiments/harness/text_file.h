// experiments/harness/text_file.h
//
// A file's whole content at once.
//
// Threads: any.
// Errors:  nothing is returned of what cannot be opened or read, a directory for one; an empty file
//          is an empty text.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace etude::harness {

std::optional<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace etude::harness
