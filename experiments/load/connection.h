// experiments/load/connection.h
//
// One connection of the load, from socket to record: it sends pieces of the tape, reads responses,
// matches them with their requests and tells the recorder. It does not decide what to send when
// (client.h does), and it never waits.
//
//     closed --connect--> connecting --established--> open --close--> closed
//
// Threads:   one; all connections of a thread share its Shared parts.
// Ownership: its socket. Shared is borrowed.
// Ordering:  responses answer requests in the order sent.
// Limits:    a request counts as sent, and in flight, from the first write call that offered it to
//            the kernel: time spent behind a full socket buffer is not hidden.
// Errors:    what the network does is an outcome (Progress), with words in Shared::problem.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "experiments/load/recorder.h"
#include "experiments/load/request_tape.h"
#include "experiments/load/response_reader.h"
#include "experiments/load/sent_log.h"
#include "experiments/load/target.h"

namespace etude::load {

enum class Progress : std::uint8_t {
  going_on,
  ended,         // the peer closed, as it announced or between two requests
  read_failed,   // closed or reset early, or what came was no HTTP
  write_failed,  // a write was refused
};

class Connection {
 public:
  enum class State : std::uint8_t { closed, connecting, open };

  // What the connections of one thread have in common.
  struct Shared {
    const RequestTape& tape;
    ResponseReader& reader;
    Recorder& recorder;
    std::span<char> buffer;  // above ResponseReader::kHeadBytesMax
    bool batches;            // closed loop, batch mode: busy periods are batches
    bool open_loop;
    std::string problem;  // why the last call did not end with going_on
  };

  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Opens a socket and begins to connect, from `source` if there is one; false: errno says why not.
  // Requires: closed.
  bool connect(const Address& target, const std::optional<Address>& source, Nanos now_ns) noexcept;
  // The socket became ready while connecting; false: it failed, errno says why.
  bool established(Nanos now_ns, Recorder& recorder) noexcept;
  // Forgets what is outstanding, and says how many requests that were. Requires: not closed.
  std::uint32_t close(Nanos now_ns, const RequestTape& tape, Recorder& recorder) noexcept;

  // The next request queued is the tape's at `position`. Requires: nothing waits to be sent.
  void seek(std::uint32_t position) noexcept { tape_position_ = position; }
  // Makes `count` requests wait to be sent by flush(). When the schedule wanted them sent, and how
  // long they found no connection with room: 0 in closed loop.
  void queue(std::uint32_t count, const RequestTape& tape, Nanos intended_ns = 0,
             Nanos population_wait_ns = 0);
  // Writes what waits, as far as the socket takes it.
  Progress flush(Shared& shared);
  // Reads what is there, once in the common case.
  Progress receive(Shared& shared, bool until_empty);

  State state() const noexcept { return state_; }
  int fd() const noexcept { return fd_; }
  std::uint32_t outstanding() const noexcept { return outstanding_; }  // queued ones included
  std::uint32_t asked() const noexcept { return asked_; }  // requests queued since it was made
  bool has_unsent() const noexcept { return unsent_begin_ != unsent_end_; }
  std::uint64_t requests_measured() const noexcept { return requests_measured_; }
  // Since when the oldest request, or the attempt to connect, waits; 0: nothing does.
  Nanos waiting_since_ns() const noexcept;

 private:
  void mark_sent(Shared& shared, Nanos now_ns);
  bool account(Shared& shared, const ReadOutcome& outcome, Nanos now_ns);

  int fd_ = -1;
  State state_ = State::closed;
  std::uint32_t outstanding_ = 0;  // queued or sent, and not answered
  std::uint32_t asked_ = 0;
  std::uint32_t in_flight_ = 0;  // of them: offered to the kernel
  std::uint32_t tape_position_ = 0;
  std::size_t unsent_begin_ = 0;  // bytes of the tape
  std::size_t unsent_end_ = 0;
  std::size_t groups_sent_ = 0;  // of the log, from its front
  SentLog log_;
  ReadState read_state_;
  std::string carry_;   // bytes of a head that is not complete yet
  Nanos since_ns_ = 0;  // connecting: when it began; open: when the batch began
  std::uint64_t requests_measured_ = 0;
};

}  // namespace etude::load
