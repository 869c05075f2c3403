// core/http/output.h
//
// The bytes that wait to be sent on one connection: a borrowed buffer of fixed size in front of a
// sink. What does not fit is sent first, so that a peer that reads slowly costs one buffer and
// never more.
//
// Threads:   one at a time; flush() and append() may return on another thread, if the sink does.
// Ownership: borrows the buffer and the sink.
// Errors:    once the sink has failed, everything is dropped and failed() stays true.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace etude::http {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;

  // Takes all of it, or fails for good.
  virtual bool write(std::span<const char> bytes) = 0;

 protected:
  ByteSink() = default;
};

class Output {
 public:
  Output(std::span<char> buffer, ByteSink& sink) noexcept : buffer_(buffer), sink_(sink) {}

  // A place for exactly `bytes`, which the caller fills in before the next call; the buffer's size
  // at most.
  char* reserve(std::size_t bytes) {
    if (buffer_.size() - used_ < bytes) flush();
    char* place = buffer_.data() + used_;
    used_ += bytes;
    return place;
  }

  void append(std::string_view bytes) {
    if (bytes.size() > buffer_.size() - used_) return append_large(bytes);
    used_ += bytes.copy(buffer_.data() + used_, bytes.size());
  }

  // Sends what waits. False when the connection is of no more use.
  bool flush() {
    if (used_ > 0 && !failed_) failed_ = !sink_.write(buffer_.first(used_));
    used_ = 0;
    return !failed_;
  }

  bool failed() const noexcept { return failed_; }

 private:
  // What would not fit an empty buffer either is not copied.
  void append_large(std::string_view bytes) {
    flush();
    if (bytes.size() <= buffer_.size()) return append(bytes);
    if (!failed_) failed_ = !sink_.write(bytes);
  }

  std::span<char> buffer_;
  ByteSink& sink_;
  std::size_t used_ = 0;
  bool failed_ = false;
};

}  // namespace etude::http
