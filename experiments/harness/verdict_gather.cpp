#include "experiments/harness/verdict_gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "experiments/harness/verdict_words.h"

namespace etude::harness {
namespace {

std::size_t place(Apart apart) { return static_cast<std::size_t>(apart); }

// Sorts as the number does.
std::string sortable(std::int64_t number) { return fmt::format("{:012}", number); }
std::string readable(const std::string& sortable) { return thousands(std::stoll(sortable)); }

template <typename Value>
bool varies(const std::vector<ComparisonRow>& rows, Value ComparisonRow::*member) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const auto& row) { return row.*member != rows.front().*member; });
}

// Rows with another verdict, metric or baseline stay apart; undecided ones also by the reason.
std::string key_of(const ComparisonRow& row) {
  const bool more_pairs_help = row.pairs_more.value_or(0) > 0 && row.pairs > 0;
  std::string key = fmt::format("{}|{}|{}", row.metric, verdict_word(row), row.baseline);
  if (row.verdict == "cannot") key += "|" + row.needs;
  if (row.verdict == "undecided" && !more_pairs_help) key += "|" + what_it_takes(row);
  return key;
}

bool differ_in_one(const GatheredRows& a, const GatheredRows& b, Apart apart) {
  if (a.key != b.key) return false;
  for (std::size_t i = 0; i < kAparts; ++i) {
    if (i != place(apart) && a.apart[i] != b.apart[i]) return false;
  }
  return true;
}

void gather_along(Apart apart, std::vector<GatheredRows>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t j = i + 1; j < entries.size();) {
      if (!differ_in_one(entries[i], entries[j], apart)) {
        ++j;
        continue;
      }
      entries[i].apart[place(apart)].merge(entries[j].apart[place(apart)]);
      entries[i].rows.insert(entries[i].rows.end(), entries[j].rows.begin(), entries[j].rows.end());
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
}

}  // namespace

std::string joined(const std::set<std::string>& words) {
  std::string text;
  std::size_t left = words.size();
  for (const std::string& word : words) {
    text += word;
    --left;
    if (left > 0) text += left == 1 ? " and " : ", ";
  }
  return text;
}

Gatherer::Gatherer(const std::vector<ComparisonRow>& all)
    : cores_vary_(varies(all, &ComparisonRow::cores)),
      placements_vary_(varies(all, &ComparisonRow::placement)),
      threads_vary_(varies(all, &ComparisonRow::threads_per_core)),
      acceptors_vary_(varies(all, &ComparisonRow::acceptor)),
      modes_vary_(varies(all, &ComparisonRow::mode)),
      schedulers_vary_(varies(all, &ComparisonRow::scheduler)) {
  for (const ComparisonRow& row : all) connections_.insert(sortable(row.connections));
}

std::vector<GatheredRows> Gatherer::gather(const std::vector<const ComparisonRow*>& rows,
                                           std::span<const Apart> along) const {
  std::vector<GatheredRows> entries;
  for (const ComparisonRow* row : rows) {
    GatheredRows entry{.key = key_of(*row), .apart = {}, .rows = {row}};
    entry.apart[place(Apart::connections)] = {sortable(row->connections)};
    entry.apart[place(Apart::load)] = {load_text(*row)};
    entry.apart[place(Apart::setting)] = {setting_of(*row)};
    entry.apart[place(Apart::candidate)] = {candidate_text(*row)};
    entries.push_back(std::move(entry));
  }
  for (const Apart apart : along) gather_along(apart, entries);
  return entries;
}

std::string Gatherer::where(const GatheredRows& entry) const {
  std::string text = connections_text(entry.apart[place(Apart::connections)]) + " conn., " +
                     joined(entry.apart[place(Apart::load)]);
  const std::string setting = joined(entry.apart[place(Apart::setting)]);
  return setting.empty() ? text : text + ", " + setting;
}

// What is the same in the whole table is left out.
std::string Gatherer::setting_of(const ComparisonRow& row) const {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (cores_vary_) add(fmt::format("{} core{}", row.cores, row.cores == 1 ? "" : "s"));
  if (threads_vary_ && row.threads_per_core) add(fmt::format("{} threads", *row.threads_per_core));
  if (placements_vary_) add(row.placement);
  if (acceptors_vary_ && !row.acceptor.empty()) add(row.acceptor);
  if (modes_vary_) add(row.mode);
  if (schedulers_vary_ && !row.scheduler.empty() && row.control != "aa") add(row.scheduler);
  return text;
}

std::string Gatherer::connections_text(const std::set<std::string>& connections) const {
  const auto first = connections_.find(*connections.begin());
  const bool in_a_row = std::equal(
      connections.begin(), connections.end(), first,
      std::next(first, std::min<std::ptrdiff_t>(std::distance(first, connections_.end()),
                                                static_cast<std::ptrdiff_t>(connections.size()))));
  if (connections.size() > 2 && in_a_row) {
    return readable(*connections.begin()) + "-" + readable(*connections.rbegin());
  }
  std::string text;
  for (const std::string& number : connections) {
    text += (text.empty() ? "" : ", ") + readable(number);
  }
  return text;
}

}  // namespace etude::harness
