// experiments/cli/server_readings.h
//
// One reading of everything a running server counts: its HTTP core, its runtime, its scheduler and
// the process itself, as GET /stats tells it.
//
// Threads:   take() from any, once read_from() was called.
// Ownership: borrows what it reads from; that outlives every request.

#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/http/server.h"
#include "core/http/stats.h"
#include "core/runtime/runtime.h"

namespace etude::cli {

class ServerReadings {
 public:
  ServerReadings(std::string_view scheduler, std::string_view parameters, const Clock& clock)
      : scheduler_(scheduler), parameters_(parameters), clock_(clock), start_ns_(clock.now_ns()) {}

  // The routes exist before the server that has them: it is told afterwards.
  void read_from(const http::Server& server, const Runtime& runtime) noexcept {
    server_ = &server;
    runtime_ = &runtime;
  }

  http::ServerStats take() const;

 private:
  http::WorkerReading take_worker(WorkerId worker) const;

  std::string scheduler_;
  std::string parameters_;
  const Clock& clock_;
  Nanos start_ns_;
  const http::Server* server_ = nullptr;
  const Runtime* runtime_ = nullptr;
};

}  // namespace etude::cli
