// experiments/harness/progress.h
//
// Tells on stderr how far a run is: one line that renews itself on a terminal, one plain line per
// finished trial otherwise, nothing when quiet. Results go elsewhere; this is talk.
//
// Threads: one at a time.

#pragma once

#include <cstdio>
#include <string>

#include "core/types.h"

namespace etude::harness {

enum class Talk : std::uint8_t { quiet, plain, terminal };
Talk talk_for_stderr(bool quiet);

class Progress {
 public:
  // `expected_s`: of all trials that are still to run.
  Progress(Talk talk, std::size_t trials, double expected_s);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void starts(const std::string& what);
  void finished(const std::string& what, const std::string& how, double expected_s);
  void says(const std::string& line);  // a line that stays

 private:
  std::string left() const;

  Talk talk_;
  std::size_t trials_;
  std::size_t done_ = 0;
  double expected_s_;
  double expected_done_s_ = 0;
  Nanos started_ns_;
};

// "4 min 12 s", "1 h 3 min"
std::string duration_text(double seconds);

}  // namespace etude::harness
