// experiments/cli/compare_options.h
//
// The words that `etude compare` understands, in groups, with their help and examples.
//
// Threads:   set-up only.
// Ownership: `words` outlives `command`, which writes into it.

#pragma once

#include <CLI/CLI.hpp>

#include "experiments/cli/compare_question.h"

namespace etude::cli {

void add_compare_options(CLI::App& command, CompareWords& words);

}  // namespace etude::cli
