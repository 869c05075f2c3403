#include "experiments/explorer/finding_file.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/failure.h"

namespace etude::explorer {
namespace {

using Json = nlohmann::ordered_json;

// None is written as -1, which says more to a reader than 2^32 - 1.
std::int64_t signed_of(std::uint32_t number) {
  return number == TaskPlan::kNone ? -1 : std::int64_t{number};
}
std::uint32_t unsigned_of(const Json& number) {
  const auto value = number.get<std::int64_t>();
  return value < 0 ? TaskPlan::kNone : static_cast<std::uint32_t>(value);
}

Json json_of(const CrewPlan& plan) {
  Json tasks = Json::array();
  for (const TaskPlan& task : plan.tasks) {
    tasks.push_back({{"parent", signed_of(task.parent)},
                     {"submitter", signed_of(task.submitter)},
                     {"home", task.home},
                     {"yields", task.yields},
                     {"holds", task.holds}});
  }
  return {{"workers", plan.workers},
          {"submitters", plan.submitters},
          {"threads_per_core", plan.threads_per_core},
          {"search_rounds", plan.search_rounds},
          {"seed", plan.seed},
          {"eager", plan.wake_policy == WakePolicy::eager},
          {"tasks", std::move(tasks)}};
}

CrewPlan plan_of(const Json& json) {
  CrewPlan plan;
  plan.workers = json.at("workers").get<std::uint32_t>();
  plan.submitters = json.at("submitters").get<std::uint32_t>();
  plan.threads_per_core = json.at("threads_per_core").get<std::uint32_t>();
  plan.search_rounds = json.at("search_rounds").get<std::uint32_t>();
  plan.seed = json.at("seed").get<std::uint64_t>();
  plan.wake_policy = json.at("eager").get<bool>() ? WakePolicy::eager : WakePolicy::throttled;
  for (const Json& task : json.at("tasks")) {
    plan.tasks.push_back({.parent = unsigned_of(task.at("parent")),
                          .submitter = unsigned_of(task.at("submitter")),
                          .home = task.at("home").get<std::uint32_t>(),
                          .yields = task.at("yields").get<std::uint32_t>(),
                          .holds = task.at("holds").get<bool>()});
  }
  return plan;
}

void check_limits(const CrewPlan& plan) {
  const bool fits = plan.workers > 0 && plan.workers + plan.submitters + 1 <= kThreadsMax;
  if (!fits) throw Error("replay", "the plan has too many threads", "use a file of etude explore");
}

StoredFinding stored_of(const Json& json) {
  StoredFinding stored;
  const std::string name = json.at("scheduler").get<std::string>();
  stored.subject.scheduler = find_scheduler(name, explored_schedulers());
  stored.subject.set = json.at("set").get<Settings>();
  stored.subject.memory = json.at("memory") == "tso" ? Memory::tso : Memory::sequential;
  stored.finding.failure = json.at("failure").get<std::string>();
  stored.finding.seed = json.at("seed").get<std::uint64_t>();
  stored.finding.schedule = json.at("schedule").get<std::uint64_t>();
  stored.finding.plan = plan_of(json.at("plan"));
  stored.finding.choices = json.at("choices").get<std::vector<Agent>>();
  check_limits(stored.finding.plan);
  return stored;
}

}  // namespace

void write_finding(const std::string& path, const Subject& subject, const Finding& finding) {
  const Json json{{"schema", 1},
                  {"failure", finding.failure},
                  {"scheduler", subject.scheduler.name},
                  {"set", subject.set},
                  {"memory", subject.memory == Memory::tso ? "tso" : "sequential"},
                  {"seed", finding.seed},
                  {"schedule", finding.schedule},
                  {"plan", json_of(finding.plan)},
                  {"choices", finding.choices}};
  std::ofstream file(path);
  file << json.dump(-1, ' ', false, decltype(json)::error_handler_t::replace) << '\n';
  file.close();
  if (!file) throw Error(path, "cannot be written", "name another file");
}

StoredFinding read_finding(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(path, "cannot be read", "name a file that etude explore wrote");
  try {
    return stored_of(Json::parse(file));
  } catch (const Json::exception& mistake) {
    throw Error(path, std::string("is no finding: ") + mistake.what(),
                "name a file that etude explore wrote");
  }
}

}  // namespace etude::explorer
