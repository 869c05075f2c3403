#include "core/http/response_writer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/failure.h"

namespace etude::http {

namespace {

constexpr std::string_view kBeforeDate = "\r\nServer: etude\r\nDate: ";
constexpr std::string_view kDatePlace = "Thu, 01 Jan 1970 00:00:00 GMT";

std::string_view persistence_fields(Persistence persistence) noexcept {
  switch (persistence) {
    case Persistence::implied:
      return "";
    case Persistence::keep_alive:
      return "Connection: keep-alive\r\n";
    case Persistence::close:
      return "Connection: close\r\n";
  }
  return "";
}

}  // namespace

PreparedResponse::PreparedResponse(std::string_view content_type, std::string_view body)
    : content_type_(content_type) {
  image_ = fmt::format("HTTP/1.1 {}{}", status_text(Status::ok), kBeforeDate);
  date_at_ = image_.size();
  image_ += fmt::format("{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n", kDatePlace,
                        content_type, body.size());
  head_bytes_ = image_.size();
  image_ += body;
  require(image_.size() <= kBytesMax, "a prepared response is small");
}

void append_response(Output& out, const Response& response, const DateText& date,
                     Persistence persistence, BodyPart body) {
  constexpr std::size_t kDigitsMax = 20;
  std::array<char, kDigitsMax> digits;
  const char* digits_end =
      std::to_chars(digits.data(), digits.data() + digits.size(), response.body.size()).ptr;

  out.append("HTTP/1.1 ");
  out.append(status_text(response.status));
  out.append(kBeforeDate);
  out.append({date.data(), kDateBytes});
  out.append("\r\nContent-Type: ");
  out.append(response.content_type);
  out.append("\r\nContent-Length: ");
  out.append({digits.data(), digits_end});
  out.append("\r\n");
  out.append(response.fields);
  out.append(persistence_fields(persistence));
  out.append("\r\n");
  if (body == BodyPart::sent) out.append(response.body);
}

}  // namespace etude::http
