#include "experiments/simulator/theory_beside.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/simulator/closed_forms.h"

namespace etude::sim {
namespace {

std::string letter_of(const Lengths& service, double scv) {
  if (service.is_exponential()) return "M";
  return scv < 1e-9 ? "D" : "G";
}

}  // namespace

std::optional<ClosedForm> closed_form(Queues queues, std::uint32_t cores, double load,
                                      const Lengths& service) {
  const double mean_ns = service.drawn_mean_ns();
  if (queues == Queues::other || mean_ns <= 0 || load <= 0 || load >= 1) return std::nullopt;
  const double scv = std::max(0.0, service.drawn_square_ns2() / (mean_ns * mean_ns) - 1);
  const std::string letter = letter_of(service, scv);
  const bool one_server = queues == Queues::alone || cores == 1;
  if (!one_server && letter != "M") return std::nullopt;
  const std::uint32_t servers = one_server ? 1 : cores;
  ClosedForm form;
  form.name = fmt::format("M/{}/{}", letter, servers);
  if (servers < cores) form.name = fmt::format("{} x {}", cores, form.name);
  if (letter != "M") {
    form.mean_ns = theory::mg1_sojourn_mean(load, mean_ns, scv);
    return form;
  }
  const theory::Mmc queue{.servers = servers, .load = load, .service = mean_ns};
  form.mean_ns = theory::sojourn_mean(queue);
  if (queues == Queues::shared) return form;
  form.p50_ns = theory::sojourn_quantile(queue, 0.5);
  form.p99_ns = theory::sojourn_quantile(queue, 0.99);
  form.p999_ns = theory::sojourn_quantile(queue, 0.999);
  return form;
}

}  // namespace etude::sim
