#include "core/http/router.h"

#include <algorithm>
#include <utility>

#include "core/failure.h"

namespace etude::http {

namespace {

Methods with_head(Method method) noexcept {
  return method == Method::get ? bit(Method::get) | bit(Method::head) : bit(method);
}

bool fits(std::string_view pattern, std::string_view path, std::size_t path_at,
          std::array<Slice, kRouteParamsMax>& params) noexcept {
  std::size_t params_found = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') return true;
    if (pattern[i] != '{') {
      if (at == path.size() || path[at] != pattern[i]) return false;
      ++at;
      continue;
    }
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end == at) return false;
    params[params_found++] = {.at = static_cast<std::uint16_t>(path_at + at),
                              .bytes = static_cast<std::uint16_t>(end - at)};
    at = end;
    i = pattern.find('}', i);
  }
  return at == path.size();
}

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler) {
  add_route({.pattern = std::string{pattern},
             .is_literal = true,
             .methods = with_head(method),
             .handler = std::move(handler),
             .prepared = std::nullopt});
}

void Router::add_static(std::string_view pattern, std::string_view content_type,
                        std::string_view body) {
  add_route({.pattern = std::string{pattern},
             .is_literal = true,
             .methods = with_head(Method::get),
             .handler = {},
             .prepared = PreparedResponse{content_type, body}});
}

void Router::add_route(Route route) {
  const auto opening = std::count(route.pattern.begin(), route.pattern.end(), '{');
  const auto closing = std::count(route.pattern.begin(), route.pattern.end(), '}');
  require(opening == closing, "a route's pattern closes each brace");
  require(static_cast<std::size_t>(opening) <= kRouteParamsMax, "a pattern has few parameters");
  route.is_literal = opening == 0 && route.pattern.find('*') == std::string::npos;
  routes_.push_back(std::move(route));
}

RouteMatch Router::find(Method method, std::string_view path, std::size_t path_at) const noexcept {
  RouteMatch match;
  for (const Route& route : routes_) {
    const bool fitting =
        route.is_literal ? path == route.pattern : fits(route.pattern, path, path_at, match.params);
    if (!fitting) continue;
    if ((route.methods & bit(method)) != 0) {
      match.route = &route;
      return match;
    }
    match.allowed = static_cast<Methods>(match.allowed | route.methods);
  }
  return match;
}

Methods Router::methods() const noexcept {
  Methods all = 0;
  for (const Route& route : routes_) all = static_cast<Methods>(all | route.methods);
  return all;
}

void append_allow(std::string& fields, Methods methods) {
  constexpr std::array kNames{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                              "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  fields += "Allow: ";
  std::string_view separator = "";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if ((methods & bit(static_cast<Method>(i))) == 0) continue;
    fields.append(separator).append(kNames[i]);
    separator = ", ";
  }
  fields += "\r\n";
}

}  // namespace etude::http
