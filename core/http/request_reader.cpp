#include "core/http/request_reader.h"

#include <algorithm>

#include "core/failure.h"
#include "core/http/request_line.h"

namespace etude::http {

namespace {

// RFC 9112 §2.2 asks to bear with one; a peer that sends more than a few has lost its way.
constexpr std::uint32_t kEmptyLinesMax = 8;

}  // namespace

void RequestReader::attach(std::span<char> buffer) noexcept {
  buffer_ = buffer.data();
  capacity_ = static_cast<std::uint32_t>(buffer.size());
  if (!kept_.empty()) std::memcpy(buffer_, kept_.data(), kept_.size());
}

void RequestReader::detach() {
  if (stage_ == Stage::complete) drop_request();
  if (unread_bytes() > 0 && stage_ != Stage::refused) {
    kept_.assign(buffer_ + begin_, unread_bytes());
  } else {
    kept_ = std::string{};  // not clear(): its memory goes as well
  }
  if (stage_ == Stage::start) body_ = std::string{};
  end_ -= begin_;
  read_ -= begin_;
  begin_ = 0;
  buffer_ = nullptr;
}

std::span<char> RequestReader::room() noexcept {
  if (begin_ > 0) {
    std::memmove(buffer_, buffer_ + begin_, unread_bytes());
    end_ -= begin_;
    read_ -= begin_;
    begin_ = 0;
  }
  return {buffer_ + end_, capacity_ - end_};
}

std::string_view RequestReader::body() const noexcept {
  if (head_.framing == Framing::none) return {};
  if (!body_in_buffer_) return body_;
  const std::size_t body_at = begin_ + head_.bytes;
  return {buffer_ + body_at, read_ - body_at};
}

RequestReader::Phase RequestReader::phase() const noexcept {
  switch (stage_) {
    case Stage::start:
      return unread_bytes() == 0 ? Phase::idle : Phase::head;
    case Stage::fields:
      return Phase::head;
    case Stage::body_in_place:
    case Stage::body_moved:
    case Stage::body_chunked:
      return Phase::body;
    case Stage::complete:
    case Stage::refused:
      break;
  }
  return Phase::idle;
}

RequestReader::Outcome RequestReader::parse() {
  for (;;) {
    std::optional<Outcome> outcome;
    switch (stage_) {
      case Stage::start:
        outcome = read_first_line();
        break;
      case Stage::fields:
        outcome = read_field_lines();
        break;
      case Stage::body_in_place:
        outcome = read_body_in_place();
        break;
      case Stage::body_moved:
        outcome = read_body_moved();
        break;
      case Stage::body_chunked:
        outcome = read_body_chunked();
        break;
      case Stage::complete:
        return Outcome::request;
      case Stage::refused:
        return Outcome::refused;
    }
    if (outcome) return *outcome;
  }
}

std::optional<RequestReader::Outcome> RequestReader::read_first_line() noexcept {
  head_ = Head{};  // so that a refusal here does not speak of the request before
  while (unread_bytes() >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') {
    if (++empty_lines_ > kEmptyLinesMax) return refuse(Status::bad_request);
    read_ = begin_ += 2;
  }
  const std::string_view unread{buffer_ + begin_, unread_bytes()};
  const std::size_t line_feed = unread.find('\n');
  const std::string_view seen = unread.substr(0, limits_.request_line_bytes);
  head_.method = method_of(seen);
  if (line_feed > limits_.request_line_bytes) {  // or none at all
    if (!may_be_request_line(seen)) return refuse(Status::bad_request);
    if (unread.size() <= limits_.request_line_bytes) return Outcome::need_more;
    // Too long before the target starts means a method longer than any.
    const bool in_method = seen.find(' ') == std::string_view::npos;
    return refuse(in_method ? Status::not_implemented : Status::uri_too_long);
  }
  if (line_feed == 0 || unread[line_feed - 1] != '\r') return refuse(Status::bad_request);

  if (const auto status = parse_request_line(unread.substr(0, line_feed - 1), head_)) {
    return refuse(*status);
  }
  read_ = begin_ + static_cast<std::uint32_t>(line_feed + 1);
  head_.fields_at = static_cast<std::uint16_t>(line_feed + 1);
  field_parser_ = FieldParser{};
  framing_ = FramingFields{};
  fields_ = 0;
  empty_lines_ = 0;
  stage_ = Stage::fields;
  return std::nullopt;
}

std::optional<RequestReader::Outcome> RequestReader::read_field_lines() noexcept {
  for (;;) {
    const std::uint32_t window_end = std::min(end_, begin_ + limits_.head_bytes);
    const std::string_view window{buffer_ + read_, window_end - read_};
    const std::size_t line_feed = window.find('\n');
    if (line_feed == std::string_view::npos) {
      if (unread_bytes() < limits_.head_bytes) return Outcome::need_more;
      return refuse(Status::fields_too_large);
    }
    Field field;
    switch (field_parser_.next(buffer_ + read_, line_feed + 1, field)) {
      case FieldParser::Outcome::malformed:
        return refuse(Status::bad_request);
      case FieldParser::Outcome::end:
        read_ += static_cast<std::uint32_t>(line_feed + 1);
        return conclude_head();
      case FieldParser::Outcome::field:
        break;
    }
    if (++fields_ > limits_.fields) return refuse(Status::fields_too_large);
    if (const auto status = framing_.note(field)) return refuse(*status);
    read_ += static_cast<std::uint32_t>(line_feed + 1);
  }
}

std::optional<RequestReader::Outcome> RequestReader::conclude_head() noexcept {
  head_.bytes = static_cast<std::uint16_t>(read_ - begin_);
  if (const auto status = framing_.conclude(head_)) return refuse(*status);
  body_in_buffer_ = false;
  switch (head_.framing) {
    case Framing::none:
      stage_ = Stage::complete;
      break;
    case Framing::fixed:
      if (head_.content_length > limits_.body_bytes) return refuse(Status::content_too_large);
      body_in_buffer_ = head_.bytes + head_.content_length <= capacity_;
      stage_ = body_in_buffer_ ? Stage::body_in_place : Stage::body_moved;
      break;
    case Framing::chunked:
      chunked_ = ChunkedDecoder{
          {.body_bytes = limits_.body_bytes, .trailer_bytes = limits_.trailer_bytes}};
      stage_ = Stage::body_chunked;
      break;
  }
  // Sent even when the body is here already, which is allowed: the answer then does not depend on
  // how fast the peer was.
  if (head_.expects_continue) return Outcome::send_continue;
  return std::nullopt;
}

std::optional<RequestReader::Outcome> RequestReader::read_body_in_place() noexcept {
  if (end_ - read_ < head_.content_length) return Outcome::need_more;
  read_ += static_cast<std::uint32_t>(head_.content_length);
  stage_ = Stage::complete;
  return std::nullopt;
}

std::optional<RequestReader::Outcome> RequestReader::read_body_moved() {
  const std::uint64_t left = head_.content_length - body_.size();
  const auto taken = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, end_ - read_));
  // Memory grows with what has come, not with what was announced.
  body_.append(buffer_ + read_, taken);
  if (taken < left) {
    end_ = read_;
    return Outcome::need_more;
  }
  read_ += taken;
  stage_ = Stage::complete;
  return std::nullopt;
}

std::optional<RequestReader::Outcome> RequestReader::read_body_chunked() {
  const auto progress = chunked_.feed(buffer_ + read_, end_ - read_, body_);
  const auto consumed = static_cast<std::uint32_t>(progress.consumed);
  switch (progress.outcome) {
    case ChunkedDecoder::Outcome::refused:
      return refuse(progress.status);
    case ChunkedDecoder::Outcome::done:
      read_ += consumed;
      stage_ = Stage::complete;
      return std::nullopt;
    case ChunkedDecoder::Outcome::more:
      break;
  }
  // The head stays where it is; what is not consumed moves up behind it.
  std::memmove(buffer_ + read_, buffer_ + read_ + consumed, end_ - read_ - consumed);
  end_ -= consumed;
  return Outcome::need_more;
}

RequestReader::Outcome RequestReader::refuse(Status status) noexcept {
  refusal_ = status;
  stage_ = Stage::refused;
  return Outcome::refused;
}

void RequestReader::drop_request() noexcept {
  begin_ = read_;
  stage_ = Stage::start;
  body_.clear();
}

}  // namespace etude::http
