// experiments/simulator/line_fit.h
//
// y = at_zero + slope * x by weighted least squares, for costs: neither part is below 0, and where
// the best line had one there, the best without it is taken.
//
// Threads: any.

#pragma once

#include <vector>

namespace etude::sim {

struct Point {
  double x;
  double y;
  double weight = 1;
};

struct Line {
  double at_zero = 0;
  double slope = 0;
  double at(double x) const { return at_zero + slope * x; }
};

Line fit_line(const std::vector<Point>& points);

// How far the line is from the point that it misses most, as a share of that point's y.
double greatest_miss(const Line& line, const std::vector<Point>& points);

}  // namespace etude::sim
