// core/http/response_writer.h
//
// Responses as bytes, built by copying pieces that are ready. A PreparedResponse is a whole
// response whose only live part is its Date: the answer of a static route.
//
// Threads: a PreparedResponse is shared, and read only; an Output belongs to one connection.
// Limits:  a PreparedResponse fits the output buffer (checked when it is made).

#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "core/http/date.h"
#include "core/http/message.h"
#include "core/http/output.h"

namespace etude::http {

// What the response says about the connection.
enum class Persistence : std::uint8_t {
  implied,     // goes on, as 1.1 has it by default
  keep_alive,  // goes on, and a 1.0 client must be told
  close,
};

enum class BodyPart : std::uint8_t { sent, withheld /* the answer to HEAD */ };

class PreparedResponse {
 public:
  static constexpr std::size_t kBytesMax = 4'096;

  PreparedResponse(std::string_view content_type, std::string_view body);

  void append_to(Output& out, const DateText& date, BodyPart body) const {
    const std::size_t bytes = body == BodyPart::sent ? image_.size() : head_bytes_;
    char* place = out.reserve(bytes);
    std::memcpy(place, image_.data(), bytes);
    std::memcpy(place + date_at_, date.data(), kDateBytes);
  }

  std::string_view content_type() const noexcept { return content_type_; }
  std::string_view body() const noexcept { return std::string_view{image_}.substr(head_bytes_); }

 private:
  std::string content_type_;
  std::string image_;
  std::size_t date_at_;
  std::size_t head_bytes_;
};

void append_response(Output& out, const Response& response, const DateText& date,
                     Persistence persistence, BodyPart body);

}  // namespace etude::http
