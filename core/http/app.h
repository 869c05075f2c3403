// core/http/app.h
//
// The routes that `serve` offers: workloads of known cost to study schedulers with, and an echo
// for the protocol's own tests.
//
//   GET  /plaintext                static: "Hello, World!"
//   GET  /json                     {"message":"Hello, World!"}, serialised anew for each request
//   GET  /spin?us=..               keeps the CPU (core/http/service_time.h)
//   GET  /sleep?us=..              suspends the fiber: its worker serves others meanwhile
//   GET  /block?us=..              blocks the worker's thread, as a blocking call in a handler does
//   GET  /fanout?n=..&us=..        n fibers that keep the CPU for `us` each, then joins them
//   POST /echo                     the body, as it came
//   GET  /users/{id}               the id
//
// Threads: the handlers run in any fiber of any worker.
// Limits:  a sleep of at most a minute; a block of at most a second, since its worker does nothing
//          else meanwhile, not even end; a fan-out of at most 1,024 fibers.
// Errors:  a query that makes no sense: 400, with a line that says what is expected.

#pragma once

#include <cstdint>

#include "core/http/router.h"

namespace etude::http {

// `seed` is that of /spin's draws.
void add_benchmark_routes(Router& router, std::uint64_t seed);

// Any GET answers 200, any POST its body, /sleep/{ms} sleeps first.
void add_echo_routes(Router& router);

}  // namespace etude::http
