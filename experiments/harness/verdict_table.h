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

#include "experiments/harness/record.h"
#include "experiments/harness/verdict_words.h"

namespace etude::harness {

struct TableForm {
  int columns = 80;
  bool colour = false;
  int lines_max = 20;
};

std::string verdict_table(const std::vector<ComparisonRow>& rows, const TableForm& form);

}  // namespace etude::harness
