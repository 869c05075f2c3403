// core/failure.h
//
// Two of the three kinds of failure. A bug of ours: require() prints what must hold and where,
// and stops the process, in release builds too. A mistake of the user, or a machine that refuses:
// Error, thrown during set-up only and caught once, in main, which prints it and returns 2. The
// third kind, an ordinary outcome, is a return value and needs nothing from here.
//
// Threads: any.

#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace etude {

// Prints `what` and the place, and aborts: the end of require(), for places that cannot be reached.
[[noreturn]] void fail(std::string_view what,
                       std::source_location where = std::source_location::current()) noexcept;

// Stops the process with `what` unless `holds`. Split `a && b` into two calls: the message then
// tells which one failed.
inline void require(bool holds, std::string_view what,
                    std::source_location where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]]
    fail(what, where);
}

// One line for the user: "subject: problem; remedy".
class Error : public std::runtime_error {
 public:
  Error(std::string_view subject, std::string_view problem, std::string_view remedy);
};

}  // namespace etude
