// experiments/simulator/jobs.h
//
// The tasks of a simulated server: a connection's fiber with its socket, and the fibers that a
// request forks. Plain data; turns.cpp says what happens to them.

#pragma once

#include <cstdint>
#include <deque>

#include "core/task.h"
#include "experiments/simulator/model.h"

namespace etude::sim {

struct Job : Task {
  enum class Kind : std::uint8_t { connection, child };
  static constexpr Nanos kNotStamped = -1;

  explicit Job(Kind kind_of_it) : kind(kind_of_it) {}

  Kind kind;
  WorkerId home = kNoWorker;
  WorkerId last_ran = kNoWorker;
  WorkerId placed_at = kNoWorker;  // Placement::home, while it waits for a worker
  Nanos runnable_since_ns = kNotStamped;
};

struct Connection : Job {
  // What its fiber does when it goes on.
  enum class Phase : std::uint8_t {
    read,     // takes what has arrived
    serve,    // begins the next request, or ends its turn
    sliced,   // has kept the core for as long as it may
    service,  // goes on with what is left of the service
    fork,     // spawns the next child
    joined,   // all children have ended
    block,    // begins to keep the worker without the core
    blocked,  // has done so
    sleep,    // gives the worker back for a time
    slept,
    written,  // has done what it can: the answers go out
  };

  Connection() : Job(Kind::connection) {}

  Phase phase = Phase::read;
  bool waits = true;           // at its socket
  bool readable = false;       // an event came while it did not wait
  bool reported = false;       // stands in its reactor's list
  std::uint32_t arrived = 0;   // requests in the socket
  std::uint32_t batch = 0;     // read, not begun
  std::uint32_t answered = 0;  // their answers go out with the next write
  std::uint32_t in_turn = 0;   // begun in this turn
  std::uint32_t number = 0;    // of the next request
  std::uint32_t spawned = 0;
  std::uint32_t unjoined = 0;  // children, and the parent's own share while it spawns
  Nanos left_ns = 0;           // of the service
  Nanos longest_ns = 0;        // service of a child, so far
  const Handler* handler = nullptr;
};

struct Child : Job {
  Child() : Job(Kind::child) {}

  Connection* parent = nullptr;
  Nanos service_ns = 0;
  Child* next_free = nullptr;
};

// Children, used again and again.
class ChildPool {
 public:
  explicit ChildPool(std::uint32_t limit) : limit_(limit) {}

  // nullptr: all are in use.
  Child* acquire() {
    if (free_ == nullptr) {
      if (children_.size() == limit_) return nullptr;
      return &children_.emplace_back();
    }
    Child* const child = free_;
    free_ = child->next_free;
    return child;
  }
  void release(Child& child) noexcept {
    child.next_free = free_;
    free_ = &child;
  }

 private:
  std::uint32_t limit_;
  std::deque<Child> children_;  // never moves, never shrinks
  Child* free_ = nullptr;
};

}  // namespace etude::sim
