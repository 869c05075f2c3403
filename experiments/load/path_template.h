// experiments/load/path_template.h
//
// A path with numbers to be drawn: "/spin?us={exp:5}" asks each time for another service time, from
// the distribution in braces (core/distribution.h), in microseconds to the nanosecond.
// "{round:exp:500}" writes whole microseconds, for servers that take no others.
//
// Threads: one.
// Errors:  Error, naming the braces, when they hold no distribution.

#pragma once

#include <string>
#include <vector>

#include "core/distribution.h"
#include "core/random.h"

namespace etude::load {

class PathTemplate {
 public:
  explicit PathTemplate(const std::string& text);

  bool is_drawn() const noexcept { return !holes_.empty(); }
  std::string render(Rng& rng) const;

 private:
  struct Hole {
    Distribution distribution;
    bool whole;         // rounded to a whole number
    std::string after;  // the text up to the next hole, or to the end
  };

  std::string before_;
  std::vector<Hole> holes_;
};

}  // namespace etude::load
