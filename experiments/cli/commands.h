// experiments/cli/commands.h
//
// The commands of build/etude, in the order in which --help lists them. Each function adds one
// subcommand with its options, its help and an example; the subcommand's callback does the work
// and sets `exit_code` (0 done, 1 the work itself failed). A mistake of the user is thrown as
// Error; main prints it and returns 2.

#pragma once

#include <CLI/CLI.hpp>

namespace etude::cli {

void add_version_option(CLI::App& app);
void add_schedulers_command(CLI::App& app, int& exit_code);
void add_serve_command(CLI::App& app, int& exit_code);
void add_load_command(CLI::App& app, int& exit_code);
void add_capacity_command(CLI::App& app, int& exit_code);
void add_run_command(CLI::App& app, int& exit_code);
void add_compare_command(CLI::App& app, int& exit_code);
void add_sim_command(CLI::App& app, int& exit_code);
void add_merge_command(CLI::App& app, int& exit_code);
void add_submit_command(CLI::App& app, int& exit_code);
void add_status_command(CLI::App& app, int& exit_code);
void add_pack_command(CLI::App& app, int& exit_code);
void add_verify_command(CLI::App& app, int& exit_code);
void add_calibrate_command(CLI::App& app, int& exit_code);
void add_explore_command(CLI::App& app, int& exit_code);
void add_columns_command(CLI::App& app, int& exit_code);
void add_lint_command(CLI::App& app, int& exit_code);
void add_completion_command(CLI::App& app, int& exit_code);

}  // namespace etude::cli
