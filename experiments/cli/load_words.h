// experiments/cli/load_words.h
//
// Options of `etude load` that are more than a number or a name.
//
// Threads: any.
// Errors:  Error that names the option and shows how it is written.

#pragma once

#include <string>

#include "core/types.h"
#include "experiments/load/options.h"

namespace etude::cli {

// "3:/json" as the third of a mix whose weights add up to 9.
load::Route parse_route(const std::string& text);

// "20ms", always as long; "exp:20ms", exponential with that mean; "": none.
load::Think parse_think(std::string text);

// "100ms:0/2": of turns of 100 ms the first of every two; "": no turns.
load::Turns parse_turns(const std::string& text);

// Reads a line with a moment of the monotonic clock, as the harness writes it; waits for it.
Nanos read_start(int fd);

}  // namespace etude::cli
