#include "core/http/connection.h"

namespace etude::http {

namespace {

using Phase = RequestReader::Phase;

}  // namespace

Connection::Connection(Server& server, ByteStream& stream, ThisFiber& fiber) noexcept
    : server_(server),
      stream_(stream),
      fiber_(fiber),
      sink_(stream, server.clock_, server.config_.timeouts.write_ns),
      session_({.router = server.router_,
                .limits = server.config_.limits,
                .wall_clock = server.wall_clock_,
                .draining = server.draining_,
                .remember_heads = server.config_.remember_heads}) {}

void Connection::run() {
  const Timeouts& timeouts = server_.config_.timeouts;
  Nanos linger_ns = timeouts.linger_ns;
  for (;;) {
    set_deadline();
    const WaitKind kind = deadline_phase_ == Phase::idle ? WaitKind::idle : WaitKind::midway;
    After after = After::gone;
    switch (stream_.wait_readable(deadline_ns_, kind)) {
      case IoStatus::ok:
        after = serve_readable();
        break;
      case IoStatus::timed_out:
        if (deadline_phase_ != Phase::idle) after = answer_time_out();
        linger_ns = timeouts.linger_late_ns;
        break;
      default:
        break;
    }
    if (after == After::gone) return;
    if (after == After::linger) return linger(linger_ns);
  }
}

void Connection::set_deadline() {
  const Phase phase = session_.reader().phase();
  if (phase == deadline_phase_ && !deadline_due_) return;
  const Timeouts& timeouts = server_.config_.timeouts;
  Nanos timeout_ns = timeouts.idle_ns;
  if (phase == Phase::head) timeout_ns = timeouts.head_ns;
  if (phase == Phase::body) timeout_ns = timeouts.body_ns;
  deadline_ns_ = server_.clock_.now_ns() + timeout_ns;
  deadline_phase_ = phase;
  deadline_due_ = false;
}

Connection::After Connection::serve_readable() {
  const WorkspacePool::Lease lease{server_.workspaces_, fiber_};
  Workspace& workspace = *lease;
  RequestReader& reader = session_.reader();
  reader.attach(workspace.input);
  Output out{workspace.output, sink_};
  After after = After::wait;
  for (;;) {
    const std::span<char> room = reader.room();
    BatchStamps stamps;
    if (server_.stamps_next(workspace)) stamps.start_ns = server_.config_.stage_clock->now_ns();
    const IoResult read = stream_.read_available(room);
    if (read.status == IoStatus::would_block) break;
    if (read.status != IoStatus::ok) {
      after = After::gone;
      break;
    }
    reader.received(read.bytes);
    after = answer_complete(workspace, out, stamps);
    // Less than there was room for: the next read would most likely find nothing.
    if (after != After::wait || read.bytes < room.size()) break;
    fiber_.yield();  // a peer that fills the whole buffer takes turns with the others
  }
  reader.detach();
  return after;
}

Connection::After Connection::answer_complete(Workspace& workspace, Output& out,
                                              BatchStamps stamps) {
  for (;;) {
    const Session::Progress progress =
        session_.advance(workspace, out, fiber_, server_.config_.requests_per_turn);
    const SessionCounts counts = session_.take_counts();
    const bool stamped = stamps.start_ns != 0 && counts.requests > 0;
    if (stamped) stamps.answered_ns = server_.config_.stage_clock->now_ns();
    const bool sent = out.flush();
    if (stamped) {
      stamps.written_ns = server_.config_.stage_clock->now_ns();
      server_.count_stages(stamps, fiber_.worker());
      stamps = {};  // further turns of the same read are another batch's share
    }
    if (counts.requests > 0) deadline_due_ = true;
    server_.count(counts, fiber_.worker());
    if (!sent) return After::gone;
    switch (progress) {
      case Session::Progress::need_more:
        return After::wait;
      case Session::Progress::closing:
        return After::linger;
      case Session::Progress::turn_over:
        fiber_.yield();
        break;
    }
  }
}

Connection::After Connection::answer_time_out() {
  const WorkspacePool::Lease lease{server_.workspaces_, fiber_};
  Output out{(*lease).output, sink_};
  session_.time_out(*lease, out);
  server_.count(session_.take_counts(), fiber_.worker());
  return out.flush() ? After::linger : After::gone;
}

// Closing while the peer's bytes lie unread would reset the connection and could take the last
// response with it. So: say that it is over, then read and drop until the peer closes too.
void Connection::linger(Nanos timeout_ns) {
  stream_.shutdown_write();
  const Nanos deadline_ns = server_.clock_.now_ns() + timeout_ns;
  while (stream_.wait_readable(deadline_ns, WaitKind::midway) == IoStatus::ok) {
    {
      const WorkspacePool::Lease lease{server_.workspaces_, fiber_};
      const IoResult read = stream_.read_available((*lease).input);
      if (read.status != IoStatus::ok && read.status != IoStatus::would_block) return;
    }
    if (server_.clock_.now_ns() >= deadline_ns) return;
    fiber_.yield();
  }
}

bool Connection::StreamSink::write(std::span<const char> bytes) {
  return stream_.write_all(bytes, clock_.now_ns() + timeout_ns_) == IoStatus::ok;
}

}  // namespace etude::http
