// core/stderr_text.h
//
// Messages to stderr. A full disk, a closed descriptor or a reader that went away loses the
// message and nothing else: what has been measured so far is still worth its end.
//
// Threads: any; one call is one write.
// Errors:  none; a write that fails is not told.

#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace etude {

template <typename... Values>
void print_stderr(fmt::format_string<Values...> format, Values&&... values) {
  const std::string text = fmt::format(format, std::forward<Values>(values)...);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace etude
