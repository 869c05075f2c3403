#include "experiments/harness/trial.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/clock.h"
#include "core/failure.h"
#include "experiments/harness/process.h"
#include "experiments/harness/stats_fetch.h"

namespace etude::harness {
namespace {

constexpr int kEventsFd = 3;  // the number of the events pipe in the client
constexpr int kAbandon = 2;   // signals until the running trial is given up
constexpr std::size_t kResult_bytes = 64 << 20;
constexpr Nanos kStatsAnswer_ns = 2 * kSecond;
constexpr Nanos kPortRetry_ns = 20 * kMillisecond;

class Trial {
 public:
  Trial(const TrialContext& context, const PlannedTrial& planned, const CorePair& cores,
        TrialRecord& record);

  // False: abandoned by the user. Otherwise the record tells how it went.
  bool run();

 private:
  bool start_server();
  void read_empty_memory();
  bool load_server();
  void stop_server();
  void fill_record();

  void pump(Nanos deadline_ns);
  void heed_events();
  Reading read_now();
  std::unique_ptr<StatsFetch> fetch_stats();
  bool fail_with(const std::string& reason);
  // Only where connections idle: elsewhere the reading would disturb what is measured.
  bool wants_memory() const { return planned_.cell.workload.think_ms.has_value(); }
  bool abandoned() { return context_.interrupts.count() >= kAbandon; }

  const TrialContext& context_;
  const PlannedTrial& planned_;
  const CorePair& cores_;
  TrialRecord& record_;
  const RemoteClient* const remote_;  // nullptr: the client runs beside the server
  const ServerCommand command_;

  std::unique_ptr<Process> server_;
  std::unique_ptr<Process> client_;
  std::optional<std::uint16_t> port_;
  Capture events_{4'096};
  std::size_t events_seen_ = 0;  // bytes of events_ that have been heeded
  std::optional<Reading> start_;
  std::optional<Reading> end_;
  std::optional<MemorySample> empty_memory_;
  std::optional<MemorySample> idle_memory_;
  std::unique_ptr<StatsFetch> stats_start_;
  std::unique_ptr<StatsFetch> stats_end_;
};

Trial::Trial(const TrialContext& context, const PlannedTrial& planned, const CorePair& cores,
             TrialRecord& record)
    : context_(context),
      planned_(planned),
      cores_(cores),
      record_(record),
      remote_(context.suite.client ? &*context.suite.client : nullptr),
      command_(server_command(context.tools, planned.cell, cores,
                              remote_ == nullptr ? Reach::loopback : Reach::everywhere)) {}

bool Trial::run() {
  if (start_server() && load_server()) fill_record();
  client_.reset();
  stop_server();
  return !abandoned();
}

bool Trial::fail_with(const std::string& reason) {
  set_failed(record_, reason);
  return false;
}

bool Trial::start_server() {
  server_ = std::make_unique<Process>(
      ProcessOptions{.command = command_.words, .cores = cores_.server, .inherited = {}});
  const Nanos deadline_ns = monotonic_ns() + context_.bounds.ready_ns;
  while (true) {
    port_ = ready_port(command_, {server_->out().text(), server_->err().text()});
    if (port_) {
      if (wants_memory()) read_empty_memory();
      return true;
    }
    if (abandoned()) return false;
    if (server_->has_ended()) {
      return fail_with(fmt::format("the server ended before it was ready: {}", server_->ending()));
    }
    const Nanos now_ns = monotonic_ns();
    if (now_ns >= deadline_ns) {
      return fail_with(
          fmt::format("the server was not ready within {} s", context_.bounds.ready_ns / kSecond));
    }
    // Only a port cannot be waited for; a line of output wakes poll() by itself.
    pump(command_.ready == "port" ? std::min(deadline_ns, now_ns + kPortRetry_ns) : deadline_ns);
  }
}

// After one request: a port may accept before the process that serves it has been started.
void Trial::read_empty_memory() {
  StatsFetch& first = *(stats_start_ = std::make_unique<StatsFetch>(*port_, "/"));
  const Nanos deadline_ns = monotonic_ns() + kStatsAnswer_ns;
  while (first.fd() >= 0 && !first.has_answered() && monotonic_ns() < deadline_ns && !abandoned()) {
    pump(deadline_ns);
  }
  stats_start_.reset();
  empty_memory_ = sample_memory(server_->pid());
}

bool Trial::load_server() {
  const int events = remote_ == nullptr ? events_.open() : -1;
  const Suite& suite = context_.suite;
  std::vector<std::pair<int, int>> inherited;
  if (events >= 0) inherited.emplace_back(events, kEventsFd);
  try {
    client_ = std::make_unique<Process>(
        ProcessOptions{.command = load_command(context_.tools, planned_,
                                               {.warmup_s = suite.warmup_s,
                                                .duration_s = suite.duration_s,
                                                .threads = suite.load_threads,
                                                .realtime = suite.client_realtime},
                                               {.port = *port_, .events_fd = kEventsFd}, remote_),
                       .cores = cores_.client,
                       .inherited = inherited,
                       .capture_bytes = kResult_bytes});
  } catch (...) {
    if (events >= 0) ::close(events);
    throw;
  }
  if (events >= 0) ::close(events);
  const auto measuring_ns =
      static_cast<Nanos>((suite.warmup_s + suite.duration_s) * static_cast<double>(kSecond));
  const Nanos deadline_ns = monotonic_ns() + measuring_ns + context_.bounds.beyond_measuring_ns;
  while (!client_->has_ended()) {
    if (abandoned()) return false;
    if (server_->has_ended()) {
      return fail_with(fmt::format("the server ended under load: {}", server_->ending()));
    }
    if (monotonic_ns() >= deadline_ns) {
      return fail_with(fmt::format("the client did not end within {} s",
                                   (measuring_ns + context_.bounds.beyond_measuring_ns) / kSecond));
    }
    pump(deadline_ns);
  }
  heed_events();  // its last words, if it ended right behind them
  client_->out().read_available();
  if (server_->has_ended()) {
    return fail_with(fmt::format("the server ended under load: {}", server_->ending()));
  }
  if (!client_->succeeded()) {
    return fail_with(fmt::format("the client ended with {}", client_->ending()));
  }
  return true;
}

// Sleeps until something is to be read or heard of, and reads it.
void Trial::pump(Nanos deadline_ns) {
  std::array<pollfd, 10> sources{};
  std::size_t count = 0;
  const auto watch = [&](int fd) { sources[count++] = {.fd = fd, .events = POLLIN, .revents = 0}; };
  watch(context_.interrupts.fd());
  watch(events_.fd());
  for (Process* process : {server_.get(), client_.get()}) {
    if (process == nullptr) continue;
    watch(process->pid_fd());
    watch(process->out().fd());
    watch(process->err().fd());
  }
  for (StatsFetch* fetch : {stats_start_.get(), stats_end_.get()}) {
    if (fetch != nullptr) watch(fetch->fd());
  }
  // Rounded up, so that the last wait does not spin.
  const Nanos left_ns = std::max<Nanos>(deadline_ns - monotonic_ns(), 0);
  ::poll(sources.data(), count, static_cast<int>(left_ns / kMillisecond) + 1);
  heed_events();  // first: the readings are wanted at this very moment
  for (Process* process : {server_.get(), client_.get()}) {
    if (process == nullptr) continue;
    process->out().read_available();
    process->err().read_available();
  }
  for (StatsFetch* fetch : {stats_start_.get(), stats_end_.get()}) {
    if (fetch != nullptr) fetch->on_readable();
  }
}

void Trial::heed_events() {
  Capture& events = remote_ != nullptr && client_ != nullptr ? client_->err() : events_;
  events.read_available();
  const std::string& text = events.text();
  for (std::size_t end = text.find('\n', events_seen_); end != std::string::npos;
       end = text.find('\n', events_seen_)) {
    const std::string event = text.substr(events_seen_, end - events_seen_);
    events_seen_ = end + 1;
    if (event == "measure") {
      start_ = read_now();
      if (wants_memory()) idle_memory_ = sample_memory(server_->pid());
      stats_start_ = fetch_stats();
    } else if (event == "measured") {
      end_ = read_now();
      stats_end_ = fetch_stats();
    }
  }
}

Reading Trial::read_now() {
  return {.server = sample_server(server_->pid()), .machine = sample_machine()};
}

std::unique_ptr<StatsFetch> Trial::fetch_stats() {
  return command_.has_stats ? std::make_unique<StatsFetch>(*port_, "/stats") : nullptr;
}

void Trial::fill_record() {
  const std::string printed = client_->out().text();
  const RemoteOutput output = split_output(printed);
  const auto problem = fill_from_load(std::string(output.result), record_);
  if (problem) return set_failed(record_, *problem);
  client_.reset();  // its end would wake every poll() below
  const Nanos deadline_ns = monotonic_ns() + kStatsAnswer_ns;
  while (stats_end_ && stats_end_->fd() >= 0 && monotonic_ns() < deadline_ns && !abandoned()) {
    pump(deadline_ns);
  }
  if (start_ && end_) {
    fill_from_readings(*start_, *end_, record_);
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
  // A client need not write any.
  if (!output.histograms.empty()) fill_from_histograms(std::string(output.histograms), record_);
}

void Trial::stop_server() {
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

}  // namespace

std::optional<TrialRecord> run_trial(const TrialContext& context, const PlannedTrial& planned,
                                     int attempt) {
  const std::optional<CorePair> cores = place(planned.cell, context.machine);
  TrialRecord record = planned_record(context.identity, context.suite, planned, cores, attempt);
  if (const auto reason = why_not(planned.cell, context.machine)) {
    record.trial.status = "skipped_machine_limit";
    add_reason(record, *reason);
    return record;
  }
  if (const auto reason = lacking_program(context.tools, planned.cell)) {
    record.trial.status = "skipped_not_installed";
    add_reason(record, *reason);
    return record;
  }
  if (planned.cell.arrival != "closed" && !planned.cell.rate_rps) {
    set_failed(record, "the capacity that its rate is a share of was not measured");
    return record;
  }
  try {
    Trial trial(context, planned, *cores, record);
    if (!trial.run()) return std::nullopt;
  } catch (const Error& refusal) {
    set_failed(record, refusal.what());  // a program that cannot be started, no free port
  }
  return record;
}

}  // namespace etude::harness
