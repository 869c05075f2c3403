// experiments/harness/trial_side.h
//
// One side of a trial: a fresh server pinned to its cores and the client that loads it. A solo
// trial has one side, a round of several servers has as many. The trial (trial.cpp) says when
// each step begins; a side starts processes, hears what they say and fills its record.
//
// Threads:   one.
// Ownership: no process started here outlives the side.
// Ordering:  start_server(), until is_ready(); start_client(); with a barrier, until
//            is_connected(), then begin_at(); until has_ended();
//            fill_from_client(); fill_from_server(); stop_server().
// Errors:    a server or client that fails is a record with status failed and the reason; from then
//            on the side takes no further step (failed()).

#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/harness/process.h"
#include "experiments/harness/stats_fetch.h"
#include "experiments/harness/trial.h"

namespace etude::harness {

// How the client of one side begins together with those of the others, if it does.
struct ClientStart {
  bool barrier = false;        // connects, then waits for begin_at()
  std::optional<Turns> turns;  // sends in its turns only
};

class TrialSide {
 public:
  TrialSide(const TrialContext& context, const PlannedTrial& planned, const CorePair& cores,
            TrialRecord& record);
  TrialSide(const TrialSide&) = delete;
  TrialSide& operator=(const TrialSide&) = delete;
  ~TrialSide();

  void start_server();
  bool is_ready();  // fails the side when the server has ended
  bool is_watched_port() const { return command_.ready == "port"; }
  StatsFetch& ask_once();    // after readiness: one request, where idle memory is wanted
  void read_empty_memory();  // behind its answer
  bool wants_memory() const { return planned_.cell.workload.think_ms.has_value(); }

  void start_client(const ClientStart& start);
  bool is_connected() const { return connected_; }
  void begin_at(Nanos start_ns);
  bool has_ended();  // the client has; fails the side when the server has, or the client badly
  bool awaits_stats() const;  // the last answer of /stats is under way

  // What the client has announced.
  bool measure_begun() const { return measure_begun_; }
  bool measure_ended() const { return measure_ended_; }
  void read_start();
  void read_end();
  void ask_stats();  // once behind each of the two announcements

  void watch(std::vector<pollfd>& sources);
  void heed_events();
  void heed_outputs();

  void fill_from_client();
  // `beside_cpu_s`: of the round's other sides in the measured time; nothing for a solo trial.
  void fill_from_server(std::optional<double> beside_cpu_s);
  void end_client() { client_.reset(); }
  void stop_server();

  void fail(const std::string& reason);
  bool failed() const { return failed_; }
  const TrialRecord& record() const { return record_; }
  double cpu_s() const;  // of server and client on this machine, in the measured time

 private:
  std::unique_ptr<StatsFetch> fetch_stats();

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
  int begin_fd_ = -1;            // the write end of the barrier
  bool connected_ = false;
  bool measure_begun_ = false;
  bool measure_ended_ = false;
  bool start_asked_ = false;
  bool end_asked_ = false;
  bool failed_ = false;
  std::optional<Reading> start_;
  std::optional<Reading> end_;
  std::optional<MemorySample> empty_memory_;
  std::optional<MemorySample> idle_memory_;
  std::unique_ptr<StatsFetch> stats_start_;
  std::unique_ptr<StatsFetch> stats_end_;
};

}  // namespace etude::harness
