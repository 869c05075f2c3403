// core/http/request_reader.h
//
// Bytes in, requests out, for one connection; no socket, no clock, no handler. However the bytes
// are cut, the same requests come out, and the same refusal at the same place: lines are judged
// when they are complete, limits by position, and nothing else looks at what is there by chance.
//
// The input buffer is lent: attach() brings one, detach() takes it away and keeps what is
// unfinished in memory of just that size.
//
// Threads:   one at a time.
// Ownership: borrows buffer and limits. Head, body and text of a request are views into the buffer
//            (or into memory of the reader) until the next call of next().
// Limits:    those of core/http/limits.h; the buffer must hold a head and a trailer section.
// Source:    RFC 9112.

#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/http/chunked.h"
#include "core/http/field_parser.h"
#include "core/http/framing.h"
#include "core/http/limits.h"
#include "core/http/message.h"
#include "core/http/workspace.h"

namespace etude::http {

class RequestReader {
 public:
  enum class Outcome : std::uint8_t {
    request,        // complete: head(), body()
    remembered,     // the same, and its head is the one in the memo
    need_more,      // nothing complete is left
    send_continue,  // the peer wants "100 Continue" now; then ask again
    refused,        // refusal(): answer it and read no further
  };

  // What the peer owes: what a time-out means.
  enum class Phase : std::uint8_t { idle, head, body };

  explicit RequestReader(const Limits& limits) noexcept : limits_(limits), chunked_({}) {}

  void attach(std::span<char> buffer) noexcept;
  void detach();

  // Where the next bytes go, and how many came. Never empty after next() wanted more.
  std::span<char> room() noexcept;
  void received(std::size_t bytes) noexcept { end_ += static_cast<std::uint32_t>(bytes); }

  Outcome next(const HeadMemo& memo) {
    if (stage_ == Stage::complete) drop_request();
    if (stage_ == Stage::start && memo.bytes != 0 && unread_bytes() >= memo.bytes &&
        std::memcmp(buffer_ + begin_, memo.text.data(), memo.bytes) == 0) {
      head_ = memo.head;
      empty_lines_ = 0;
      read_ = begin_ + static_cast<std::uint32_t>(memo.bytes);
      stage_ = Stage::complete;
      return Outcome::remembered;
    }
    return parse();
  }

  const Head& head() const noexcept { return head_; }
  std::string_view head_text() const noexcept { return {buffer_ + begin_, head_.bytes}; }
  std::string_view body() const noexcept;
  Status refusal() const noexcept { return refusal_; }
  Phase phase() const noexcept;

  // Bytes behind the current request, which belong to later ones.
  bool has_more() const noexcept { return read_ != end_; }

 private:
  enum class Stage : std::uint8_t {
    start,  // between requests: empty lines are skipped
    fields,
    body_in_place,  // behind its head, in the buffer
    body_moved,     // too long for the buffer: it grows in body_
    body_chunked,
    complete,
    refused,
  };

  std::size_t unread_bytes() const noexcept { return end_ - begin_; }
  Outcome parse();
  void drop_request() noexcept;

  // Each does what its stage can with the bytes at hand. No outcome: the stage is over.
  std::optional<Outcome> read_first_line() noexcept;
  std::optional<Outcome> read_field_lines() noexcept;
  std::optional<Outcome> conclude_head() noexcept;
  std::optional<Outcome> read_body_in_place() noexcept;
  std::optional<Outcome> read_body_moved();
  std::optional<Outcome> read_body_chunked();
  Outcome refuse(Status status) noexcept;

  const Limits& limits_;
  char* buffer_ = nullptr;
  std::uint32_t capacity_ = 0;
  std::uint32_t begin_ = 0;  // the first byte of the current request, empty lines included
  std::uint32_t read_ = 0;   // the first byte that is not understood yet
  std::uint32_t end_ = 0;    // behind the last byte received
  std::uint32_t fields_ = 0;
  std::uint32_t empty_lines_ = 0;
  Stage stage_ = Stage::start;
  Status refusal_ = Status::bad_request;
  Head head_;
  FramingFields framing_;
  FieldParser field_parser_;
  ChunkedDecoder chunked_;
  bool body_in_buffer_ = false;
  std::string body_;  // a body that does not lie in the buffer
  std::string kept_;  // unfinished bytes while no buffer is attached
};

}  // namespace etude::http
