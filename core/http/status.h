// core/http/status.h
//
// The status codes that this server answers with, and nothing that it does not.

#pragma once

#include <cstdint>
#include <string_view>

namespace etude::http {

enum class Status : std::uint16_t {
  ok = 200,
  bad_request = 400,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  content_too_large = 413,
  uri_too_long = 414,
  expectation_failed = 417,
  fields_too_large = 431,
  internal_error = 500,
  not_implemented = 501,
  version_not_supported = 505,
};

// "404 Not Found".
constexpr std::string_view status_text(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "200 OK";
    case Status::bad_request:
      return "400 Bad Request";
    case Status::not_found:
      return "404 Not Found";
    case Status::method_not_allowed:
      return "405 Method Not Allowed";
    case Status::request_timeout:
      return "408 Request Timeout";
    case Status::content_too_large:
      return "413 Content Too Large";
    case Status::uri_too_long:
      return "414 URI Too Long";
    case Status::expectation_failed:
      return "417 Expectation Failed";
    case Status::fields_too_large:
      return "431 Request Header Fields Too Large";
    case Status::internal_error:
      return "500 Internal Server Error";
    case Status::not_implemented:
      return "501 Not Implemented";
    case Status::version_not_supported:
      return "505 HTTP Version Not Supported";
  }
  return "500 Internal Server Error";
}

// 2 for a 2xx.
constexpr std::uint32_t status_class(Status status) noexcept {
  return static_cast<std::uint32_t>(status) / 100;
}

}  // namespace etude::http
