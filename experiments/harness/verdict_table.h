// experiments/harness/verdict_table.h
//
// What a run by rounds found, as text for a terminal: at most 20 lines, findings first. Lines of
// equal verdict that differ in one factor alone are gathered ("256 to 16,384 connections").
//
// Threads: any.
// Limits:  at most `columns` wide; no colour unless asked for.

#pragma once

#include <string>
#include <vector>

#include "experiments/harness/comparisons.h"

namespace etude::harness {

struct TableForm {
  int columns = 80;
  bool colour = false;
  int lines_max = 20;
};

std::string verdict_table(const std::vector<ComparisonRow>& rows, const TableForm& form);

// One comparison in one line: "work-stealing : fifo, plaintext x16, 256 connections: server CPU per
// request +1.0 % [+0.4, +1.6], dearer (12 pairs)".
std::string verdict_line(const ComparisonRow& row);

}  // namespace etude::harness
