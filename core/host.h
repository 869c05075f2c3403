// core/host.h
//
// What this machine allows this process.
//
// Threads: any; set-up.

#pragma once

#include <cstdint>
#include <vector>

namespace etude {

// Raises the soft limit of open files to the hard one, and returns what it is then.
std::uint64_t raise_open_files_limit() noexcept;

// The cores that this process may run on, in rising order.
std::vector<int> usable_cores();

}  // namespace etude
