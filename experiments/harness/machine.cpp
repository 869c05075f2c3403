#include "experiments/harness/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "core/host.h"

namespace etude::harness {
namespace {

// What a server or a client opens besides its connections: listeners, event loops, pipes, /stats.
constexpr std::uint64_t kOtherFds = 128;
constexpr std::uint64_t kOtherFdsPerWorker = 8;

std::uint32_t ephemeral_ports() {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  if (!(range >> first >> last) || last < first) return 28'232;  // Linux's own default
  return last - first + 1;
}

bool all_of(const std::vector<std::uint32_t>& wanted, const std::vector<std::uint32_t>& there) {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::uint32_t core) {
    return std::find(there.begin(), there.end(), core) != there.end();
  });
}

// No core has to be left for a client that is not here.
std::optional<CorePair> server_alone(const Cell& cell, const std::vector<std::uint32_t>& all) {
  if (cell.placement.kind == PlacementKind::listed) {
    if (!all_of(cell.placement.server_cores, all)) return std::nullopt;
    return CorePair{cell.placement.server_cores, {}};
  }
  const auto count = static_cast<std::ptrdiff_t>(cell.cores);
  if (count > static_cast<std::ptrdiff_t>(all.size())) return std::nullopt;
  return cell.placement.kind == PlacementKind::swapped
             ? CorePair{{all.end() - count, all.end()}, {}}
             : CorePair{{all.begin(), all.begin() + count}, {}};
}

}  // namespace

Machine this_machine() {
  Machine machine;
  for (const int core : usable_cores()) {
    machine.cores.push_back(static_cast<std::uint32_t>(core));
  }
  machine.fds_max = raise_open_files_limit();
  machine.client_ports = ephemeral_ports();
  return machine;
}

std::optional<CorePair> place(const Cell& cell, const Machine& machine) {
  const std::vector<std::uint32_t>& all = machine.cores;
  const auto count = static_cast<std::ptrdiff_t>(cell.cores);
  const auto available = static_cast<std::ptrdiff_t>(all.size());
  if (machine.client_elsewhere) return server_alone(cell, all);
  switch (cell.placement.kind) {
    case PlacementKind::listed:
      if (!all_of(cell.placement.server_cores, all)) return std::nullopt;
      if (!all_of(cell.placement.client_cores, all)) return std::nullopt;
      return CorePair{cell.placement.server_cores, cell.placement.client_cores};
    case PlacementKind::shared:
      if (count > available) return std::nullopt;
      return CorePair{{all.begin(), all.begin() + count}, {all.begin(), all.begin() + count}};
    case PlacementKind::split:
      if (count >= available) return std::nullopt;
      return CorePair{{all.begin(), all.begin() + count}, {all.begin() + count, all.end()}};
    case PlacementKind::swapped:
      if (count >= available) return std::nullopt;
      return CorePair{{all.end() - count, all.end()}, {all.begin(), all.end() - count}};
  }
  return std::nullopt;
}

std::optional<std::string> why_not(const Cell& cell, const Machine& machine) {
  if (!place(cell, machine)) {
    return fmt::format("{} server cores with placement {} do not fit the cores {} at hand",
                       cell.cores, placement_text(cell.placement), core_text(machine.cores, '+'));
  }
  const std::uint64_t workers = std::uint64_t{cell.cores} * cell.threads_per_core;
  const std::uint32_t connections = cell.connections + cell.workload.beside_connections();
  const std::uint64_t fds = connections + kOtherFds + kOtherFdsPerWorker * workers;
  if (fds > machine.fds_max) {
    return fmt::format("needs {} open files per process, the hard limit is {} (ulimit -Hn)", fds,
                       machine.fds_max);
  }
  if (!machine.client_elsewhere && connections > machine.client_ports) {
    return fmt::format("needs {} client ports, net.ipv4.ip_local_port_range has {}", connections,
                       machine.client_ports);
  }
  return std::nullopt;
}

}  // namespace etude::harness
