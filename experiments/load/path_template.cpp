#include "experiments/load/path_template.h"

#include <fmt/format.h>

#include <string_view>

#include "core/failure.h"

namespace etude::load {

PathTemplate::PathTemplate(const std::string& text) : before_(text.substr(0, text.find('{'))) {
  constexpr std::string_view kRound = "round:";
  std::size_t open = before_.size();
  while (open < text.size()) {
    const std::size_t close = std::min(text.find('}', open), text.size());
    std::string_view inside = std::string_view(text).substr(open + 1, close - open - 1);
    const bool whole = inside.starts_with(kRound);
    if (whole) inside.remove_prefix(kRound.size());
    const auto distribution = parse_distribution(inside);
    if (close == text.size() || !distribution) {
      throw Error(text.substr(open, close - open + 1), "is no distribution to draw from",
                  "write {exp:5}, {uniform:1,9}, {bimodal:5,500,0.005}, "
                  "{hyperexp:5,500,0.005}, {lognormal:5,1} or {pareto:5,1.5}, at most a second; a "
                  "brace of the path itself is %7B");
    }
    open = std::min(text.find('{', close), text.size());
    holes_.push_back({.distribution = *distribution,
                      .whole = whole,
                      .after = text.substr(close + 1, open - close - 1)});
  }
}

std::string PathTemplate::render(Rng& rng) const {
  std::string text = before_;
  for (const Hole& hole : holes_) {
    text += fmt::format("{:.{}f}", draw_us(hole.distribution, rng), hole.whole ? 0 : 3);
    text += hole.after;
  }
  return text;
}

}  // namespace etude::load
