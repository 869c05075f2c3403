#include "core/http/syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace etude::http {

namespace {

bool is_ipv6(std::string_view address) noexcept {
  // Looked at beforehand: inet_pton() would stop at a NUL and like what stands before it.
  const auto may_occur = [](char c) { return is(c, kHex) || c == ':' || c == '.'; };
  if (!std::all_of(address.begin(), address.end(), may_occur)) return false;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() >= text.size()) return false;
  std::copy(address.begin(), address.end(), text.begin());
  in6_addr parsed;
  return inet_pton(AF_INET6, text.data(), &parsed) == 1;
}

// What follows the host: nothing, or ":" and a port, which may be empty.
bool is_port_suffix(std::string_view suffix) noexcept {
  constexpr std::uint64_t kPortMax = 65'535;
  if (suffix.empty() || suffix == ":") return true;
  if (suffix.front() != ':') return false;
  const auto port = parse_decimal(suffix.substr(1));
  return port.has_value() && *port <= kPortMax;
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  if (text.empty() || !all_are(text, kDigit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

bool is_percent_encoded(std::string_view text, CharClass wanted) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is(text[i], wanted)) continue;
    if (text[i] != '%' || text.size() - i < 3) return false;
    if (!is(text[i + 1], kHex) || !is(text[i + 2], kHex)) return false;
    i += 2;
  }
  return true;
}

bool is_authority(std::string_view text) noexcept {
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    return is_ipv6(text.substr(1, bracket - 1)) && is_port_suffix(text.substr(bracket + 1));
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view host = text.substr(0, colon);
  return !host.empty() && is_percent_encoded(host, kRegName) && is_port_suffix(text.substr(colon));
}

}  // namespace etude::http
