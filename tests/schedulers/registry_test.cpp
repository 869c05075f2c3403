#include "schedulers/registry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/schedulers/hooked_atomic.h"

namespace etude {
namespace {

std::string complaint(const auto& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(Registry, BeginsWithTheFourInTheOrderOfTables) {
  std::vector<std::string_view> names;
  for (const SchedulerEntry& entry : all_schedulers()) names.push_back(entry.name);
  names.resize(4);
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"fifo", "work-stealing", "hybrid", "shared-queue"}));
}

TEST(Registry, EveryRowExplainsItselfAndItsDefaultsAreLegal) {
  for (const SchedulerEntry& entry : all_schedulers()) {
    EXPECT_FALSE(entry.help.empty()) << entry.name;
    Settings defaults;
    for (const Parameter& parameter : entry.parameters) {
      EXPECT_FALSE(parameter.help.empty()) << entry.name << " " << parameter.name;
      defaults[std::string(parameter.name)] = parameter.default_value;
    }
    EXPECT_EQ(complaint([&] { check_settings(entry, defaults); }), "no complaint");
  }
}

TEST(Registry, TheGuidesNamesAreAliases) {
  EXPECT_EQ(find_scheduler("current_thread").name, "fifo");
  const SchedulerEntry multithread = find_scheduler("multithread");
  EXPECT_EQ(multithread.name, "work-stealing");
  EXPECT_EQ(effective_parameters(multithread, {}), "order=fifo steal=half domain=core slot=0");
  EXPECT_EQ(effective_parameters(multithread, {{"domain", "all"}}),
            "order=fifo steal=half domain=all slot=0");
}

TEST(Registry, AnAliasBuildsWhatItsNameSays) {
  const SchedulerConfig config{.workers = 4, .tasks_max = 1, .threads_per_core = 2};
  EXPECT_EQ(find_scheduler("multithread").make(config)->domain_workers(), 2U);
  EXPECT_EQ(find_scheduler("work-stealing").make(config)->domain_workers(), 0U);
}

TEST(Registry, ShowsParametersInEffect) {
  EXPECT_EQ(effective_parameters(find_scheduler("fifo"), {}), "");
  EXPECT_EQ(effective_parameters(find_scheduler("work-stealing"), {{"steal", "one"}}),
            "order=fifo steal=one domain=all slot=0");
  EXPECT_EQ(effective_parameters(find_scheduler("hybrid"), {{"share_at", "100"}}),
            "hungry=on share_at=100 share_until=8 steal=half");
}

TEST(Registry, NamesWhatThereIsWhenANameIsUnknown) {
  std::string all;
  for (const SchedulerEntry& entry : all_schedulers()) all += std::string(entry.name) + ", ";
  all += "current_thread, multithread";
  EXPECT_EQ(complaint([] { find_scheduler("work-stealin"); }),
            "scheduler: unknown name 'work-stealin'; did you mean work-stealing? there are " + all);
  EXPECT_EQ(complaint([] { find_scheduler("zzzzzzzzzzzz"); }),
            "scheduler: unknown name 'zzzzzzzzzzzz'; there are " + all);
}

TEST(Registry, AFileRunsOverStdAtomicOnly) {
  EXPECT_EQ(
      complaint([] { find_scheduler("./libmine.so", kSchedulers<HookedAtomic>); }),
      "scheduler ./libmine.so: is a file, compiled for std::atomic only; to explore it, make it "
      "a row of schedulers/registry.h");
}

TEST(Registry, NamesWhatThereIsWhenAKeyOrAValueIsUnknown) {
  const SchedulerEntry stealing = find_scheduler("work-stealing");
  EXPECT_EQ(complaint([&] {
              check_settings(stealing, {{"ordr", "fifo"}});
            }),
            "scheduler work-stealing: unknown parameter 'ordr'; did you mean order? there are "
            "order, steal, domain, slot");
  EXPECT_EQ(complaint([&] {
              check_settings(stealing, {{"order", "life"}});
            }),
            "scheduler work-stealing: order: unknown value 'life'; did you mean lifo? there are "
            "fifo, lifo");
  EXPECT_EQ(complaint([] {
              check_settings(find_scheduler("fifo"), {{"order", "fifo"}});
            }),
            "scheduler fifo: unknown parameter 'order'; it has none");
}

TEST(Registry, WantsNumbersWholeAndInRange) {
  const SchedulerEntry hybrid = find_scheduler("hybrid");
  for (const char* wrong :
       {"0", "-1", "1.5", "ten", "", "8 ", "1000000001", "99999999999999999999999"}) {
    EXPECT_EQ(complaint([&] {
                check_settings(hybrid, {{"share_at", wrong}});
              }),
              "scheduler hybrid: share_at: '" + std::string(wrong) +
                  "' is out of range; give a whole number from 1 to 1000000000");
  }
  EXPECT_NE(complaint([&] {
              (void)hybrid.make({.workers = 1, .tasks_max = 1, .set = {{"share_at", "8"}}});
            }).find("share_until is not below share_at"),
            std::string::npos);
}

// Goal: a schedule explorer gets the same rows over its own atomics, and they work.
TEST(Registry, TheSameTableRunsOverOtherAtomics) {
  const std::span<const SchedulerEntry> table = kSchedulers<HookedAtomic>;
  ASSERT_EQ(table.size(), all_schedulers().size());
  for (const SchedulerEntry& row : table) {
    const auto scheduler =
        find_scheduler(row.name, table).make({.workers = 2, .tasks_max = 4, .seed = 1});
    Task tasks[4];
    for (Task& task : tasks) scheduler->submit(task, WorkerId{0}, Origin::spawn());
    int returned_count = 0;
    for (const WorkerId self : {WorkerId{0}, WorkerId{1}}) {
      while (scheduler->next(self).task != nullptr) ++returned_count;
    }
    EXPECT_EQ(returned_count, 4) << row.name;
  }
}

}  // namespace
}  // namespace etude
