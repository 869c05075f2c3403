// tests/http/scripted_stream.h
//
// A byte stream that plays a script: what arrives, which waits end how. It notes what was asked
// of it. A wait that times out moves the manual clock to its deadline.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/runtime/io.h"

namespace etude::http {

class ScriptedStream final : public ByteStream {
 public:
  explicit ScriptedStream(ManualClock& clock) : clock_(clock) {}

  // One arrival of bytes, however many reads it takes.
  ScriptedStream& arrives(std::string bytes) {
    script_.push_back({IoStatus::ok, std::move(bytes)});
    return *this;
  }
  // A wait, or a read without bytes, that ends like this.
  ScriptedStream& ends(IoStatus status) {
    script_.push_back({status, ""});
    return *this;
  }

  IoStatus wait_readable(Nanos deadline_ns, WaitKind kind) override {
    waits.push_back({deadline_ns, kind});
    if (on_wait) on_wait();
    if (script_.empty()) return IoStatus::failed;
    const IoStatus status = script_.front().status;
    if (status != IoStatus::timed_out && status != IoStatus::stopping) return IoStatus::ok;
    if (status == IoStatus::timed_out) clock_.advance_ns(deadline_ns - clock_.now_ns());
    script_.pop_front();
    return status;
  }

  IoResult read_available(std::span<char> room) override {
    if (reads++ == 0) first_room = room.data();
    EXPECT_FALSE(room.empty());
    if (script_.empty()) return {0, IoStatus::would_block};
    Event& event = script_.front();
    if (event.status != IoStatus::ok) {
      const IoStatus status = event.status;
      if (status == IoStatus::timed_out) return {0, IoStatus::would_block};
      script_.pop_front();
      return {0, status};
    }
    const std::size_t bytes = std::min(room.size(), event.bytes.size());
    std::memcpy(room.data(), event.bytes.data(), bytes);
    event.bytes.erase(0, bytes);
    if (event.bytes.empty()) script_.pop_front();
    return {bytes, IoStatus::ok};
  }

  IoStatus write_all(std::span<const char> bytes, Nanos deadline_ns) override {
    EXPECT_FALSE(write_shut);
    EXPECT_GT(deadline_ns, clock_.now_ns());
    writes.emplace_back(bytes.data(), bytes.size());
    return write_status;
  }

  void shutdown_write() noexcept override { write_shut = true; }

  std::string written() const {
    std::string all;
    for (const std::string& write : writes) all += write;
    return all;
  }
  bool script_done() const { return script_.empty(); }

  struct Wait {
    Nanos deadline_ns;
    WaitKind kind;
  };
  std::function<void()> on_wait;
  const char* first_room = nullptr;
  std::vector<Wait> waits;
  std::vector<std::string> writes;
  std::uint32_t reads = 0;
  IoStatus write_status = IoStatus::ok;
  bool write_shut = false;

 private:
  struct Event {
    IoStatus status;
    std::string bytes;
  };
  ManualClock& clock_;
  std::deque<Event> script_;
};

}  // namespace etude::http
