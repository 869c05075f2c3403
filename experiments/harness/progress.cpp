#include "experiments/harness/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "core/clock.h"
#include "core/stderr_text.h"

namespace etude::harness {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Talk talk_for_stderr(bool quiet) {
  if (quiet) return Talk::quiet;
  return ::isatty(STDERR_FILENO) != 0 ? Talk::terminal : Talk::plain;
}

Progress::Progress(Talk talk, std::size_t trials, double expected_s)
    : talk_(talk), trials_(trials), expected_s_(expected_s), started_ns_(monotonic_ns()) {}

Progress::~Progress() {
  if (talk_ == Talk::terminal) print_stderr("{}", kClearLine);
}

// The plan's guess, corrected by how wrong it has been so far.
std::string Progress::left() const {
  double left_s = expected_s_ - expected_done_s_;
  if (expected_done_s_ > 0) {
    left_s *= static_cast<double>(monotonic_ns() - started_ns_) * 1e-9 / expected_done_s_;
  }
  return duration_text(left_s);
}

void Progress::starts(const std::string& what) {
  if (talk_ != Talk::terminal) return;
  print_stderr("{}{}/{} {} ({} left)", kClearLine, done_ + 1, trials_, what, left());
  std::fflush(stderr);
}

void Progress::finished(const std::string& what, const std::string& how, double expected_s) {
  ++done_;
  expected_done_s_ += expected_s;
  if (talk_ != Talk::plain) return;
  print_stderr("{}/{} {}: {} ({} left)\n", done_, trials_, what, how, left());
}

void Progress::says(const std::string& line) {
  if (talk_ == Talk::quiet) return;
  print_stderr("{}{}\n", talk_ == Talk::terminal ? kClearLine : "", line);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long>(std::llround(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3'600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3'600, whole % 3'600 / 60);
}

}  // namespace etude::harness
