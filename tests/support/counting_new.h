// tests/support/counting_new.h
//
// How often this process has called operator new. A test program that links counting_new.cpp has
// operator new and delete replaced.
//
// Threads: any.

#pragma once

#include <cstdint>

namespace etude {

std::uint64_t allocations_so_far() noexcept;

}  // namespace etude
