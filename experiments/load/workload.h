// experiments/load/workload.h
//
// What the load asks for: the requests of its options, drawn from its seed and put on a tape. The
// draws depend on the options alone, so every server meets the same requests in the same order:
// in open loop by the number of the arrival, in closed loop connection by connection.
//
// Limits: what is drawn repeats after kDrawnRequests requests, fewer where they are long.
// Errors: Error, naming the option.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/load/options.h"
#include "experiments/load/request_tape.h"
#include "experiments/load/target.h"

namespace etude::load {

inline constexpr std::uint32_t kDrawnRequests = 65'536;

// One request as wrk would send it: request line, Host, the user's headers. A GET, or with a body
// a POST.
std::string make_request(const Url& url, const std::vector<std::string>& headers,
                         const std::optional<std::string>& body = std::nullopt);

RequestTape make_tape(const Url& url, const LoadOptions& options);
// The one request of the connections beside the load.
RequestTape make_beside_tape(const Url& url, const LoadOptions& options);

// Whether the tape's requests differ, so that it matters who sends which.
inline bool is_drawn(const RequestTape& tape) noexcept { return tape.period() > 1; }

// Where connection `number` of a closed loop begins on the tape: apart from the others, or all
// would ask for the same at the same time.
std::uint32_t first_position(const RequestTape& tape, std::uint64_t seed, std::uint32_t number);

}  // namespace etude::load
