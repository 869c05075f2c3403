#include "experiments/simulator/client.h"

#include <algorithm>
#include <utility>

#include "core/failure.h"

namespace etude::sim {

Client::Client(World& world, const Charges& charges, Cores* cores)
    : world_(world),
      charges_(charges),
      cores_(cores),
      schedule_(world.model.arrivals, world.arrivals),
      askers_(world.model.connections + world.model.beside.connections),
      threads_(std::max(1U, world.model.client.threads)),
      recorder_(world.model.routes.size() > 1 ? world.model.routes.size() : 0) {
  const bool by_length = world.model.long_from_ns > 0;
  const std::size_t classes = by_length ? 2 : world.model.routes.size();
  if (world.keeps_needs() && classes > 1) classes_.resize(classes);
  if (cores_ == nullptr) return;
  first_thread_ = cores_->add_floating();
  for (std::size_t t = 1; t < threads_.size(); ++t) cores_->add_floating();
}

void Client::start() {
  end_earlier();
  for (std::uint32_t asker = 0; asker < askers_.size(); ++asker) {
    recorder_of(asker).connection_opened(world_.now_ns());
  }
  for (std::uint32_t asker = 0; asker < askers_.size(); ++asker) {
    if (is_open(asker)) {
      offer(asker);
    } else if (is_beside(asker) || world_.model.arrivals.think.is_zero()) {
      begin_to_ask(asker);
    } else {
      think(asker, true);
    }
  }
  if (schedule_.is_open()) next_arrival();
}

void Client::end_earlier() {
  const load::Timeline timeline{.start_ns = 0,
                                .measure_start_ns = world_.measure_start_ns,
                                .measure_end_ns = world_.measure_end_ns};
  recorder_.set_timeline(timeline);
  beside_.set_timeline(timeline);
  // What was counted ahead.
  for (Thread& thread : threads_) {
    thread.busy_ns -= std::max<Nanos>(0, thread.busy_until_ns - world_.measure_end_ns);
  }
}

void Client::stop() { stopped_ = true; }

Client::Thread& Client::thread_of(std::uint32_t asker) noexcept {
  if (is_beside(asker)) return threads_[asker % threads_.size()];
  return threads_[std::uint64_t{asker} * threads_.size() / world_.model.connections];
}

bool Client::answers_arrive(std::uint32_t asker, std::uint32_t count) {
  if (is_ideal()) {
    take_answers(asker, count);
    return false;
  }
  askers_[asker].unread += count;
  return list(asker);
}

void Client::has_thought(std::uint32_t asker) { begin_to_ask(asker); }

void Client::begin_to_ask(std::uint32_t asker) {
  if (is_ideal()) return send_next(asker);
  askers_[asker].may_send = true;
  list(asker);
}

void Client::take_answers(std::uint32_t asker, std::uint32_t count) {
  account(asker, askers_[asker], count);
  refill(asker);
}

// As experiments/load/connection.cpp does.
void Client::account(std::uint32_t asker, Asker& state, std::uint32_t count) {
  const Nanos now_ns = world_.now_ns();
  load::Recorder& recorder = recorder_of(asker);
  require(count <= state.outstanding, "an answer has been asked for");
  const bool routed = world_.route_shares.size() > 1 && !is_beside(asker);
  if (recorder.measures(now_ns)) state.measured += count;
  while (count > 0) {
    load::SentGroup& group = state.log.front();
    const std::uint32_t part = std::min(count, group.count);
    count -= part;
    state.outstanding -= part;
    recorder.answered(now_ns, group.send_ns, part, state.outstanding == 0);
    if (is_open(asker)) recorder.answered_intended(now_ns, group.intended_ns, part);
    for (std::uint32_t i = 0; routed && i < part; ++i) {
      recorder.answered_route(now_ns, group, world_.route_of(asker, group.position + i));
    }
    if (world_.keeps_needs() && !is_beside(asker)) {
      for (std::uint32_t i = 0; i < part; ++i) note_slowdown(asker, group, group.position + i);
    }
    group.position += part;
    group.count -= part;
    if (group.count == 0) state.log.pop();
  }
  const bool batches = !schedule_.is_open() && !world_.model.arrivals.windowed;
  if (batches && state.outstanding == 0) recorder.batch_answered(now_ns, state.since_ns);
}

void Client::note_slowdown(std::uint32_t asker, const load::SentGroup& group,
                           std::uint32_t number) {
  const Nanos now_ns = world_.now_ns();
  const Nanos since_ns = schedule_.is_open() ? group.intended_ns : group.send_ns;
  if (!recorder_.measures(schedule_.is_open() ? since_ns : now_ns)) return;
  const Nanos need_ns = world_.need_of(asker, number);
  const Nanos took_ns = now_ns - since_ns;
  const Nanos slowdown = need_ns > 0 ? took_ns * kSlowdownUnit / need_ns : 0;
  if (need_ns > 0) slowdown_.record(slowdown);
  if (classes_.empty()) return;
  const bool by_length = world_.model.long_from_ns > 0;
  ClassOutcome& one = classes_[by_length ? (need_ns >= world_.model.long_from_ns ? 1 : 0)
                                         : world_.route_of(asker, number)];
  one.latency.record(took_ns);
  if (need_ns > 0) one.slowdown.record(slowdown);
}

// Gives a connection its next requests, if it is time for them.
void Client::refill(std::uint32_t asker) {
  if (is_open(asker)) return offer(asker);
  if (is_beside(asker) || world_.model.arrivals.think.is_zero()) return send_next(asker);
  if (askers_[asker].outstanding == 0) think(asker, false);
}

std::uint32_t Client::room_of(std::uint32_t asker) const noexcept {
  const std::uint32_t most = is_beside(asker) ? 1 : world_.model.pipeline;
  return most - askers_[asker].outstanding;
}

void Client::send_next(std::uint32_t asker) {
  if (stopped_) return;
  if (!world_.model.arrivals.windowed && askers_[asker].outstanding > 0) return;
  const std::uint32_t count = room_of(asker);
  if (count > 0) send(asker, count, 0);
}

void Client::send(std::uint32_t asker, std::uint32_t count, Nanos intended_ns) {
  const Nanos now_ns = world_.now_ns();
  Asker& state = askers_[asker];
  load::Recorder& recorder = recorder_of(asker);
  state.log.push({.intended_ns = intended_ns,
                  .send_ns = now_ns,
                  .population_wait_ns = 0,
                  .count = count,
                  .position = state.asked});
  // A simulated client is never late: what waited found no connection with room.
  if (is_open(asker)) recorder.lagged(now_ns, intended_ns, now_ns - intended_ns);
  if (state.outstanding == 0) state.since_ns = now_ns;
  recorder.sent(now_ns, count, state.outstanding == 0);
  state.outstanding += count;
  state.asked += count;
  world_.at(now_ns + charges_.network_ns, For::request, asker, count);
}

// The first of fixed think times is anywhere up to it, or all would ask at once for ever.
void Client::think(std::uint32_t asker, bool first) {
  if (stopped_) return;
  auto length_ns = world_.model.arrivals.think.draw_ns(world_.think);
  if (first) {
    length_ns = static_cast<Nanos>(static_cast<double>(length_ns) * world_.think.uniform());
  }
  world_.at(world_.now_ns() + length_ns, For::asker, asker);
}

// Open loop: the connection takes its turn again if it has room.
void Client::offer(std::uint32_t asker) {
  Asker& state = askers_[asker];
  if (room_of(asker) == 0) return;
  Thread& thread = thread_of(asker);
  if (!std::exchange(state.in_turn, true)) thread.roomy.push(asker);
  if (!is_ideal()) return;
  while (has_due(thread)) dispatch_one(thread);
}

void Client::next_arrival() {
  const Nanos next_ns = schedule_.next_ns();
  if (stopped_ || next_ns >= world_.measure_end_ns) return;
  world_.at(std::max(next_ns, world_.now_ns()), For::arrival, 0);
}

void Client::arrival_is_due() {
  if (stopped_) return;
  const auto number = static_cast<std::uint32_t>((schedule_.count() - 1) % threads_.size());
  Thread& thread = threads_[number];
  thread.due.push(world_.now_ns());
  ++waiting_;
  if (is_ideal()) {
    if (has_due(thread)) dispatch_one(thread);
  } else {
    rouse(number);
  }
  next_arrival();
}

void Client::dispatch_one(Thread& thread) {
  const std::uint32_t asker = thread.roomy.pop();
  askers_[asker].in_turn = false;
  const Nanos intended_ns = thread.due.pop();
  --waiting_;
  send(asker, 1, intended_ns);
  if (room_of(asker) == 0) return;
  askers_[asker].in_turn = true;
  thread.roomy.push(asker);
}

void Client::report(Outcome& outcome) {
  load::LoadResult& result = outcome.load;
  outcome.slowdown.merge(slowdown_);
  outcome.classes = std::move(classes_);
  const Nanos now_ns = world_.now_ns();
  const Model& model = world_.model;
  if (schedule_.is_open()) {
    recorder_.fault(now_ns, load::Fault::timeout, recorder_.inflight() + waiting_,
                    "not answered when the drain ended");
  }
  recorder_.finish(now_ns);
  beside_.finish(now_ns);
  result.tally.merge(recorder_.tally());
  result.beside.merge(beside_.tally());
  result.connections_open = model.connections;
  for (std::uint32_t asker = 0; asker < model.connections; ++asker) {
    result.requests_per_connection.push_back(askers_[asker].measured);
  }
  const auto measured_ns = static_cast<double>(world_.measure_end_ns - world_.measure_start_ns);
  for (std::uint32_t t = 0; t < threads_.size() && !is_ideal(); ++t) {
    const Nanos busy_ns =
        cores_ != nullptr ? cores_->busy_ns(first_thread_ + t) : threads_[t].busy_ns;
    result.cpu_user_ns += busy_ns;
    result.busiest_thread =
        std::max(result.busiest_thread, static_cast<double>(busy_ns) / measured_ns);
  }
  result.options.rate_rps = schedule_.rate_rps();
}

}  // namespace etude::sim
