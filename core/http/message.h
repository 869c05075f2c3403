// core/http/message.h
//
// A request as a handler reads it and a response as it fills it in. A Request is a view: it holds
// offsets into the connection's buffer and copies nothing; a Response is data, written out when
// the handler has returned.
//
// Threads:   one at a time.
// Ownership: what a Request shows lives until its handler returns. What Response::body and
//            Response::fields show must live as long: static text, bytes of the request, or
//            Response::text.
// Limits:    path and query are as sent: percent-encoding is checked, and not decoded.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/status.h"

namespace etude::http {

enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  connect,
  options,
  trace,
  patch,
  other,  // a well-formed name that is none of ours
};

// A set of methods, one bit each.
using Methods = std::uint16_t;
constexpr Methods bit(Method method) noexcept {
  return static_cast<Methods>(1U << static_cast<unsigned>(method));
}

// How the length of a request's body is told.
enum class Framing : std::uint8_t { none, fixed, chunked };

// A stretch of the request's head, counted from its first byte.
struct Slice {
  std::uint16_t at = 0;
  std::uint16_t bytes = 0;
};

// What is known of a request once its head is complete: plain data, and a function of the head's
// bytes alone.
struct Head {
  std::uint64_t content_length = 0;  // with Framing::fixed
  Method method = Method::other;
  std::uint8_t version_minor = 1;  // 0, or 1 and above
  Framing framing = Framing::none;
  bool keep_alive = false;         // the peer wants to go on after this request
  bool expects_continue = false;   // it waits for "100 Continue" before it sends the body
  bool asks_whole_server = false;  // OPTIONS *
  Slice path;
  Slice query;                  // without the "?"
  std::uint16_t fields_at = 0;  // the first field line
  std::uint16_t bytes = 0;      // the whole head, with the empty line
};

inline constexpr std::size_t kRouteParamsMax = 4;

class Request {
 public:
  Request(const char* head_bytes, const Head& head, std::string_view body,
          const std::array<Slice, kRouteParamsMax>& params) noexcept
      : head_bytes_(head_bytes), head_(head), body_(body), params_(params) {}

  Method method() const noexcept { return head_.method; }
  std::string_view path() const noexcept { return text(head_.path); }
  std::string_view query() const noexcept { return text(head_.query); }
  std::string_view body() const noexcept { return body_; }

  // The n-th {parameter} of the route's pattern.
  std::string_view param(std::size_t n) const noexcept { return text(params_[n]); }

  // The value of `name=value` in the query, as sent.
  std::optional<std::string_view> query_value(std::string_view name) const noexcept;

  // The value of the first field line of that name. Requires: `lower_name` has no capitals.
  std::optional<std::string_view> field(std::string_view lower_name) const noexcept;

 private:
  std::string_view text(Slice slice) const noexcept {
    return {head_bytes_ + slice.at, slice.bytes};
  }

  const char* head_bytes_;
  const Head& head_;
  std::string_view body_;
  const std::array<Slice, kRouteParamsMax>& params_;
};

inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kBytes = "application/octet-stream";

struct Response {
  std::string& text;  // empty; a place for a body or fields that are made per request
  Status status = Status::ok;
  std::string_view content_type = kPlainText;
  std::string_view body = {};
  std::string_view fields = {};  // more field lines, each ended by CRLF
};

}  // namespace etude::http
