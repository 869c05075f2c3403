// experiments/harness/round_progress.h
//
// Tells on stderr how far a run by rounds is: what is decided and what is open. Each comparison
// that closes is a line that stays; on a terminal a last line renews itself; nothing when quiet.
// The closing table goes to stdout.
//
// Threads: one at a time.

#pragma once

#include <set>
#include <string>

#include "experiments/harness/progress.h"
#include "experiments/harness/rounds_campaign.h"

namespace etude::harness {

class RoundProgress {
 public:
  explicit RoundProgress(Talk talk) : talk_(talk) {}
  ~RoundProgress();
  RoundProgress(const RoundProgress&) = delete;
  RoundProgress& operator=(const RoundProgress&) = delete;

  void operator()(const RoundNews& news);

 private:
  void say_closed(const RoundNews& news);
  std::string status(const RoundNews& news) const;

  Talk talk_;
  std::set<std::string> closed_;  // comparison and metric
  std::uint32_t rounds_said_ = 0;
};

}  // namespace etude::harness
