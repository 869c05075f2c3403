// experiments/harness/environment.h
//
// Where a run took place: machine, kernel, limits, settings that matter to sockets and scheduling,
// compiler, libraries and commit. It becomes env.json; its env_id stands in every trial, so that
// numbers of two builds or two machines are never taken for one.
//
// Threads: one at a time.
// Limits:  what cannot be read here (a governor inside a virtual machine) is "unknown".

#pragma once

#include <string>

#include "experiments/harness/checked_json.h"

namespace etude::harness {

// `overrides`: the programs that a test put in place of ours, "" in ordinary runs.
Json describe_environment(const std::string& overrides);

// The commit this program was built from, with "-dirty" when the tree held other changes.
std::string git_revision();

// What --version prints, four lines: version, commit, compiler and type of the build.
std::string version_text();

}  // namespace etude::harness
