// experiments/cli/fail_if.h
//
// When `etude compare` is to fail: "slower:2%" and the like.
//
// Threads: any; values.
// Errors:  Error for what is no condition, or is none of the judged metric.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/record.h"

namespace etude::cli {

inline constexpr int kConditionShown = 3;
inline constexpr int kConditionOpen = 4;

// "2%" as 0.02. Throws Error with `option` as its subject for anything else, and beyond 0.1 % to
// 100 %.
double parse_share(const std::string& option, const std::string& text);

struct FailIf {
  enum class Kind { worse, differs } kind = Kind::worse;
  double size = 0;  // a share: 0.02 is 2 %
};

// "slower" and "worse" are the bad direction of any metric; "dearer" that of cpu, "higher" that of
// latency; "differs" is both directions. Each may go without a size.
FailIf parse_fail_if(const std::string& text, const std::string& metric);

// kConditionShown when the verdict of one comparison is `differs` that way, by more than the size;
// else kConditionOpen when one is undecided and its interval reaches beyond the size; else 0.
int judge(const FailIf& condition, const std::vector<harness::ComparisonRow>& rows);

}  // namespace etude::cli
