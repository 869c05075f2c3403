#include "experiments/harness/gates.h"
#include "experiments/harness/record.h"
namespace etude::harness {
std::vector<std::string> void_reasons(std::span<const TrialRecord* const> sides, Metric, Design) { std::vector<std::string> r; for (auto* s: sides) if (s->trial.status=="failed") r.emplace_back("failed"); return r; }
}
