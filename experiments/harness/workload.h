// experiments/harness/workload.h
//
// What the clients of a cell ask for: one path, or a mix of paths by weight; and beside it, where
// the suite says so, further connections whose requests are in no figure.
//
// Threads: any; values.
// Errors:  a field of the wrong type, out of range or unknown is refused through its Field.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/harness/checked_json.h"

namespace etude::harness {

// Connections beyond the cell's own, each asking for `path` again as soon as it is answered. They
// skew the work of a server, and are measured by what the others see.
struct Beside {
  std::string path;
  std::uint32_t connections = 1;
};

struct MixedPath {
  double weight = 0;  // its share is this, over the sum of all
  std::string path;
};

struct Workload {
  std::string name;
  std::string path = "/";      // "/" where `mix` or `simulated` says what is asked for
  bool has_path = true;        // false: `simulated` is all there is
  std::vector<MixedPath> mix;  // each request draws its path; empty: all ask for `path`
  std::string expect_body;     // "": the body is not checked
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Beside> beside;
  std::optional<std::uint32_t> think_ms;  // from an answer to that connection's next request
  std::optional<double> capacity_rps;     // what rate_share is a share of, in place of measuring it
  // Where the capacity is measured, for cells of any number of connections: at equal load.
  std::optional<std::uint32_t> capacity_connections;

  // What only a model needs to know, as the suite writes it; null: nothing. The simulator reads it.
  Json simulated;

  std::uint32_t beside_connections() const { return beside ? beside->connections : 0; }
};

Workload read_workload(const Field& field);

// Puts into `json` what tells two workloads apart beside their names.
void describe_workload(const Workload& workload, Json& json);

// "/json", "mix 9:/json 1:/spin?us=100 beside 4 x /block?us=5000": for the plan's listing.
std::string workload_text(const Workload& workload);

}  // namespace etude::harness
