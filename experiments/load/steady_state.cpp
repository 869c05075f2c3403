#include "experiments/load/steady_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace etude::load {
namespace {

constexpr double kChangeMax = 0.03;

// Of one run of windows: how many requests, and how much the windows differ among themselves.
struct Spread {
  double mean = 0;
  double variance = 0;  // of one window; at least what counting alone gives
};

Spread spread_of(std::span<const Window> windows) noexcept {
  Spread spread;
  const auto count = static_cast<double>(windows.size());
  for (const Window& window : windows) spread.mean += static_cast<double>(window.requests) / count;
  double squares = 0;
  for (const Window& window : windows) {
    const double off = static_cast<double>(window.requests) - spread.mean;
    squares += off * off;
  }
  if (windows.size() > 1) spread.variance = squares / (count - 1);
  spread.variance = std::max(spread.variance, spread.mean);
  return spread;
}

std::span<const Window> whole_windows(const std::vector<Window>& windows,
                                      Nanos duration_ns) noexcept {
  // A last window that is cut short would look like a fall.
  const auto whole = static_cast<std::size_t>(duration_ns / kWindow_ns);
  return std::span(windows).first(std::min(windows.size(), whole));
}

Drift change_between(std::span<const Window> before, std::span<const Window> after) noexcept {
  const Spread first = spread_of(before);
  const Spread last = spread_of(after);
  if (first.mean == 0 || last.mean == 0) return {.change = first.mean == last.mean ? 0.0 : 1.0};
  const double variance = first.variance / static_cast<double>(before.size()) +
                          last.variance / static_cast<double>(after.size());
  return {.change = last.mean / first.mean - 1, .noise = 3 * std::sqrt(variance) / first.mean};
}

bool is_beyond_noise(const Drift& drift) noexcept {
  return std::abs(drift.change) > std::max(kChangeMax, drift.noise);
}

}  // namespace

Drift drift(const std::vector<Window>& windows, Nanos duration_ns) noexcept {
  const auto whole = whole_windows(windows, duration_ns);
  const std::size_t third = whole.size() / 3;
  if (third == 0) return {};
  return change_between(whole.first(third), whole.last(third));
}

Truncation truncation(const std::vector<Window>& windows, Nanos duration_ns) noexcept {
  const auto whole = whole_windows(windows, duration_ns);
  Truncation found;
  if (whole.size() < 3) return found;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  double squares = 0;
  for (std::size_t cut = whole.size(); cut-- > 0;) {
    const auto requests = static_cast<double>(whole[cut].requests);
    sum += requests;
    squares += requests * requests;
    if (cut > whole.size() / 2) continue;
    const auto rest = static_cast<double>(whole.size() - cut);
    const double error = (squares - sum * sum / rest) / (rest * rest);
    if (error > least) continue;
    least = error;
    found.windows = cut;
  }
  if (found.windows > 0) {
    found.step = change_between(whole.first(found.windows), whole.subspan(found.windows));
  }
  return found;
}

std::vector<std::string> unsteady_reasons(const std::vector<Window>& windows, Nanos duration_ns) {
  std::vector<std::string> reasons;
  const Drift change = drift(windows, duration_ns);
  if (is_beyond_noise(change)) {
    reasons.push_back(fmt::format(
        "the rate drifted by {:+.1f} % from the first to the last third (limit {:.0f} %)",
        change.change * 100, kChangeMax * 100));
  }
  const Truncation cut = truncation(windows, duration_ns);
  const std::size_t quarter = whole_windows(windows, duration_ns).size() / 4;
  if (cut.windows > quarter && is_beyond_noise(cut.step)) {
    reasons.push_back(fmt::format(
        "the rate settled {} ms into the measured time only, {:+.1f} % off (limit: a quarter of "
        "it)",
        static_cast<Nanos>(cut.windows) * kWindow_ns / kMillisecond, cut.step.change * 100));
  }
  return reasons;
}

}  // namespace etude::load
