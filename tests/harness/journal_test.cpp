#include "experiments/harness/journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/failure.h"

namespace etude::harness {
namespace {

TrialRecord record_of(const std::string& trial_id, std::int64_t block = 0) {
  TrialRecord record;
  record.trial.trial_id = trial_id;
  record.trial.block = block;
  record.trial.status = "ok";
  return record;
}

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(directory_);
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string content() const {
    std::ifstream file(path_);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  const std::string directory_ = testing::TempDir() + "/etude_journal_" + std::to_string(getpid());
  const std::string path_ = directory_ + "/journal.jsonl";
};

TEST_F(JournalTest, HoldsWhatWasAppendedAfterReopening) {
  {
    Journal journal = Journal::open(path_);
    EXPECT_FALSE(journal.append(record_of("a")));
    EXPECT_FALSE(journal.append(record_of("b")));
  }
  const Journal journal = Journal::open(path_);
  ASSERT_EQ(journal.entries().size(), 2U);
  EXPECT_EQ(journal.status_of("a"), "ok");
  EXPECT_FALSE(journal.status_of("c"));
  EXPECT_EQ(journal.read(journal.entries()[1]).trial.trial_id, "b");
}

// Goal: whatever a killed harness leaves of its last line, the lines before stay and the next
// append is whole. Method: cut the file at each length inside the second line.
TEST_F(JournalTest, CutsOffATornLastLineWhereverItIsTorn) {
  {
    Journal journal = Journal::open(path_);
    ASSERT_FALSE(journal.append(record_of("a")));
    ASSERT_FALSE(journal.append(record_of("b")));
  }
  const std::string whole = content();
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t length = first; length < whole.size(); ++length) {
    write(whole.substr(0, length));
    Journal journal = Journal::open(path_);
    ASSERT_EQ(journal.entries().size(), 1U) << "cut at " << length;
    EXPECT_EQ(journal.dropped_torn_line(), length > first);
    ASSERT_FALSE(journal.append(record_of("c")));
    EXPECT_EQ(Journal::open_read_only(path_).entries().size(), 2U) << "cut at " << length;
  }
}

TEST_F(JournalTest, RefusesATornLineInTheMiddle) {
  write("{\"half\n" + record_line(record_of("a")) + "\n");
  EXPECT_THROW(Journal::open(path_), Error);
}

TEST_F(JournalTest, ReadingOnlyLeavesATornLineWhereItIs) {
  const std::string text = record_line(record_of("a")) + "\n{\"trial";
  write(text);
  EXPECT_EQ(Journal::open_read_only(path_).entries().size(), 1U);
  EXPECT_EQ(content(), text);
}

TEST_F(JournalTest, KeepsASecondWriterOut) {
  const Journal first = Journal::open(path_);
  EXPECT_THROW(Journal::open(path_), Error);
}

TEST_F(JournalTest, ReadsBackInThePlansOrder) {
  Journal journal = Journal::open(path_);
  for (const std::int64_t block : {2, 0, 1}) {
    ASSERT_FALSE(journal.append(record_of("t" + std::to_string(block), block)));
  }
  std::string order;
  journal.for_each_in_plan_order(
      [&](const TrialRecord& record) { order += record.trial.trial_id; });
  EXPECT_EQ(order, "t0t1t2");
}

// A file-size limit refuses in the middle of a line, as a full disk does.
TEST_F(JournalTest, AFullDiskIsReportedAndLeavesOnlyWholeLines) {
  Journal journal = Journal::open(path_);
  ASSERT_FALSE(journal.append(record_of("a")));
  const std::string before = content();

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  rlimit tight = old_limit;
  tight.rlim_cur = before.size() + 50;
  setrlimit(RLIMIT_FSIZE, &tight);
  const auto problem = journal.append(record_of("b"));
  setrlimit(RLIMIT_FSIZE, &old_limit);

  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("journal.jsonl"), std::string::npos) << *problem;
  EXPECT_EQ(content(), before);
  EXPECT_FALSE(journal.status_of("b"));
  EXPECT_FALSE(journal.append(record_of("b"))) << "there is room again";
  EXPECT_EQ(Journal::open_read_only(path_).entries().size(), 2U);
}

}  // namespace
}  // namespace etude::harness
