#pragma once
#include <cstdint>
#include <span>
#include <vector>
namespace etude::harness {
struct StoppingRule { double margin = 0.02; std::uint32_t pairs_min = 6, pairs_max = 60; double alpha = 0.05; };
struct Evidence { std::uint32_t pairs=0; double mean_log=0, sd_log=0, low_log=0, high_log=0, p_differs=1, p_equivalent=1; };
Evidence weigh(std::span<const double> log_ratios, const StoppingRule&);
enum class Decision { open, differs, equivalent };
struct Judged { Decision decision; double decision_low_log, decision_high_log; std::uint32_t pairs_more; };
std::vector<Judged> judge_family(std::span<const Evidence>, std::span<const double> floors, const StoppingRule&);
double aa_floor(std::span<const double> aa_log_ratios, std::uint32_t pairs);
}
