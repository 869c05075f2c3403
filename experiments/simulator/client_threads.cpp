// Client: the threads of a modelled one.

#include <algorithm>
#include <utility>

#include "experiments/simulator/client.h"

namespace etude::sim {

// There is something to do for the connection's thread. Whether that wakes it.
bool Client::list(std::uint32_t asker) {
  if (std::exchange(askers_[asker].listed, true)) return false;
  Thread& thread = thread_of(asker);
  thread.to_do.push(asker);
  return rouse(static_cast<std::uint32_t>(&thread - threads_.data()));
}

bool Client::rouse(std::uint32_t number) {
  Thread& thread = threads_[number];
  if (!thread.asleep || thread.waking) return false;
  thread.waking = true;
  world_.at(world_.now_ns() + charges_.wake_latency_ns, For::client_sleeper, number);
  return true;
}

void Client::pay_for_waking(std::uint32_t asker) {
  if (!is_ideal()) thread_of(asker).fraction_ns += charges_.rouse_ns;
}

void Client::thread_wakes(std::uint32_t number) {
  threads_[number].asleep = false;
  threads_[number].waking = false;
  if (cores_ != nullptr) return cores_->enter(first_thread_ + number);
  thread_goes_on(number);
}

void Client::thread_goes_on(std::uint32_t number) {
  Thread& thread = threads_[number];
  double cost = 0;
  do {
    if (thread.handles) finish(thread);
    if (!begin_next(thread, cost)) {
      thread.asleep = true;
      if (cores_ != nullptr) cores_->leave(first_thread_ + number);
      return;
    }
    thread.fraction_ns += cost;
  } while (thread.fraction_ns < 1);
  const auto length_ns = static_cast<Nanos>(thread.fraction_ns);
  thread.fraction_ns -= static_cast<double>(length_ns);
  if (cores_ != nullptr) return cores_->run(first_thread_ + number, length_ns);
  thread.busy_ns += world_.measured_part(length_ns);
  thread.busy_until_ns = std::min(world_.now_ns() + length_ns, world_.measure_end_ns);
  world_.at(world_.now_ns() + length_ns, For::client_thread, number);
}

// Takes up the next thing; false: there is none. Arrivals that are due come first, since they are
// late already.
bool Client::begin_next(Thread& thread, double& cost) {
  if (has_due(thread)) {
    thread.current = kArrival;
    cost = charges_.client_visit_ns;
  } else if (!thread.to_do.empty()) {
    thread.current = thread.to_do.pop();
    Asker& asker = askers_[thread.current];
    asker.listed = false;
    thread.answers = std::exchange(asker.unread, 0U);
    cost = charges_.client_visit_ns + thread.answers * charges_.client_request_ns;
  } else {
    return false;
  }
  thread.handles = true;
  return true;
}

void Client::finish(Thread& thread) {
  thread.handles = false;
  if (thread.current == kArrival) return dispatch_one(thread);
  Asker& asker = askers_[thread.current];
  if (thread.answers > 0) take_answers(thread.current, thread.answers);
  if (std::exchange(asker.may_send, false)) send_next(thread.current);
}

}  // namespace etude::sim
