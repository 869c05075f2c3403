#include "schedulers/queueing.h"

namespace etude {

Queueing queueing_of(std::string_view scheduler, std::string_view parameters) noexcept {
  const auto has = [&](std::string_view text) {
    return parameters.find(text) != std::string_view::npos;
  };
  if (scheduler == "fifo") return Queueing::alone;
  if (scheduler == "shared-queue") return Queueing::together;
  if (scheduler == "work-stealing" && has("domain=all") && has("slot=0")) return Queueing::shared;
  return Queueing::unknown;
}

}  // namespace etude
