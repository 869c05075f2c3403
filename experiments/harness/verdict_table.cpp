#include "experiments/harness/verdict_table.h"
#include <fmt/format.h>
namespace etude::harness {
std::string verdict_line(const ComparisonRow& r) { return fmt::format("{} : {} {} x{} {} {} {:.4f} [{:.4f} {:.4f}] {} {} n={} sd={:.4f}", r.candidate, r.baseline, r.workload, r.pipeline, r.connections, r.metric, r.ratio.value_or(0), r.low.value_or(0), r.high.value_or(0), r.verdict, r.direction, r.pairs, r.sd_log.value_or(0)); }
std::string verdict_table(const std::vector<ComparisonRow>& rows, const TableForm&) { std::string t; for (auto& r: rows) t += verdict_line(r) + "\n"; return t; }
}
