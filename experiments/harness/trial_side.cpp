#include "experiments/harness/trial_side.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/clock.h"
#include "core/failure.h"

namespace etude::harness {
namespace {

// The numbers of the two pipes in the client.
constexpr int kEventsFd = 3;
constexpr int kBeginFd = 4;
constexpr int kAboveThose = 16;
constexpr std::size_t kResult_bytes = 64 << 20;

// A pipe whose read end the client inherits; both ends above the numbers they get there.
std::pair<int, int> make_begin_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error("pipe2", std::strerror(errno), "raise the limit of open files");
  }
  const std::pair<int, int> high{::fcntl(ends[0], F_DUPFD_CLOEXEC, kAboveThose),
                                 ::fcntl(ends[1], F_DUPFD_CLOEXEC, kAboveThose)};
  ::close(ends[0]);
  ::close(ends[1]);
  if (high.first < 0 || high.second < 0) {
    throw Error("fcntl", std::strerror(errno), "raise the limit of open files");
  }
  return high;
}

void close_if_open(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

TrialSide::TrialSide(const TrialContext& context, const PlannedTrial& planned,
                     const CorePair& cores, TrialRecord& record)
    : context_(context),
      planned_(planned),
      cores_(cores),
      record_(record),
      remote_(context.suite.client ? &*context.suite.client : nullptr),
      command_(server_command(context.tools, planned.cell, cores,
                              remote_ == nullptr ? Reach::loopback : Reach::everywhere)) {}

TrialSide::~TrialSide() { close_if_open(begin_fd_); }

void TrialSide::fail(const std::string& reason) {
  set_failed(record_, reason);
  failed_ = true;
  client_.reset();
}

void TrialSide::start_server() {
  try {
    server_ = std::make_unique<Process>(
        ProcessOptions{.command = command_.words, .cores = cores_.server, .inherited = {}});
  } catch (const Error& refusal) {
    fail(refusal.what());
  }
}

bool TrialSide::is_ready() {
  if (failed_) return false;
  port_ = ready_port(command_, {server_->out().text(), server_->err().text()});
  if (port_) return true;
  if (server_->has_ended()) {
    fail(fmt::format("the server ended before it was ready: {}", server_->ending()));
  }
  return false;
}

StatsFetch& TrialSide::ask_once() {
  stats_start_ = std::make_unique<StatsFetch>(*port_, "/");
  return *stats_start_;
}

void TrialSide::read_empty_memory() {
  stats_start_.reset();
  empty_memory_ = sample_memory(server_->pid());
}

void TrialSide::start_client(const ClientStart& start) {
  const Suite& suite = context_.suite;
  int events = remote_ == nullptr ? events_.open() : -1;
  int begin = -1;
  std::vector<std::pair<int, int>> inherited;
  if (events >= 0) inherited.emplace_back(events, kEventsFd);
  try {
    if (start.barrier) {
      std::tie(begin, begin_fd_) = make_begin_pipe();
      inherited.emplace_back(begin, kBeginFd);
    }
    const LoadTimes times{.warmup_s = suite.warmup_s,
                          .duration_s = suite.duration_s,
                          .threads = suite.load_threads,
                          .realtime = suite.client_realtime};
    const LoadTarget target{.port = *port_,
                            .events_fd = kEventsFd,
                            .begin_fd = start.barrier ? kBeginFd : -1,
                            .turns = start.turns};
    client_ = std::make_unique<Process>(
        ProcessOptions{.command = load_command(context_.tools, planned_, times, target, remote_),
                       .cores = cores_.client,
                       .inherited = inherited,
                       .capture_bytes = kResult_bytes});
  } catch (const Error& refusal) {
    fail(refusal.what());
  }
  close_if_open(events);
  close_if_open(begin);
}

// A client that has ended meanwhile is found by has_ended(); its reader being gone is no news here.
void TrialSide::begin_at(Nanos start_ns) {
  const std::string line = fmt::format("{}\n", start_ns);
  [[maybe_unused]] const ssize_t told = ::write(begin_fd_, line.data(), line.size());
  close_if_open(begin_fd_);
}

bool TrialSide::has_ended() {
  if (failed_) return true;
  if (server_->has_ended()) {
    fail(fmt::format("the server ended under load: {}", server_->ending()));
    return true;
  }
  if (!client_->has_ended()) return false;
  heed_events();  // its last words, if it ended right behind them
  client_->out().read_available();
  // One that was answered nothing ends badly, and its result says so: with its errors it is a
  // record.
  const bool has_result = split_output(client_->out().text()).result.starts_with("{");
  if (!client_->succeeded() && !has_result) {
    fail(fmt::format("the client ended with {}", client_->ending()));
  }
  return true;
}

bool TrialSide::awaits_stats() const { return stats_end_ && stats_end_->fd() >= 0; }

void TrialSide::read_start() {
  if (failed_) return;
  start_ = Reading{.server = sample_server(server_->pid()), .machine = sample_machine()};
}

void TrialSide::read_end() {
  if (failed_) return;
  end_ = Reading{.server = sample_server(server_->pid()), .machine = sample_machine()};
}

void TrialSide::ask_stats() {
  if (failed_) return;
  if (measure_begun_ && !std::exchange(start_asked_, true)) {
    if (wants_memory()) idle_memory_ = sample_memory(server_->pid());
    stats_start_ = fetch_stats();
  }
  if (measure_ended_ && !std::exchange(end_asked_, true)) stats_end_ = fetch_stats();
}

// A failed side is heard no more: what it still says would wake every poll().
void TrialSide::watch(std::vector<pollfd>& sources) {
  if (failed_) return;
  const auto add = [&](int fd) { sources.push_back({.fd = fd, .events = POLLIN, .revents = 0}); };
  add(events_.fd());
  for (Process* process : {server_.get(), client_.get()}) {
    if (process == nullptr || process->has_ended()) continue;
    add(process->pid_fd());
    add(process->out().fd());
    add(process->err().fd());
  }
  for (StatsFetch* fetch : {stats_start_.get(), stats_end_.get()}) {
    if (fetch != nullptr) add(fetch->fd());
  }
}

void TrialSide::heed_events() {
  if (failed_) return;
  Capture& events = remote_ != nullptr && client_ != nullptr ? client_->err() : events_;
  events.read_available();
  const std::string& text = events.text();
  for (std::size_t end = text.find('\n', events_seen_); end != std::string::npos;
       end = text.find('\n', events_seen_)) {
    const std::string event = text.substr(events_seen_, end - events_seen_);
    events_seen_ = end + 1;
    if (event == "connected") connected_ = true;
    if (event == "measure") measure_begun_ = true;
    if (event == "measured") measure_ended_ = true;
  }
}

void TrialSide::heed_outputs() {
  if (failed_) return;
  for (Process* process : {server_.get(), client_.get()}) {
    if (process == nullptr) continue;
    process->out().read_available();
    process->err().read_available();
  }
  for (StatsFetch* fetch : {stats_start_.get(), stats_end_.get()}) {
    if (fetch != nullptr) fetch->on_readable();
  }
}

std::unique_ptr<StatsFetch> TrialSide::fetch_stats() {
  return command_.has_stats ? std::make_unique<StatsFetch>(*port_, "/stats") : nullptr;
}

void TrialSide::fill_from_client() {
  const RemoteOutput output = split_output(client_->out().text());
  if (const auto problem = fill_from_load(std::string(output.result), record_)) {
    return fail(*problem);
  }
  // A client need not write any.
  if (!output.histograms.empty()) fill_from_histograms(std::string(output.histograms), record_);
  client_.reset();
}

void TrialSide::fill_from_server(std::optional<double> beside_cpu_s) {
  if (start_ && end_) {
    fill_from_readings(*start_, *end_, beside_cpu_s, record_);
  } else {
    add_reason(record_, "the client announced no measured time: the server was not read");
  }
  if (empty_memory_ && idle_memory_) {
    const Cell& cell = planned_.cell;
    fill_from_memory(*empty_memory_, *idle_memory_,
                     cell.connections + cell.workload.beside_connections(), record_);
  }
  if (stats_start_ && stats_end_ && stats_start_->body() && stats_end_->body()) {
    fill_from_stats(*stats_start_->body(), *stats_end_->body(), record_);
  } else if (command_.has_stats) {
    add_reason(record_, "/stats did not answer");
  }
}

double TrialSide::cpu_s() const {
  double sum_s = 0;
  if (start_ && start_->server && end_ && end_->server) {
    sum_s += static_cast<double>(end_->server->cpu_ns - start_->server->cpu_ns) * 1e-9;
  }
  const TrialRow& trial = record_.trial;
  return sum_s + (trial.client_host.empty() ? trial.client_cpu_s.value_or(0) : 0);
}

void TrialSide::stop_server() {
  if (!server_ || server_->has_ended()) return server_.reset();
  server_->terminate();
  if (!server_->wait_until(monotonic_ns() + context_.bounds.stop_ns)) {
    add_reason(record_, fmt::format("the server did not end within {} s of SIGTERM",
                                    context_.bounds.stop_ns / kSecond));
  } else if (command_.has_stats && !server_->succeeded()) {
    add_reason(record_, fmt::format("the server ended its drain with {}", server_->ending()));
  }
  server_.reset();
}

}  // namespace etude::harness
