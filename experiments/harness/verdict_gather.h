// experiments/harness/verdict_gather.h
//
// Comparisons with the same verdict, gathered into one line where they differ in one thing alone:
// "256-16,384 conn., plaintext x16".
//
// Threads:   any.
// Ownership: an entry borrows the rows it was made from.

#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "experiments/harness/record.h"

namespace etude::harness {

// In what the rows of one entry may differ.
enum class Apart : std::uint8_t { connections, load, setting, candidate };
inline constexpr std::size_t kAparts = 4;

struct GatheredRows {
  std::string key;  // equal for rows that may be gathered at all
  std::array<std::set<std::string>, kAparts> apart;
  std::vector<const ComparisonRow*> rows;
};

class Gatherer {
 public:
  // Knows which numbers of connections there are, and which settings vary.
  explicit Gatherer(const std::vector<ComparisonRow>& all);

  // In the order of `rows`; gathers along each of `along`, one after the other.
  std::vector<GatheredRows> gather(const std::vector<const ComparisonRow*>& rows,
                                   std::span<const Apart> along) const;

  // "256-16,384 conn., plaintext x16, 2 cores"
  std::string where(const GatheredRows& entry) const;

 private:
  std::string setting_of(const ComparisonRow& row) const;
  std::string connections_text(const std::set<std::string>& connections) const;

  std::set<std::string> connections_;
  bool cores_vary_ = false;
  bool placements_vary_ = false;
  bool threads_vary_ = false;
  bool acceptors_vary_ = false;
  bool modes_vary_ = false;
  bool schedulers_vary_ = false;
};

// "a, b and c"
std::string joined(const std::set<std::string>& words);

}  // namespace etude::harness
