#include "experiments/cli/load_words.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

#include "core/failure.h"
#include "experiments/cli/duration.h"

namespace etude::cli {

load::Route parse_route(const std::string& text) {
  const std::size_t colon = text.find(':');
  load::Route route;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + std::min(colon, text.size()), route.weight);
  if (colon == std::string::npos || error != std::errc() || end != text.data() + colon) {
    throw Error(fmt::format("--mix {}", text), "is no part of a mix",
                "write it as WEIGHT:PATH, for example 3:/json");
  }
  route.path = text.substr(colon + 1);
  return route;
}

load::Think parse_think(std::string text) {
  constexpr std::string_view kExponential = "exp:";
  if (text.empty()) return {};
  const bool exponential = text.starts_with(kExponential);
  if (exponential) text.erase(0, kExponential.size());
  return {.mean_ns = parse_duration("--think", text), .exponential = exponential};
}

load::Turns parse_turns(const std::string& text) {
  if (text.empty()) return {};
  const std::size_t colon = text.find(':');
  const std::size_t slash = text.find('/', colon);
  const auto part = [&](std::size_t from, std::size_t to, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + to, number);
    return error == std::errc() && end == text.data() + to;
  };
  load::Turns turns;
  if (colon == std::string::npos || slash == std::string::npos ||
      !part(colon + 1, slash, turns.index) || !part(slash + 1, text.size(), turns.count)) {
    throw Error(fmt::format("--turns {}", text), "is not LENGTH:I/N",
                "write for example 100ms:0/2, I from 0");
  }
  turns.length_ns = parse_duration("--turns", text.substr(0, colon));
  if (turns.length_ns <= 0) throw Error("--turns", "is no turn: it has no length", "lengthen it");
  return turns;
}

Nanos read_start(int fd) {
  std::string line;
  for (char byte = 0; byte != '\n';) {
    const ssize_t count = read(fd, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      throw Error(fmt::format("--start-fd {}", fd), "ended before it said when to start",
                  "write a line with nanoseconds of the monotonic clock to it");
    }
    if (byte != '\n') line += byte;
  }
  Nanos start_ns = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), start_ns);
  if (error != std::errc() || end != line.data() + line.size()) {
    throw Error(fmt::format("--start-fd {}", fd), fmt::format("\"{}\" is no moment", line),
                "write nanoseconds of the monotonic clock, a whole number");
  }
  return start_ns;
}

}  // namespace etude::cli
