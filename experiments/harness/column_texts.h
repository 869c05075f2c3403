// experiments/harness/column_texts.h
//
// What the columns of the tables mean: `etude columns`.
//
// Threads: any; values.

#pragma once

#include <string_view>
#include <vector>

namespace etude::harness {

struct ColumnText {
  std::string_view name;
  std::string_view unit;  // empty: a name, a text or a number in a sequence
  std::string_view meaning;
  std::string_view kind = {};  // of a worker's numbers: counter or gauge
};

struct TableText {
  std::string_view file;
  std::string_view row;  // what a row is
  std::vector<ColumnText> columns;
};

// Every table that a run writes, each with all its columns in their order.
std::vector<TableText> table_texts();

}  // namespace etude::harness
