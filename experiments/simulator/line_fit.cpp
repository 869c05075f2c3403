#include "experiments/simulator/line_fit.h"

#include <algorithm>
#include <cmath>

namespace etude::sim {

Line fit_line(const std::vector<Point>& points) {
  double weight = 0;
  double x = 0;
  double y = 0;
  double xx = 0;
  double xy = 0;
  for (const Point& point : points) {
    weight += point.weight;
    x += point.weight * point.x;
    y += point.weight * point.y;
    xx += point.weight * point.x * point.x;
    xy += point.weight * point.x * point.y;
  }
  if (weight == 0) return {};
  const Line flat{.at_zero = std::max(0.0, y / weight), .slope = 0};
  const double spread = weight * xx - x * x;
  if (spread <= 1e-9 * weight * xx) return flat;  // all at one x: no slope can be told
  const double slope = (weight * xy - x * y) / spread;
  const double at_zero = (y - slope * x) / weight;
  if (slope < 0) return flat;
  if (at_zero < 0) return {.at_zero = 0, .slope = std::max(0.0, xy / xx)};
  return {.at_zero = at_zero, .slope = slope};
}

double greatest_miss(const Line& line, const std::vector<Point>& points) {
  double miss = 0;
  for (const Point& point : points) {
    miss = std::max(miss, std::abs(line.at(point.x) / point.y - 1));
  }
  return miss;
}

}  // namespace etude::sim
