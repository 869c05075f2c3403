#include "core/http/request_line.h"

#include <array>
#include <utility>

#include "core/http/syntax.h"

namespace etude::http {

namespace {

using namespace std::string_view_literals;

// "HTTP/" DIGIT "." DIGIT. A minor version above ours is read as ours; another major one is not.
std::optional<Status> parse_version(std::string_view version, Head& head) noexcept {
  constexpr std::string_view kName = "HTTP/";
  if (version.size() != kName.size() + 3 || !version.starts_with(kName)) return Status::bad_request;
  const char major = version[5];
  const char minor = version[7];
  if (!is(major, kDigit) || version[6] != '.' || !is(minor, kDigit)) return Status::bad_request;
  if (major != '1') return Status::version_not_supported;
  head.version_minor = static_cast<std::uint8_t>(minor - '0');
  return std::nullopt;
}

// path [ "?" query ] that starts `at` bytes into the request.
bool parse_path(std::string_view text, std::size_t at, Head& head) noexcept {
  if (!is_percent_encoded(text, kTarget)) return false;
  const std::size_t path_bytes = std::min(text.find('?'), text.size());
  const auto narrow = [](std::size_t value) { return static_cast<std::uint16_t>(value); };
  head.path = {.at = narrow(at), .bytes = narrow(path_bytes)};
  if (path_bytes < text.size()) {
    head.query = {.at = narrow(at + path_bytes + 1), .bytes = narrow(text.size() - path_bytes - 1)};
  }
  return true;
}

// "http://" authority path [ "?" query ]. The authority wins over Host, and with one site to serve
// both lead to the same place.
bool parse_absolute(std::string_view target, std::size_t at, Head& head) noexcept {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
  const std::size_t authority_at = colon + 3;
  const std::size_t path_at = std::min(target.find_first_of("/?", authority_at), target.size());
  if (!is_authority(target.substr(authority_at, path_at - authority_at))) return false;
  if (path_at < target.size() && target[path_at] == '/') {
    return parse_path(target.substr(path_at), at + path_at, head);
  }
  // An empty path means "/": the slash before the authority is at hand.
  if (!parse_path(target.substr(path_at), at + path_at, head)) return false;
  head.path = {.at = static_cast<std::uint16_t>(at + authority_at - 1), .bytes = 1};
  return true;
}

bool parse_target(std::string_view target, std::size_t at, Head& head) noexcept {
  if (target.empty()) return false;
  if (head.method == Method::connect) {
    // authority-form, and here the port must be there
    const std::size_t colon = target.rfind(':');
    return is_authority(target) && colon != std::string_view::npos && colon + 1 < target.size() &&
           target.back() != ']';
  }
  if (target.front() == '/') return parse_path(target, at, head);
  if (target == "*") {
    head.asks_whole_server = true;
    return head.method == Method::options || head.method == Method::other;
  }
  return parse_absolute(target, at, head);
}

}  // namespace

bool may_be_request_line(std::string_view seen) noexcept {
  const std::string_view method = seen.substr(0, seen.find(' '));
  if (!seen.empty() && method.empty()) return false;
  // A line end that has just begun may still follow: what it ends is judged when it is complete.
  return all_are(method.ends_with('\r') ? method.substr(0, method.size() - 1) : method, kTchar);
}

Method method_of(std::string_view seen) noexcept {
  constexpr std::array kNames{
      std::pair{"GET"sv, Method::get},         std::pair{"HEAD"sv, Method::head},
      std::pair{"POST"sv, Method::post},       std::pair{"PUT"sv, Method::put},
      std::pair{"DELETE"sv, Method::delete_},  std::pair{"CONNECT"sv, Method::connect},
      std::pair{"OPTIONS"sv, Method::options}, std::pair{"TRACE"sv, Method::trace},
      std::pair{"PATCH"sv, Method::patch},
  };
  const std::string_view name = seen.substr(0, seen.find(' '));
  for (const auto& [known, method] : kNames) {
    if (name == known) return method;
  }
  return Method::other;
}

std::optional<Status> parse_request_line(std::string_view line, Head& head) noexcept {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return Status::bad_request;
  const std::string_view method = line.substr(0, method_end);
  if (method.empty() || !all_are(method, kTchar)) return Status::bad_request;
  if (const auto refusal = parse_version(line.substr(target_end + 1), head)) return refusal;
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  // Spaces inside the target fail with its other impossible characters.
  if (!parse_target(target, method_end + 1, head)) return Status::bad_request;
  return std::nullopt;
}

}  // namespace etude::http
