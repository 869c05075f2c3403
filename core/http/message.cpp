#include "core/http/message.h"

#include "core/http/syntax.h"

namespace etude::http {

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept {
  std::string_view rest = query();
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::field(std::string_view lower_name) const noexcept {
  // Searched anew on each call: most handlers ask for no field, and a table would be built for
  // every request. The head is known to be well-formed: each line has a colon and a CRLF.
  std::string_view rest{head_bytes_ + head_.fields_at,
                        static_cast<std::size_t>(head_.bytes - head_.fields_at)};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) break;
    if (equals_ignoring_case(line.substr(0, colon), lower_name))
      return trim(line.substr(colon + 1));
  }
  return std::nullopt;
}

}  // namespace etude::http
