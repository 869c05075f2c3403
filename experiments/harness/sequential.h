// experiments/harness/sequential.h
//
// When paired log-ratios are evidence enough, though one looks at them again and again and at many
// comparisons at once. A comparison is weighed at scheduled looks (pairs_min, then a quarter more
// each time, to pairs_max). Each look spends an equal share of the error allowed: a look's t test
// counts as p / share, and the sequential p value is the least so far. The union bound makes it
// valid at every look, whatever the dependence of the looks. Over the family the sequential
// p values go through Holm's procedure, so a comparison that closes leaves its share to the others.
//
// Threads:   any; pure functions.
// Ordering:  everything follows from the log-ratios in their order: a resumed run decides as the
//            first one did. A sequential p value never rises.
// Limits:    below pairs_min nothing is decided. Log-ratios are taken as independent and nearly
//            normal; sequential_test.cpp holds the error rates on resampled real A/A pairs.
// Errors:    a log-ratio that is no finite number stops the process.
// Source:    alpha spending: Lan and DeMets, Biometrika 1983 (doi 10.1093/biomet/70.3.659). Two
//            one-sided tests: Schuirmann, J. Pharmacokin. Biopharm. 1987 (doi 10.1007/BF01068419).
//            Holm: Scand. J. Statistics 1979; sequentially: Bartroff and Song, J. Stat. Planning
//            Inference 2014 (doi 10.1016/j.jspi.2014.05.006).

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace etude::harness {

struct StoppingRule {
  double margin = 0.02;  // equivalent: the ratio lies within 1 / (1 + margin) .. 1 + margin
  std::uint32_t pairs_min = 6;
  std::uint32_t pairs_max = 60;
  double alpha = 0.05;  // over the family: of a false "differs", and of a false "equivalent"
};

// The numbers of pairs at which a comparison is weighed.
std::vector<std::uint32_t> scheduled_looks(const StoppingRule& rule);

// What the pairs of one comparison say.
struct Evidence {
  std::uint32_t pairs = 0;
  double mean_log = 0;
  double sd_log = 0;   // NaN below 2 pairs, as the next two
  double low_log = 0;  // 95 % t interval of all pairs, for one look
  double high_log = 0;
  double p_differs = 1;     // sequential, of "no difference"
  double p_equivalent = 1;  // sequential, of "a difference of the margin or more"
  // The pairs at the latest scheduled look.
  std::uint32_t look_pairs = 0;  // 0: none yet
  double look_mean_log = 0;
  double look_sd_log = 0;
};

Evidence weigh(std::span<const double> log_ratios, const StoppingRule& rule);

enum class Decision : std::uint8_t { open, differs, equivalent };

struct Judged {
  Decision decision = Decision::open;
  // Covers the true log-ratio of every comparison of the family at every look with probability
  // 1 - alpha. Infinite before the first look.
  double decision_low_log = 0;
  double decision_high_log = 0;
  // About how many more pairs close it with today's mean and spread; 0: closed, or none
  // foreseeable.
  std::uint32_t pairs_more = 0;
};

// floors: |mean| that a comparison must reach to differ, one for each; 0: none.
std::vector<Judged> judge_family(std::span<const Evidence> family, std::span<const double> floors,
                                 const StoppingRule& rule);

// What |mean| over so many pairs reaches in 5 % of cases when nothing differs, by the log-ratios of
// A/A pairs; their bias stays in. Requires at least 3 of them.
double aa_floor(std::span<const double> aa_log_ratios, std::uint32_t pairs);

}  // namespace etude::harness
