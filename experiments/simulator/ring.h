// experiments/simulator/ring.h
//
// A queue in one array: first in, first out. It grows to the most that ever stood in it, and then
// allocates no more, which std::deque would go on doing.
//
// Threads: one.

#pragma once

#include <cstddef>
#include <vector>

namespace etude::sim {

template <typename T>
class Ring {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  // Requires: there is one.
  const T& front() const noexcept { return items_[head_]; }
  // Requires: i < size(); 0 is the front.
  T& at(std::size_t i) noexcept { return items_[(head_ + i) & (items_.size() - 1)]; }

  void push(const T& item) {
    if (size_ == items_.size()) grow();
    ++size_;
    at(size_ - 1) = item;
  }
  // Requires: there is one.
  T pop() noexcept {
    const T item = items_[head_];
    head_ = (head_ + 1) & (items_.size() - 1);
    --size_;
    return item;
  }
  // Takes one out of the middle; the others stay in their order. Requires: i < size().
  T take(std::size_t i) noexcept {
    const T item = at(i);
    for (; i > 0; --i) at(i) = at(i - 1);
    pop();
    return item;
  }

 private:
  void grow() {
    std::vector<T> wider(items_.empty() ? 4 : items_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) wider[i] = at(i);
    items_.swap(wider);
    head_ = 0;
  }

  std::vector<T> items_;  // its size is a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace etude::sim
