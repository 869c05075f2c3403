// schedulers/task_list.h
//
// A first-in first-out list of tasks through Task::link, without atomics: for queues that only
// their owner touches, or that a lock guards.
//
// Threads:   one at a time.
// Ownership: borrows its tasks; a task is in one list at most.
// Limits:    none; it allocates nothing.

#pragma once

#include <cstdint>

#include "core/task.h"

namespace etude {

class TaskList {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  std::uint32_t size() const noexcept { return size_; }

  void push(Task& task) noexcept {
    task.link = nullptr;
    (head_ == nullptr ? head_ : tail_->link) = &task;
    tail_ = &task;
    ++size_;
  }

  // At the front: what is pushed so comes back newest first.
  void push_front(Task& task) noexcept {
    if (head_ == nullptr) tail_ = &task;
    task.link = head_;
    head_ = &task;
    ++size_;
  }

  // The oldest, or nullptr.
  Task* pop() noexcept {
    Task* const task = head_;
    if (task == nullptr) return nullptr;
    head_ = task->link;
    --size_;
    return task;
  }

  // Moves all of `younger` behind what is here; leaves it empty.
  void append(TaskList& younger) noexcept {
    if (younger.empty()) return;
    (head_ == nullptr ? head_ : tail_->link) = younger.head_;
    tail_ = younger.tail_;
    size_ += younger.size_;
    younger = TaskList{};
  }

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;  // means nothing while head_ is nullptr
  std::uint32_t size_ = 0;
};

}  // namespace etude
