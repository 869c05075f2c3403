#include "core/failure.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace etude {

void fail(std::string_view what, std::source_location where) noexcept {
  // snprintf into the stack: a process that is about to stop should not need its heap.
  char line[512];
  const int length = std::snprintf(line, sizeof line, "etude: %s:%u: %s: must hold: %.*s\n",
                                   where.file_name(), where.line(), where.function_name(),
                                   static_cast<int>(what.size()), what.data());
  if (length > 0) std::fputs(line, stderr);
  std::abort();
}

Error::Error(std::string_view subject, std::string_view problem, std::string_view remedy)
    : std::runtime_error(fmt::format("{}: {}; {}", subject, problem, remedy)) {}

}  // namespace etude
