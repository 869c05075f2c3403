// schedulers/chase_lev_deque.h
//
// A work-stealing deque of fixed capacity. The owner pushes and pops at the bottom (newest first);
// thieves steal at the top (oldest first). An owner that wants its oldest item steals from itself.
//
// Threads:   push(), pop() by one owner; steal(), size() by any thread, the owner too.
// Ownership: borrows its items.
// Ordering:  what was written before push(item) is visible to the pop() or steal() that takes it.
// Limits:    `capacity_min`, rounded up to a power of two, is at least the most items that ever
//            wait. It never grows, so there is no buffer to swap or to free. Slots come to life
//            when first used: a large capacity costs address space, and memory only as used.
// Errors:    push() into a full deque stops the process: tasks_max was set too low.
// Source:    Chase and Lev, SPAA 2005 (doi 10.1145/1073970.1073974). Orders after Lê et al., PPoPP
//            2013 (doi 10.1145/2442516.2442524), with seq_cst operations in place of their fences,
//            which the thread sanitizer would not see. A fixed size also avoids the growth race,
//            and signed 64-bit indices the underflow of an empty pop(), both of that paper and
//            found by Norris and Demsky, OOPSLA 2013 (doi 10.1145/2509136.2509514).
//
// Item i lives in slot i modulo capacity. Items top .. bottom - 1 wait. `top` only rises; `bottom`
// is the owner's. Why no item is lost or taken twice:
//   (A) Publication. Every store of bottom is a release by the owner, so whoever acquires a bottom
//       above i sees slot i, and what the item's submitter wrote.
//   (B) Owner against thief. pop() of item i without an exchange: it stores bottom = i, then loads
//       top < i. A thief that takes i has loaded top = i, then bottom > i. All four are seq_cst, as
//       is the exchange that raised top to i. The owner loaded top before that exchange, in the
//       one total order, so its store of bottom came before the thief's load of it: the thief saw
//       bottom <= i and no item. (If it saw a later push(), slot i holds that newer item.)
//   (C) Thief against thief, and owner against thief over the last item: whoever moves top from i
//       to i + 1 has item i. pop() of the last item must win that exchange, too.
//   (D) Reuse. push() writes the slot of i again, for i + capacity, only after an acquire load has
//       shown top > i. The winner of i read the slot before its exchange (a release), so it got
//       the old item. A slower thief may read the new one: top moved, its exchange fails, and it
//       drops what it read. A slot is an atomic, so that this read is no data race.
//   (E) Emptiness. steal() and size() load top first. top only rises, so bottom <= top at the load
//       of bottom: empty at that moment. A pop() under way may have lowered bottom by one before;
//       then it is that item's taker, or loses it to a thief by (C).
//
// Taking several at once: one exchange that raises top by n is wrong here. By (B) the owner pops
// item i > top without an exchange, so it could pop out of the middle of such a batch. Where the
// owner never pops (order=fifo) it would be right; one exchange per item serves both orders.

#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "core/failure.h"

namespace etude {

enum class StealResult : std::uint8_t {
  taken,  // an item was taken
  empty,  // nothing was there
  lost,   // somebody else took the item: there may be more, so try again
};

template <typename T, template <typename> class Atomic>
class ChaseLevDeque {
 public:
  explicit ChaseLevDeque(std::uint32_t capacity_min);
  ~ChaseLevDeque();
  ChaseLevDeque(const ChaseLevDeque&) = delete;
  ChaseLevDeque& operator=(const ChaseLevDeque&) = delete;

  void push(T& item) noexcept;

  // The newest item; nullptr: it was empty, or a thief took the last one just now.
  T* pop() noexcept;

  // The oldest item, into `item`, which is only written if one was taken.
  StealResult steal(T*& item) noexcept;

  // How many waited at one moment of this call; at most 0 means empty.
  std::int64_t size() const noexcept;

  std::int64_t capacity() const noexcept { return mask_ + 1; }

 private:
  Atomic<T*>& slot(std::int64_t i) noexcept { return slots_[i & mask_]; }

  const std::int64_t mask_;
  std::allocator<Atomic<T*>> allocator_;
  Atomic<T*>* const slots_;  // 0 .. min(bottom, capacity) - 1 are alive

  // Thieves write top_, the owner bottom_: on lines of their own.
  alignas(64) Atomic<std::int64_t> top_{0};
  alignas(64) Atomic<std::int64_t> bottom_{0};
  std::int64_t top_seen_ = 0;     // the owner's: some earlier top, to spare it the thieves' line
  std::int64_t slots_alive_ = 0;  // the owner's
};

template <typename T, template <typename> class Atomic>
ChaseLevDeque<T, Atomic>::ChaseLevDeque(std::uint32_t capacity_min)
    : mask_(static_cast<std::int64_t>(std::bit_ceil(std::uint64_t{capacity_min})) - 1),
      slots_(allocator_.allocate(static_cast<std::size_t>(capacity()))) {}

template <typename T, template <typename> class Atomic>
ChaseLevDeque<T, Atomic>::~ChaseLevDeque() {
  std::destroy_n(slots_, slots_alive_);
  allocator_.deallocate(slots_, static_cast<std::size_t>(capacity()));
}

template <typename T, template <typename> class Atomic>
inline void ChaseLevDeque<T, Atomic>::push(T& item) noexcept {
  // relaxed: only the owner, this thread, writes bottom_.
  const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
  if (bottom - top_seen_ >= capacity()) {
    top_seen_ = top_.load(std::memory_order_acquire);  // (D)
    require(bottom - top_seen_ < capacity(), "no more than tasks_max tasks wait in the deque");
  }
  if (bottom == slots_alive_ && slots_alive_ < capacity()) {
    // The first lap. No thief reads this slot before (A) shows it a bottom above.
    std::construct_at(&slot(bottom), &item);
    ++slots_alive_;
  } else {
    slot(bottom).store(&item, std::memory_order_relaxed);  // relaxed: published by the next line
  }
  bottom_.store(bottom + 1, std::memory_order_release);  // (A)
}

template <typename T, template <typename> class Atomic>
T* ChaseLevDeque<T, Atomic>::pop() noexcept {
  // relaxed: only the owner, this thread, writes bottom_.
  const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
  bottom_.store(bottom, std::memory_order_seq_cst);         // (B)
  std::int64_t top = top_.load(std::memory_order_seq_cst);  // (B)

  if (top > bottom) {                                      // it was empty
    bottom_.store(bottom + 1, std::memory_order_release);  // (A)
    return nullptr;
  }
  T* item = slot(bottom).load(std::memory_order_relaxed);  // relaxed: the owner wrote it
  if (top == bottom) {                                     // the last item
    // (C). relaxed on failure: the loser uses nothing it read.
    const bool won = top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                                  std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);  // (A)
    if (!won) return nullptr;
  }
  return item;
}

template <typename T, template <typename> class Atomic>
inline StealResult ChaseLevDeque<T, Atomic>::steal(T*& item) noexcept {
  std::int64_t top = top_.load(std::memory_order_seq_cst);              // (B), (E)
  const std::int64_t bottom = bottom_.load(std::memory_order_seq_cst);  // (A), (B)
  if (top >= bottom) return StealResult::empty;

  T* const oldest = slot(top).load(std::memory_order_relaxed);  // relaxed: (A) has shown it
  // (B), (C), (D). relaxed on failure: the loser drops what it read.
  if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                    std::memory_order_relaxed)) {
    return StealResult::lost;
  }
  item = oldest;
  return StealResult::taken;
}

template <typename T, template <typename> class Atomic>
std::int64_t ChaseLevDeque<T, Atomic>::size() const noexcept {
  const std::int64_t top = top_.load(std::memory_order_seq_cst);  // (E): before bottom
  return bottom_.load(std::memory_order_seq_cst) - top;
}

}  // namespace etude
