// experiments/harness/remote.h
//
// A client on another machine, reached by OpenSSH as the user has set it up: keys, names and
// options come from the user's own configuration, and nothing is asked for on the way. Here is what
// differs from a client beside the server: its command line, and how its results come back.
//
// Threads: any; values.
// Limits:  clocks of two hosts are never compared. Latencies are the client's; the server is read
//          when the client's words "measure" and "measured" arrive, a network delay later, both.
//          A client that is abandoned ends with its own measured time, not at once.
// Errors:  Error for a destination that ssh would take for an option.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/harness/checked_json.h"

namespace etude::harness {

struct RemoteClient {
  std::string ssh;     // destination, as ssh takes it: host or user@host
  std::string server;  // this machine, as that one reaches it: a name or an address
  std::string etude;   // the program there
};

RemoteClient read_remote_client(const Field& field);

// `words` as one command of a POSIX shell, which sshd hands it to: each of them quoted.
std::string shell_text(const std::vector<std::string>& words);

// The command that runs `words` there. `ssh`: the program and options of ours.
std::vector<std::string> over_ssh(std::vector<std::string> ssh, const RemoteClient& client,
                                  const std::vector<std::string>& words);

// What a client printed, here or there: its histograms, then its result, an object that begins a
// line.
struct RemoteOutput {
  std::string_view histograms;
  std::string_view result;
};
RemoteOutput split_output(std::string_view text);

}  // namespace etude::harness
