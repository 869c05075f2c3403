#include "experiments/harness/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>

#include "core/failure.h"
#include "core/random.h"

namespace etude::harness {
namespace {

std::string short_id(const std::string& text) { return hash_text(text).substr(0, 12); }

std::uint32_t parse_part(std::string_view text, const std::string& whole) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) {
    throw Error(fmt::format("--shard {}", whole), "is not I/N", "write for example 1/4");
  }
  return number;
}

}  // namespace

std::string hash_text(const std::string& text) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3U;
  }
  return fmt::format("{:016x}", hash);
}

std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  Rng rng(seed);
  for (std::size_t left = count; left > 1; --left) {
    std::swap(order[left - 1], order[rng.below(static_cast<std::uint32_t>(left))]);
  }
  return order;
}

std::string cell_id_of(const Suite& suite, const Cell& cell) {
  Json identity = cell_json(cell);
  identity["warmup_s"] = suite.warmup_s;
  identity["duration_s"] = suite.duration_s;
  identity["load_threads"] = suite.load_threads;
  if (suite.client_realtime) identity["client_realtime"] = true;
  if (suite.client) identity["client"] = suite.client->ssh;
  return short_id(identity.dump());
}

std::string run_id_of(const Suite& suite) {
  return fmt::format("{}-{}", suite.name, short_id(suite.as_run.dump()));
}

std::vector<PlannedTrial> plan_blocks(const Suite& suite, const std::vector<Cell>& cells,
                                      std::uint32_t blocks) {
  std::vector<std::string> cell_ids;
  for (const Cell& cell : cells) cell_ids.push_back(cell_id_of(suite, cell));
  std::vector<PlannedTrial> trials;
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const std::uint64_t block_seed = mix_seed((std::uint64_t{suite.seed} << 32U) | block);
    std::uint32_t order = 0;
    for (const std::uint32_t cell : shuffled(cells.size(), block_seed)) {
      trials.push_back({.trial_id = fmt::format("{}-b{}", cell_ids[cell], block),
                        .cell_id = cell_ids[cell],
                        .block = block,
                        .order = order++,
                        .seed = static_cast<std::uint32_t>(block_seed >> 32U),
                        .cell = cells[cell]});
    }
  }
  return trials;
}

Plan make_plan(const Suite& suite) {
  return {.run_id = run_id_of(suite), .trials = plan_blocks(suite, suite.cells, suite.blocks)};
}

Shard parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string_view whole = text;
  const Shard shard{
      .index = parse_part(whole.substr(0, slash), text),
      .count = slash == std::string::npos ? 0 : parse_part(whole.substr(slash + 1), text)};
  if (shard.index < 1 || shard.index > shard.count) {
    throw Error(fmt::format("--shard {}", text), "I is not between 1 and N",
                "count shards from 1: 1/4, 2/4, 3/4, 4/4");
  }
  return shard;
}

void keep_shard(Plan& plan, const Shard& shard) {
  std::vector<PlannedTrial> kept;
  for (std::size_t i = shard.index - 1; i < plan.trials.size(); i += shard.count) {
    kept.push_back(plan.trials[i]);
  }
  plan.trials = std::move(kept);
}

void keep_shard_of_blocks(Plan& plan, const Shard& shard) {
  std::erase_if(plan.trials, [&](const PlannedTrial& trial) {
    return trial.block % shard.count != shard.index - 1;
  });
}

bool Pick::fits(const Cell& cell) const {
  if (factor->name == "scheduler" && cell.scheduler.name == value) return true;
  return factor->text(cell) == value;
}

Pick parse_pick(const std::string& key_value) {
  const std::string subject = fmt::format("--only {}", key_value);
  const std::size_t equals = key_value.find('=');
  if (equals == std::string::npos) {
    throw Error(subject, "is not key=value", "write for example connections=256");
  }
  const std::string key = key_value.substr(0, equals);
  const auto factor = std::find_if(factors().begin(), factors().end(),
                                   [&](const Factor& f) { return f.name == key; });
  if (factor == factors().end()) {
    throw Error(subject,
                fmt::format("\"{}\" is no factor{}", key, nearest_hint(key, factor_names())),
                fmt::format("use one of: {}", listed(factor_names())));
  }
  return {.factor = &*factor, .value = key_value.substr(equals + 1)};
}

void keep_only(Plan& plan, const std::string& key_value) {
  const Pick pick = parse_pick(key_value);
  std::erase_if(plan.trials, [&](const PlannedTrial& trial) { return !pick.fits(trial.cell); });
  if (plan.trials.empty()) {
    throw Error(fmt::format("--only {}", key_value), "fits no trial of this plan",
                "see the plan with --dry-run");
  }
}

std::vector<const Factor*> varying_factors(const Plan& plan) {
  std::vector<const Factor*> varying;
  for (const Factor& factor : factors()) {
    std::set<std::string> values;
    for (const PlannedTrial& trial : plan.trials) values.insert(factor.text(trial.cell));
    values.erase("");  // where it does not apply, it does not vary
    if (values.size() > 1 || factor.name == "subject") varying.push_back(&factor);
  }
  return varying;
}

std::string describe(const Cell& cell, const std::vector<const Factor*>& varying) {
  std::string text;
  for (const Factor* factor : varying) {
    const std::string value = factor->text(cell);
    if (!value.empty())
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", factor->name, value);
  }
  if (!cell.label.empty()) text += fmt::format("{}label={}", text.empty() ? "" : " ", cell.label);
  return text;
}

std::string attempt_id(const PlannedTrial& trial, int attempt) {
  return attempt == 1 ? trial.trial_id : fmt::format("{}-a{}", trial.trial_id, attempt);
}

}  // namespace etude::harness
