// Server: what a fiber does when a worker carries it, as core/http/connection.cpp, session.cpp and
// core/runtime/fiber.cpp do it.

#include <algorithm>
#include <limits>
#include <utility>

#include "core/failure.h"
#include "experiments/simulator/server.h"

namespace etude::sim {

double Server::run(Worker& worker) {
  Job& job = *worker.job;
  if (job.kind == Job::Kind::connection) {
    return run_connection(worker, static_cast<Connection&>(job));
  }
  auto& child = static_cast<Child&>(job);
  if (child.service_ns > 0) return static_cast<double>(std::exchange(child.service_ns, 0));
  return end_child(worker, child);
}

double Server::run_connection(Worker& worker, Connection& connection) {
  using Phase = Connection::Phase;
  switch (connection.phase) {
    case Phase::read: {
      const bool anything = connection.arrived > 0;
      connection.batch += std::exchange(connection.arrived, 0U);
      connection.in_turn = 0;
      return (anything ? charges_.visit_ns : 0) + serve(connection);
    }
    case Phase::serve:
      return serve(connection);
    case Phase::sliced:
      write(connection);
      connection.phase = Phase::service;
      return give_way(worker, connection);
    case Phase::service:
      return keep_core(connection);
    case Phase::fork:
      return spawn_next(worker, connection);
    case Phase::joined:
      return after_join(connection);
    case Phase::block:
      return block(worker, connection);
    case Phase::blocked:
      return after_block(connection);
    case Phase::sleep:
      write(connection);
      connection.phase = Phase::slept;
      sleep(connection);
      return leave(worker);
    case Phase::slept:
      return end_request(connection);
    case Phase::written:
      return end_turn(worker, connection);
  }
  fail("a fiber is in one of its phases");
}

// Requests one after the other, for as long as nothing but time has to pass.
double Server::serve(Connection& connection) {
  using Phase = Connection::Phase;
  double cost = 0;
  while (connection.batch > 0 && connection.in_turn < kRequestsPerTurn) {
    const Handler& handler = handler_of(connection);
    connection.handler = &handler;
    --connection.batch;
    ++connection.in_turn;
    ++connection.number;
    cost += charges_.request_ns + handler.extra_ns * charges_.frequency_factor;
    connection.left_ns = handler.service.draw_ns(world_.service);
    begin_need(connection);
    cost += keep_core(connection);
    if (connection.phase != Phase::serve) return cost;
  }
  connection.phase = Phase::written;
  return cost;
}

void Server::begin_need(Connection& connection) noexcept {
  connection.longest_ns = 0;
  if (world_.measuring) service_ns_ += connection.left_ns;
  const std::uint32_t number = number_of(connection);
  if (!world_.keeps_needs() || number >= world_.model.connections) return;
  world_.need_of(number, connection.number - 1) = static_cast<std::uint32_t>(connection.left_ns);
}

// To the request that it is at.
void Server::add_need(const Connection& connection, Nanos more_ns) noexcept {
  const std::uint32_t number = number_of(connection);
  if (!world_.keeps_needs() || number >= world_.model.connections) return;
  std::uint32_t& need = world_.need_of(number, connection.number - 1);
  constexpr Nanos kMost = std::numeric_limits<std::uint32_t>::max();
  need = static_cast<std::uint32_t>(std::min(kMost, need + more_ns));
}

// As much of the service as it may do at once, and where it goes on then: Phase::serve if the
// request is over with it.
double Server::keep_core(Connection& connection) {
  using Phase = Connection::Phase;
  const Handler& handler = *connection.handler;
  if (handler.slice_ns > 0 && connection.left_ns > handler.slice_ns) {
    connection.left_ns -= handler.slice_ns;
    connection.phase = Phase::sliced;
    return static_cast<double>(handler.slice_ns);
  }
  const auto rest_ns = static_cast<double>(std::exchange(connection.left_ns, 0));
  if (handler.forks > 0) {
    connection.spawned = 0;
    connection.unjoined = handler.forks + 1;
    connection.phase = Phase::fork;
    return rest_ns;
  }
  return rest_ns + after_join(connection);
}

double Server::after_join(Connection& connection) {
  if (connection.handler->block.is_zero()) return after_block(connection);
  connection.phase = Connection::Phase::block;
  return 0;
}

double Server::after_block(Connection& connection) {
  if (connection.handler->sleep.is_zero()) return end_request(connection);
  connection.phase = Connection::Phase::sleep;
  return 0;
}

double Server::end_request(Connection& connection) {
  ++connection.answered;
  connection.phase = Connection::Phase::serve;
  return 0;
}

void Server::sleep(const Connection& connection) {
  const Nanos length_ns = connection.handler->sleep.draw_ns(world_.service);
  add_need(connection, length_ns);
  world_.at(world_.now_ns() + length_ns, For::timer, number_of(connection));
}

// Keeps the worker, and leaves the core to others.
double Server::block(Worker& worker, Connection& connection) {
  connection.phase = Connection::Phase::blocked;
  const Nanos length_ns = connection.handler->block.draw_ns(world_.service);
  add_need(connection, length_ns);
  if (length_ns == 0) return 0;
  world_.at(world_.now_ns() + length_ns, For::unblocked, index(worker.id));
  if (cores_ != nullptr) cores_->leave(index(worker.id));
  return kStops;
}

double Server::end_turn(Worker& worker, Connection& connection) {
  write(connection);
  if (connection.in_turn == kRequestsPerTurn) {
    connection.in_turn = 0;
    connection.phase = Connection::Phase::serve;
    return give_way(worker, connection);
  }
  connection.phase = Connection::Phase::read;
  // What came meanwhile, if the reactor has said so, is read without a wait.
  if (std::exchange(connection.readable, false)) return 0;
  connection.waits = true;
  return leave(worker);
}

// One child; when all are there, the parent waits for them.
double Server::spawn_next(Worker& worker, Connection& connection) {
  const Handler& handler = *connection.handler;
  if (connection.spawned == 0) write(connection);
  if (connection.spawned < handler.forks) {
    ++connection.spawned;
    const Nanos service_ns = handler.fork_service.draw_ns(world_.service);
    if (world_.measuring) service_ns_ += service_ns;
    if (service_ns > connection.longest_ns) {
      add_need(connection, service_ns - std::exchange(connection.longest_ns, service_ns));
    }
    Child* const child = children_.acquire();
    if (child == nullptr) {  // all fibers are in use: the parent does it itself
      --connection.unjoined;
      return static_cast<double>(service_ns);
    }
    child->parent = &connection;
    child->service_ns = service_ns;
    child->last_ran = kNoWorker;
    return make_runnable(worker, *child, Origin::Kind::spawned);
  }
  connection.phase = Connection::Phase::joined;
  if (--connection.unjoined == 0) return 0;  // all ended already
  return leave(worker);
}

double Server::end_child(Worker& worker, Child& child) {
  Connection& parent = *child.parent;
  children_.release(child);
  const bool last = --parent.unjoined == 0;
  leave(worker);
  return last ? make_runnable(worker, parent, Origin::Kind::woken) : 0;
}

double Server::give_way(Worker& worker, Connection& connection) {
  leave(worker);
  return make_runnable(worker, connection, Origin::Kind::yielded);
}

double Server::leave(Worker& worker) noexcept {
  worker.job = nullptr;
  worker.step = Step::next;
  return 0;
}

// All answers that are ready, in one write.
void Server::write(Connection& connection) {
  if (connection.answered == 0) return;
  world_.at(world_.now_ns() + charges_.network_ns, For::answer, number_of(connection),
            std::exchange(connection.answered, 0U));
}

const Handler& Server::handler_of(const Connection& connection) const noexcept {
  const std::uint32_t number = number_of(connection);
  if (number >= world_.model.connections) return world_.model.beside.handler;
  return world_.model.routes[world_.route_of(number, connection.number)].handler;
}

}  // namespace etude::sim
