// experiments/harness/group.h
//
// Groups of cells that are compared with one another, and their rounds. A group holds one baseline,
// its candidates and its controls; all run once in each round, and each round gives one ratio per
// comparison and metric.
//
// Ordering: sides of a duet start in an order drawn for each round. Sides of a paired round run
//           back to back in a drawn order and in its reverse, by the Thue-Morse sequence over
//           rounds, so that a drift of the machine cancels.
// Threads:  any; values.
// Errors:   Error when the baseline is no level of the compared factor, or nothing can be compared.
// Source:   duets: Bulej et al., ICPE 2020 (doi 10.1145/3358960.3379132). Thue-Morse order:
// Allouche
//           and Shallit, The ubiquitous Prouhet-Thue-Morse sequence, 1999.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/harness/plan.h"

namespace etude::harness {

// What a comparison is there for. `aa`: the same cell twice. `bare`: the control server without a
// scheduler.
enum class Control : std::uint8_t { none, aa, bare };

struct Comparison {
  std::string id;  // hash of the two cells, the design and the number of sides
  Control control = Control::none;
  std::size_t baseline = 0;  // places in Group::cells
  std::size_t candidate = 0;
};

struct GroupCell {
  std::string cell_id;
  std::string level;  // of the compared factor, or the subject's name: "work-stealing", "ceiling"
  Cell cell;
};

struct Group {
  std::string id;
  std::string factor;  // that is compared; of a set all that vary: "subject+connections"
  Design design = Design::duet;
  std::string design_reason;
  std::vector<GroupCell> cells;  // the baseline first
  std::vector<Comparison> comparisons;
  std::vector<Metric> metrics;  // that its design can judge and the suite wants; the first decides
  std::uint32_t somaxconn = 0;  // the least net.core.somaxconn it needs
  std::string needs;            // what this machine lacks for it: "8 server cores"; "": nothing
};

// In the order of the suite's cells.
std::vector<Group> make_groups(const Suite& suite);

// The trials of one round, in the order in which they start (duet) or run (paired). Their ids are
// the same after every restart.
std::vector<PlannedTrial> round_trials(const Suite& suite, const Group& group, std::size_t place,
                                       std::uint32_t round);

// "<group>-r<round>", with "-a2" for a second attempt: what rows of a round share.
std::string pair_id(const Group& group, std::uint32_t round, int attempt);

// The cells that are measured solo as well, in randomised blocks.
Plan solo_plan(const Suite& suite, const std::vector<Group>& groups);

}  // namespace etude::harness
