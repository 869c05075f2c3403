#include "experiments/simulator/lengths.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <utility>

#include "core/failure.h"
#include "experiments/simulator/drawn_mean.h"

namespace etude::sim {
namespace {

constexpr std::string_view kEmpirical = "empirical:";
constexpr std::string_view kForms =
    "write fixed:5, exp:5, uniform:1,9, bimodal:5,500,0.005, hyperexp:5,500,0.005, lognormal:5,1, "
    "pareto:5,1.5 (microseconds, at most a second) or empirical:FILE";
// An hour: what a moment of virtual time can still be added to, and more than anybody measured.
constexpr Nanos kLongest_ns = 3'600 * kSecond;
constexpr std::string_view kColumns =
    "give lines lower_ns,upper_ns,count, or a results directory's hist.csv";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// What one such text names: a file, and which of its histograms.
struct Source {
  std::string path;
  std::string metric;
  std::string trial;
};

Source parse_source(const std::string& text, const std::string& directory) {
  const std::vector<std::string_view> parts =
      split(std::string_view(text).substr(kEmpirical.size()));
  Source source{.path = (std::filesystem::path(directory) / parts.front()).string(),
                .metric = {},
                .trial = {}};
  if (parts.front().empty()) throw Error(text, "names no file", "write empirical:FILE");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    const std::string_view key = parts[i].substr(0, equals);
    if (equals == std::string_view::npos || (key != "metric" && key != "trial")) {
      throw Error(text, fmt::format("\"{}\" is neither metric= nor trial=", parts[i]),
                  "write empirical:FILE,metric=lat_req_ns,trial=ID");
    }
    (key == "metric" ? source.metric : source.trial) = parts[i].substr(equals + 1);
  }
  return source;
}

// "lat_req" means "lat_req_ns" as well.
bool is_metric(std::string_view written, const std::string& wanted) {
  return wanted.empty() || written == wanted || written == wanted + "_ns";
}

// The lines of one histogram out of a file, with or without the columns that tell several apart.
class Reader {
 public:
  explicit Reader(const Source& source) : source_(source) {}

  Empirical read() {
    std::ifstream file(source_.path);
    if (!file) throw Error(source_.path, "cannot be read", "check the path");
    std::string line;
    for (number_ = 1; std::getline(file, line); ++number_) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty() && line.front() != '#') take(split(line));
    }
    if (buckets_.empty()) throw Error(source_.path, "holds no such histogram", hint());
    return finished();
  }

 private:
  void take(const std::vector<std::string_view>& fields) {
    if (fields.size() < 3 || fields.size() > 5) refuse("has no lower_ns,upper_ns,count at its end");
    const std::size_t at = fields.size() - 3;
    if (fields[at] == "lower_ns") return;
    const auto lower = whole(fields[at]);
    const auto upper = whole(fields[at + 1]);
    const auto count = whole(fields[at + 2]);
    if (!lower || !upper || !count) refuse("holds no whole numbers from 0");
    if (*upper < *lower) refuse("ends before it begins");
    if (*upper > kLongest_ns) refuse("ends after more than an hour");
    const std::string_view metric = at >= 1 ? fields[at - 1] : std::string_view();
    const std::string_view trial = at >= 2 ? fields[at - 2] : std::string_view();
    if (at >= 1) metrics_.emplace(metric);
    if (!is_metric(metric, source_.metric)) return;
    if (!source_.trial.empty() && trial != source_.trial) return;
    const std::string which = fmt::format("{},{}", trial, metric);
    if (!buckets_.empty() && which != which_) {
      throw Error(source_.path, "holds more than one histogram that fits", hint());
    }
    which_ = which;
    if (!buckets_.empty() && *lower <= buckets_.back().upper_ns) refuse("is below the one before");
    buckets_.push_back(
        {.lower_ns = *lower, .upper_ns = *upper, .below = static_cast<double>(*count)});
  }

  Empirical finished() {
    Empirical empirical{.buckets = std::move(buckets_), .mean_ns = 0};
    double total = 0;
    for (const Empirical::Bucket& bucket : empirical.buckets) total += bucket.below;
    if (total <= 0) throw Error(source_.path, "holds no sample", "give another file");
    double seen = 0;
    for (Empirical::Bucket& bucket : empirical.buckets) {
      const double count = bucket.below;
      empirical.mean_ns +=
          count / total * 0.5 * static_cast<double>(bucket.lower_ns + bucket.upper_ns);
      seen += count;
      bucket.below = seen / total;
    }
    empirical.buckets.back().below = 1;
    return empirical;
  }

  std::string hint() const {
    std::string known;
    for (const std::string& metric : metrics_) known += (known.empty() ? "" : ", ") + metric;
    return fmt::format("name one: empirical:{},metric=...,trial=ID{}", source_.path,
                       known.empty() ? "" : "; its metrics: " + known);
  }

  [[noreturn]] void refuse(std::string_view problem) const {
    throw Error(fmt::format("{}: line {}", source_.path, number_), problem, kColumns);
  }

  const Source& source_;
  std::vector<Empirical::Bucket> buckets_;  // below: its count, until finished()
  std::string which_;
  std::set<std::string> metrics_;
  std::size_t number_ = 0;
};

Nanos draw_from(const Empirical& empirical, Rng& rng) noexcept {
  const double share = rng.uniform();
  // The last bucket's share is 1, and a draw is less.
  const auto bucket =
      std::upper_bound(empirical.buckets.begin(), empirical.buckets.end(), share,
                       [](double value, const Empirical::Bucket& b) { return value < b.below; });
  const auto width = static_cast<double>(bucket->upper_ns - bucket->lower_ns + 1);
  return bucket->lower_ns + static_cast<Nanos>(rng.uniform() * width);
}

}  // namespace

Nanos Lengths::draw_ns(Rng& rng) const noexcept {
  if (const auto* distribution = std::get_if<Distribution>(&source_)) {
    // Rounded: to cut would shorten the mean by half a nanosecond.
    return static_cast<Nanos>(draw_us(*distribution, rng) * kMicrosecond + 0.5);
  }
  if (const auto* empirical = std::get_if<std::shared_ptr<const Empirical>>(&source_)) {
    return draw_from(**empirical, rng);
  }
  return 0;
}

double Lengths::mean_ns() const noexcept {
  if (const auto* distribution = std::get_if<Distribution>(&source_)) {
    return mean_us(*distribution) * kMicrosecond;
  }
  if (const auto* empirical = std::get_if<std::shared_ptr<const Empirical>>(&source_)) {
    return (*empirical)->mean_ns;
  }
  return 0;
}

bool Lengths::is_exponential() const noexcept {
  const auto* distribution = std::get_if<Distribution>(&source_);
  return distribution != nullptr && distribution->kind == Distribution::Kind::exponential;
}

Nanos Lengths::between_ns() const noexcept {
  const auto* distribution = std::get_if<Distribution>(&source_);
  if (distribution == nullptr || distribution->kind != Distribution::Kind::bimodal) return 0;
  return static_cast<Nanos>((distribution->mean_us + distribution->long_us) / 2 * kMicrosecond);
}

double Lengths::drawn_mean_ns() const noexcept {
  const auto* distribution = std::get_if<Distribution>(&source_);
  return distribution != nullptr ? sim::drawn_mean_ns(*distribution) : mean_ns();
}

double Lengths::drawn_square_ns2() const noexcept {
  if (const auto* distribution = std::get_if<Distribution>(&source_)) {
    return sim::drawn_square_ns2(*distribution);
  }
  const auto* empirical = std::get_if<std::shared_ptr<const Empirical>>(&source_);
  if (empirical == nullptr) return 0;
  double sum = 0;
  double below = 0;
  for (const Empirical::Bucket& bucket : (*empirical)->buckets) {
    const double middle = 0.5 * static_cast<double>(bucket.lower_ns + bucket.upper_ns);
    sum += (bucket.below - std::exchange(below, bucket.below)) * middle * middle;
  }
  return sum;
}

Lengths checked_lengths(const Distribution& distribution, const std::string& text) {
  check_drawn(distribution, text);
  const bool never = distribution.kind == Distribution::Kind::fixed && distribution.mean_us == 0;
  return never ? Lengths() : Lengths(distribution);
}

Lengths parse_lengths(const std::string& text, const std::string& directory) {
  if (text.starts_with(kEmpirical)) {
    const Source source = parse_source(text, directory);
    return Lengths(std::make_shared<const Empirical>(Reader(source).read()));
  }
  const auto distribution = parse_distribution(text);
  if (!distribution) throw Error(fmt::format("\"{}\"", text), "names no lengths of time", kForms);
  return checked_lengths(*distribution, text);
}

std::optional<std::string> empirical_file(std::string_view text) {
  if (!text.starts_with(kEmpirical)) return std::nullopt;
  return std::string(split(text.substr(kEmpirical.size())).front());
}

}  // namespace etude::sim
