// experiments/simulator/lengths.h
//
// Lengths of time a model draws: from a named distribution (core/distribution.h), or from a
// histogram that a real run has exported.
//
// Threads: any; values. A generator belongs to one.
// Errors:  parse_lengths() throws Error that names the text or file, also where the cut at 1 s or
//          the grid of 1 ns would move the mean by more than 1 %.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/distribution.h"
#include "core/random.h"
#include "core/types.h"

namespace etude::sim {

// Within a bucket every value is equally likely.
struct Empirical {
  struct Bucket {
    Nanos lower_ns = 0;
    Nanos upper_ns = 0;
    double below = 0;  // share of all samples in this bucket or a lower one
  };
  std::vector<Bucket> buckets;
  double mean_ns = 0;
};

class Lengths {
 public:
  Lengths() = default;  // always 0
  explicit Lengths(const Distribution& distribution) : source_(distribution) {}
  explicit Lengths(std::shared_ptr<const Empirical> empirical) : source_(std::move(empirical)) {}

  bool is_zero() const noexcept { return std::holds_alternative<std::monostate>(source_); }
  bool is_exponential() const noexcept;
  Nanos draw_ns(Rng& rng) const noexcept;
  // Of what is drawn, as if no draw were cut (core/distribution.h).
  double mean_ns() const noexcept;
  // Of what is drawn, cut and rounded (drawn_mean.h).
  double drawn_mean_ns() const noexcept;
  // Of two lengths alone (bimodal), one midway between them; 0: other lengths.
  Nanos between_ns() const noexcept;
  // Mean of their squares, of cut draws.
  double drawn_square_ns2() const noexcept;

 private:
  std::variant<std::monostate, Distribution, std::shared_ptr<const Empirical>> source_;
};

// "exp:5" and the like, in microseconds; or "empirical:FILE" (a hist.csv, or lines
// lower_ns,upper_ns,count), with "empirical:FILE,metric=lat_req,trial=ID" where it holds several.
// A relative FILE lies in `directory`; "": where the program was started.
Lengths parse_lengths(const std::string& text, const std::string& directory = {});

// The same of a distribution that was read elsewhere; `text` is what the user wrote.
Lengths checked_lengths(const Distribution& distribution, const std::string& text);

// FILE, as written, of a text that begins with "empirical:"; nothing of any other.
std::optional<std::string> empirical_file(std::string_view text);

}  // namespace etude::sim
