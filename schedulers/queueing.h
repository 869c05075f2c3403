// schedulers/queueing.h
//
// What queueing theory calls a policy, where it has a name for it: tasks that any thread submits
// with a home, on cores of one thread each. It is said here and not measured; theory_test holds the
// simulator to it.
//
// Threads: any; functions of their arguments.
// Errors:  a policy that is not listed, such as a plugin, is `unknown`.

#pragma once

#include <cstdint>
#include <string_view>

namespace etude {

enum class Queueing : std::uint8_t {
  alone,     // a queue for each worker, in order of arrival
  together,  // one queue for all, in order of arrival
  shared,    // no worker idles while a task waits, in another order
  unknown,
};

// `parameters` in effect, as effective_parameters() has them.
Queueing queueing_of(std::string_view scheduler, std::string_view parameters) noexcept;

}  // namespace etude
