#include "experiments/harness/subject.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "core/failure.h"

namespace etude::harness {
namespace {

// Room for /stats beside the load's own connections.
constexpr std::uint32_t kOtherConnections = 64;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string milliseconds(double seconds) {
  return fmt::format("{}ms", std::llround(seconds * 1'000));
}

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const sockaddr_in address = loopback(port);
  // A C interface: the generic address is the same bytes.
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

// The first whole line that holds `word`.
std::optional<std::string> line_with(const std::string& text, const std::string& word) {
  const std::size_t found = text.find(word);
  if (found == std::string::npos) return std::nullopt;
  const std::size_t end = text.find('\n', found);
  if (end == std::string::npos) return std::nullopt;
  const std::size_t before = text.rfind('\n', found);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return text.substr(start, end - start);
}

// The port in the first "http://HOST:PORT".
std::optional<std::uint16_t> port_in(const std::string& text) {
  const std::size_t scheme = text.find("http://");
  if (scheme == std::string::npos) return std::nullopt;
  const std::size_t colon = text.find(':', scheme + 7);
  if (colon == std::string::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + colon + 1, end, port).ec != std::errc{}) return std::nullopt;
  return port;
}

// A port that is free now. Another program could take it before the server does; the server then
// fails, and the trial's record says so.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  // A C interface: the generic address is the same bytes.
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = fd >= 0 && ::bind(fd, generic, sizeof address) == 0 &&
                     ::getsockname(fd, generic, &length) == 0;
  if (fd >= 0) ::close(fd);
  if (!bound) throw Error("127.0.0.1", "has no free port", "end other programs");
  return ntohs(address.sin_port);
}

const char* host_for(Reach reach) { return reach == Reach::loopback ? "127.0.0.1" : "0.0.0.0"; }

ServerCommand etude_command(const Tools& tools, const Cell& cell, const CorePair& cores,
                            Reach reach) {
  ServerCommand command{
      .words = tools.serve, .port = 0, .ready = "etude: http://", .has_stats = true};
  const auto add = [&](std::string flag, std::string value) {
    command.words.push_back(std::move(flag));
    command.words.push_back(std::move(value));
  };
  add("--scheduler", cell.scheduler.name);
  for (const auto& [key, value] : cell.scheduler.params) {
    add("--set", fmt::format("{}={}", key, value));
  }
  add("--host", host_for(reach));
  add("--port", "0");
  add("--cores", core_text(cores.server, ','));
  add("--threads-per-core", fmt::format("{}", cell.threads_per_core));
  add("--acceptor", cell.acceptor);
  if (cell.backlog) add("--backlog", fmt::format("{}", *cell.backlog));
  // Said also where it is the default: what the record shows is then what was in effect.
  for (const Factor& factor : factors()) {
    const std::string value = factor.serve_flag.empty() ? "" : factor.text(cell);
    if (!value.empty()) add(std::string(factor.serve_flag), value);
  }
  const std::uint32_t connections = cell.connections + cell.workload.beside_connections();
  add("--max-connections", fmt::format("{}", connections + kOtherConnections));
  return command;
}

ServerCommand ceiling_command(const Tools& tools, const CorePair& cores, Reach reach) {
  ServerCommand command{
      .words = tools.ceiling, .port = 0, .ready = "etude_ceiling: http://", .has_stats = false};
  command.words.insert(command.words.end(), {"--host", host_for(reach), "--port", "0", "--cores",
                                             core_text(cores.server, ',')});
  return command;
}

ServerCommand any_command(const Tools& tools, const Subject& subject, const CorePair& cores) {
  ServerCommand command{
      .words = subject.command, .port = 0, .ready = subject.ready, .has_stats = false};
  bool wants_port = subject.ready == "port";
  for (const std::string& word : subject.command) {
    wants_port = wants_port || word.find("{port}") != std::string::npos;
  }
  if (wants_port) command.port = free_port();
  for (std::string& word : command.words) {
    replace_all(word, "{bin}", tools.bin);
    replace_all(word, "{port}", fmt::format("{}", command.port));
    replace_all(word, "{cores}", core_text(cores.server, ','));
  }
  return command;
}

}  // namespace

Tools find_tools() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  Tools tools{.serve = {self.string(), "serve"},
              .load = {self.string(), "load"},
              .ceiling = {(self.parent_path() / "etude_ceiling").string()},
              .bin = self.parent_path().string(),
              .ssh = {"ssh"},
              .overrides = {}};
  const auto override_by = [&](const char* name, std::vector<std::string>& command) {
    const char* value = std::getenv(name);
    if (value == nullptr || words_of(value).empty()) return;
    command = words_of(value);
    tools.overrides += fmt::format("{}{}={}", tools.overrides.empty() ? "" : "; ", name, value);
  };
  override_by("ETUDE_SERVE", tools.serve);
  override_by("ETUDE_LOAD", tools.load);
  override_by("ETUDE_CEILING", tools.ceiling);
  override_by("ETUDE_SSH", tools.ssh);
  return tools;
}

ServerCommand server_command(const Tools& tools, const Cell& cell, const CorePair& cores,
                             Reach reach) {
  switch (cell.subject.kind) {
    case SubjectKind::etude:
      return etude_command(tools, cell, cores, reach);
    case SubjectKind::ceiling:
      return ceiling_command(tools, cores, reach);
    case SubjectKind::command:
      return any_command(tools, cell.subject, cores);
  }
  fail("a subject has a kind");
}

bool program_is_there(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::optional<std::string> lacking_program(const Tools& tools, const Cell& cell) {
  if (cell.subject.provided_by.empty()) return std::nullopt;
  std::string program = cell.subject.command.front();
  replace_all(program, "{bin}", tools.bin);
  if (program_is_there(program)) return std::nullopt;
  return fmt::format("{} is not there; it is provided by {}", program, cell.subject.provided_by);
}

std::optional<std::uint16_t> ready_port(const ServerCommand& command,
                                        const std::vector<std::string>& outputs) {
  if (command.ready == "port") {
    return accepts(command.port) ? std::optional(command.port) : std::nullopt;
  }
  for (const std::string& output : outputs) {
    const auto line = line_with(output, command.ready);
    if (!line) continue;
    const auto port = command.port != 0 ? std::optional(command.port) : port_in(*line);
    if (port) return port;
  }
  return std::nullopt;
}

std::vector<std::string> load_command(const Tools& tools, const PlannedTrial& trial,
                                      const LoadTimes& times, const LoadTarget& target,
                                      const RemoteClient* client) {
  const Cell& cell = trial.cell;
  std::vector<std::string> words =
      client == nullptr ? tools.load : std::vector<std::string>{client->etude, "load"};
  words.push_back(fmt::format("http://{}:{}{}", client == nullptr ? "127.0.0.1" : client->server,
                              target.port, cell.workload.path));
  const auto add = [&](std::string flag, std::string value) {
    words.push_back(std::move(flag));
    words.push_back(std::move(value));
  };
  add("-t", fmt::format("{}", times.threads));
  add("-c", fmt::format("{}", cell.connections));
  add("-d", milliseconds(times.duration_s));
  add("-w", milliseconds(times.warmup_s));
  add("-p", fmt::format("{}", cell.pipeline));
  if (cell.arrival == "closed") {
    add("--mode", cell.mode);
  } else {
    add("--arrival", cell.arrival);
    add("-R", fmt::format("{}", *cell.rate_rps));
    if (times.realtime) words.emplace_back("--realtime");
  }
  for (const auto& [name, value] : cell.workload.headers) {
    add("-H", fmt::format("{}: {}", name, value));
  }
  for (const MixedPath& part : cell.workload.mix) {
    add("--mix", fmt::format("{}:{}", part.weight, part.path));
  }
  if (const auto& beside = cell.workload.beside) {
    add("--beside", beside->path);
    add("--beside-connections", fmt::format("{}", beside->connections));
  }
  if (cell.workload.think_ms) add("--think", fmt::format("{}ms", *cell.workload.think_ms));
  // The ceiling answers every path with the same bytes: there is no body to check.
  if (!cell.workload.expect_body.empty() && cell.subject.kind != SubjectKind::ceiling) {
    add("--expect-body", cell.workload.expect_body);
  }
  add("--seed", fmt::format("{}", trial.seed));
  words.push_back("--quiet");
  add("--hist", "-");
  add("--json", "-");
  add("--events", fmt::format("{}", client == nullptr ? target.events_fd : STDERR_FILENO));
  if (target.begin_fd >= 0) add("--start-fd", fmt::format("{}", target.begin_fd));
  if (target.turns) {
    add("--turns", fmt::format("{}ms:{}/{}", target.turns->length_ns / kMillisecond,
                               target.turns->index, target.turns->count));
  }
  return client == nullptr ? words : over_ssh(tools.ssh, *client, words);
}

}  // namespace etude::harness
