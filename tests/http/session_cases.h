// tests/http/session_cases.h
//
// Shapes of requests with the answers that the RFC asks for, and the words they are made of.

#pragma once

#include <string>
#include <vector>

#include "core/http/app.h"
#include "core/http/limits.h"
#include "core/http/router.h"

namespace etude::http {

struct Case {
  const char* name;
  std::string input;
  const char* expected;  // the statuses in order, then "close" if the connection ends
};

// Small limits, so that the cases about them can be cut everywhere in little time.
inline constexpr Limits kCaseLimits{.request_line_bytes = 120,
                                    .head_bytes = 400,
                                    .trailer_bytes = 100,
                                    .fields = 8,
                                    .body_bytes = 300};

inline const std::string kHost = "Host: a.example\r\n";
inline const std::string kGet = "GET /x HTTP/1.1\r\n" + kHost + "\r\n";

inline std::string line(const std::string& request_line) {
  return request_line + "\r\n" + kHost + "\r\n";
}
inline std::string get(const std::string& fields) {
  return "GET /x HTTP/1.1\r\n" + kHost + fields + "\r\n";
}
inline std::string post(const std::string& fields, const std::string& body) {
  return "POST /x HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}

inline std::string put(const std::string& fields, const std::string& body) {
  return "PUT /x HTTP/1.1\r\n" + kHost + fields + "\r\n" + body;
}

inline Router echo_router() {
  Router router;
  add_echo_routes(router);
  return router;
}

// All of them, for echo_router() with kCaseLimits: about request lines and fields, and about what
// follows a head.
std::vector<Case> head_cases();
std::vector<Case> body_cases();

inline std::vector<Case> session_cases() {
  std::vector<Case> all = head_cases();
  const std::vector<Case> more = body_cases();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace etude::http
