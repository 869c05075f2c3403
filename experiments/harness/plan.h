// experiments/harness/plan.h
//
// Turns a suite into the list of its trials: randomised complete blocks. Each block runs every
// cell once, in an order of its own that depends on the seed and the block alone, so that a drift
// of the machine falls on every cell alike. Same suite, seed and blocks: same plan, on every
// machine; a shard, a filter or a resumed run only picks from it.
//
// Threads: any; values.
// Errors:  a filter that names no factor, or fits no trial, is an Error.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/suite.h"

namespace etude::harness {

struct PlannedTrial {
  std::string trial_id;  // "<cell_id>-b<block>": the same in every shard and after every restart
  std::string cell_id;   // hash of everything about the cell
  std::uint32_t block;   // from 0
  std::uint32_t order;   // place within the block, from 0
  std::uint32_t seed;    // of the load's random choices: common to a block, so its cells pair up
  Cell cell;
  std::string pair_id = {};                // of a round: common to its sides
  std::optional<Design> design = {};       // of a round or of a solo trial beside rounds
  std::optional<std::uint32_t> side = {};  // place within the round
};

struct Plan {
  std::string run_id;  // name and hash of the suite as run: equal for shards and resumed runs
  std::vector<PlannedTrial> trials;
};

Plan make_plan(const Suite& suite);

// Hash of everything about a cell of this suite.
std::string cell_id_of(const Suite& suite, const Cell& cell);

// 0 to count - 1 in an order drawn from the seed.
std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed);

// "<name>-<hash>" of the suite as run.
std::string run_id_of(const Suite& suite);

// The randomised blocks of some of the suite's cells.
std::vector<PlannedTrial> plan_blocks(const Suite& suite, const std::vector<Cell>& cells,
                                      std::uint32_t blocks);

// Every N-th trial, beginning with number I; 1 <= index <= count.
struct Shard {
  std::uint32_t index = 1;
  std::uint32_t count = 1;
};
Shard parse_shard(const std::string& text);  // "I/N"
void keep_shard(Plan& plan, const Shard& shard);
void keep_shard_of_blocks(Plan& plan, const Shard& shard);  // every N-th block

// Keeps the trials whose factor has that value, written as the plan lists it; for a scheduler its
// name alone fits whatever its parameters are.
void keep_only(Plan& plan, const std::string& key_value);

// The factor and the value of such a text; Error when there is no such factor.
struct Pick {
  const Factor* factor;
  std::string value;

  bool fits(const Cell& cell) const;
};
Pick parse_pick(const std::string& key_value);

// The subject and the factors that have more than one value in this plan, and a cell's values of
// them: "connections=256 subject=etude scheduler=fifo".
std::vector<const Factor*> varying_factors(const Plan& plan);
std::string describe(const Cell& cell, const std::vector<const Factor*>& varying);

// The trial's second attempt has an id of its own, since its record is one more row.
std::string attempt_id(const PlannedTrial& trial, int attempt);

// FNV-1a, 64 bits, as 16 hexadecimal digits: names things, guards nothing.
std::string hash_text(const std::string& text);

}  // namespace etude::harness
