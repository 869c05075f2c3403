#include "experiments/harness/comparing.h"

#include <fmt/format.h>

namespace etude::harness {
namespace {

constexpr IntegerRange kTogether{2, 8};
constexpr IntegerRange kPairs{2, 10'000};
constexpr IntegerRange kSoloBlocks{1, 1'000};
constexpr IntegerRange kSomaxconn{1, 1'000'000'000};
constexpr RealRange kWithin{0.001, 1};
constexpr RealRange kBudget_s{1, 1e6};

std::uint32_t count_at(const Field& holder, std::string_view key, IntegerRange range,
                       std::uint32_t absent) {
  return holder.has(key) ? static_cast<std::uint32_t>(holder.child(key).integer(range)) : absent;
}

DesignChoice read_design(const Field& top) {
  const std::string name =
      top.child("design").choice({"auto", "duet", "interleaved", "paired", "blocks"});
  if (name == "auto") return DesignChoice::automatic;
  if (name == "duet") return DesignChoice::duet;
  if (name == "interleaved") return DesignChoice::interleaved;
  if (name == "paired") return DesignChoice::paired;
  return DesignChoice::blocks;
}

std::vector<std::string> texts_at(const Field& holder, std::string_view key) {
  std::vector<std::string> texts;
  for (const Field& element : holder.at(key).elements()) texts.push_back(element.text());
  return texts;
}

ComparedSet read_set(const Field& field) {
  field.require_object({"baseline", "only", "needs"});
  ComparedSet set{.baseline = texts_at(field, "baseline"), .only = texts_at(field, "only")};
  if (field.has("needs")) {
    const Field needs = field.child("needs");
    needs.require_object({"somaxconn"});
    set.somaxconn = static_cast<std::uint32_t>(needs.at("somaxconn").integer(kSomaxconn));
  }
  return set;
}

void read_compare(const Field& field, Comparing& comparing) {
  field.require_object({"factor", "baseline", "sets", "metrics", "together"});
  if (field.has("sets")) {
    for (const char* other : {"factor", "baseline"}) {
      if (field.has(other)) field.child(other).refuse("stands beside \"sets\"", "delete one");
    }
    for (const Field& set : field.child("sets").elements()) comparing.sets.push_back(read_set(set));
  }
  if (field.has("factor")) comparing.factor = field.child("factor").text();
  if (field.has("baseline")) comparing.baseline = field.child("baseline").text();
  if (field.has("metrics")) {
    for (const Field& metric : field.child("metrics").elements()) {
      const std::string name = metric.choice({"cpu", "throughput", "p50", "p99"});
      comparing.metrics.push_back(*find_metric(name));
    }
  }
  comparing.together = count_at(field, "together", kTogether, comparing.together);
}

void read_until(const Field& field, Comparing& comparing) {
  field.require_object({"ratio_within", "tail_within", "pairs_min", "pairs_max", "budget_s"});
  if (field.has("ratio_within")) {
    comparing.ratio_within = field.child("ratio_within").number(kWithin);
  }
  if (field.has("tail_within")) comparing.tail_within = field.child("tail_within").number(kWithin);
  comparing.pairs_min = count_at(field, "pairs_min", kPairs, comparing.pairs_min);
  comparing.pairs_max = count_at(field, "pairs_max", kPairs, comparing.pairs_max);
  if (comparing.pairs_max < comparing.pairs_min) {
    field.refuse(fmt::format("\"pairs_max\" {} is below \"pairs_min\" {}", comparing.pairs_max,
                             comparing.pairs_min),
                 "raise pairs_max");
  }
  if (field.has("budget_s")) comparing.budget_s = field.child("budget_s").number(kBudget_s);
}

void read_solo(const Field& field, Comparing& comparing) {
  field.require_object({"blocks", "only"});
  comparing.solo_blocks = static_cast<std::uint32_t>(field.at("blocks").integer(kSoloBlocks));
  if (!field.has("only")) return;
  for (const Field& pick : field.child("only").elements()) {
    comparing.solo_only.push_back(pick.text());
  }
}

}  // namespace

Comparing read_comparing(const Field& top) {
  Comparing comparing;
  if (top.has("design")) comparing.design = read_design(top);
  if (!comparing.by_rounds()) {
    for (const char* key : {"compare", "until", "solo"}) {
      if (top.has(key))
        top.child(key).refuse("needs a design of rounds", "add \"design\": \"auto\"");
    }
    return comparing;
  }
  if (top.has("compare")) read_compare(top.child("compare"), comparing);
  if (top.has("until")) read_until(top.child("until"), comparing);
  if (top.has("solo")) read_solo(top.child("solo"), comparing);
  if (top.has("client")) {
    top.child("client").refuse("is on another machine: no barrier reaches it",
                               "use \"design\": \"blocks\", or a client beside the server");
  }
  return comparing;
}

std::string_view design_name(Design design) {
  switch (design) {
    case Design::duet:
      return "duet";
    case Design::interleaved:
      return "interleaved";
    case Design::paired:
      return "paired";
    case Design::solo:
      return "solo";
    case Design::blocks:
      break;
  }
  return "blocks";
}

}  // namespace etude::harness
