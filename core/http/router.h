// core/http/router.h
//
// Which handler answers which method and path. Patterns are tried in the order in which they were
// added, and the first that fits both wins, so the special ones come first.
//
//   "/json"         this path alone
//   "/users/{id}"   one parameter, a whole path segment that is not empty
//   "/*"            whatever follows
//
// Threads: filled by one; after that read by any.
// Limits:  kRouteParamsMax parameters in a pattern. Paths are compared as sent, byte by byte.

#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/message.h"
#include "core/http/response_writer.h"
#include "core/runtime/this_fiber.h"

namespace etude::http {

// May suspend. What it throws becomes a 500.
using Handler = std::function<void(const Request&, Response&, ThisFiber&)>;

struct Route {
  std::string pattern;
  bool is_literal;
  Methods methods;
  Handler handler;                           // empty with `prepared`
  std::optional<PreparedResponse> prepared;  // a static fast route
};

struct RouteMatch {
  const Route* route = nullptr;
  Methods allowed = 0;  // without a route: what the path would take, none for an unknown path
  std::array<Slice, kRouteParamsMax> params = {};
};

class Router {
 public:
  // A route for GET answers HEAD too; its body is then withheld.
  void add(Method method, std::string_view pattern, Handler handler);
  void add_static(std::string_view pattern, std::string_view content_type, std::string_view body);

  // `path_at`: where the path starts in the request's head, for the params.
  RouteMatch find(Method method, std::string_view path, std::size_t path_at) const noexcept;

  // All methods that any route takes.
  Methods methods() const noexcept;

 private:
  void add_route(Route route);

  std::vector<Route> routes_;
};

// Appends "Allow: GET, HEAD\r\n".
void append_allow(std::string& fields, Methods methods);

}  // namespace etude::http
