// etude columns: what the columns of a run's tables mean.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "experiments/cli/commands.h"
#include "experiments/harness/column_texts.h"

namespace etude::cli {
namespace {

using harness::ColumnText;
using harness::TableText;

void print_text(const TableText& table) {
  fmt::print("{}: one row is {}\n", table.file, table.row);
  std::size_t name_width = 0;
  std::size_t unit_width = 0;
  for (const ColumnText& column : table.columns) {
    name_width = std::max(name_width, column.name.size());
    unit_width = std::max(unit_width, column.unit.size());
  }
  for (const ColumnText& column : table.columns) {
    fmt::print("  {:<{}}  {:<{}}  {}{}\n", column.name, name_width, column.unit, unit_width,
               column.meaning, column.kind == "gauge" ? " (a reading, not a count)" : "");
  }
}

void print_csv(const std::vector<TableText>& tables) {
  fmt::print("table,column,unit,kind,meaning\n");
  for (const TableText& table : tables) {
    for (const ColumnText& column : table.columns) {
      fmt::print("{},{},{},{},\"{}\"\n", table.file, column.name, column.unit, column.kind,
                 column.meaning);
    }
  }
}

}  // namespace

void add_columns_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string table;
    bool csv = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "columns", "print every column of a run's tables, with its unit and its meaning");
  std::vector<std::string> names;
  for (const TableText& table : harness::table_texts()) names.emplace_back(table.file);
  command->add_option("TABLE", options->table, "one table alone, for example workers.csv")
      ->check(CLI::IsMember(names));
  command->add_flag("--csv", options->csv, "as CSV: table,column,unit,kind,meaning");
  command->footer("Example: etude columns workers.csv");
  command->callback([options, &exit_code] {
    std::vector<TableText> tables = harness::table_texts();
    if (!options->table.empty()) {
      std::erase_if(tables, [&](const TableText& one) { return one.file != options->table; });
    }
    if (options->csv) {
      print_csv(tables);
    } else {
      for (const TableText& table : tables) print_text(table);
    }
    exit_code = 0;
  });
}

}  // namespace etude::cli
