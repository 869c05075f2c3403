#include "experiments/cli/duration.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>

#include "core/failure.h"

namespace etude::cli {

Nanos parse_duration(const std::string& option, const std::string& text) {
  std::size_t used = 0;
  double value = -1;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  const std::string unit = text.substr(used);
  double unit_ns = 0;
  if (unit.empty() || unit == "s") unit_ns = 1e9;
  if (unit == "us") unit_ns = 1e3;
  if (unit == "ms") unit_ns = 1e6;
  if (unit == "m") unit_ns = 60e9;
  if (unit == "h") unit_ns = 3600e9;
  const double length_ns = value * unit_ns;
  if (used == 0 || unit_ns == 0 || !(value >= 0) || length_ns > 1e15) {
    throw Error(option, fmt::format("'{}' is no duration", text), "write it as 10s, 500ms or 2m");
  }
  return static_cast<Nanos>(std::llround(length_ns));
}

}  // namespace etude::cli
