// experiments/harness/journal.h
//
// journal.jsonl: one line per finished trial, appended and synced before the next trial starts.
// It alone is the truth about what is done; every table is derived from it. Killing the harness
// at any moment loses at most the trial that was running.
//
// Threads:   one at a time. A lock on the file keeps a second harness out; it goes with the
//            process, however that ends.
// Ownership: the file is open as long as the Journal lives.
// Ordering:  when append() has returned no problem, the line is on the disk.
// Limits:    lines stay on the disk; in memory is where each begins and what sorts it.
// Errors:    open(): Error when another harness holds it, or a line before the last is no record.
//            A torn last line is what a killed harness leaves: it is cut off. append(): the
//            problem as text (disk full, I/O error); the file then ends where it ended before.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "experiments/harness/record.h"

namespace etude::harness {

// What is kept in memory of each line.
struct JournalEntry {
  std::string trial_id;
  std::int64_t block = 0;
  std::int64_t order = 0;
  std::int64_t attempt = 1;
  std::int64_t offset = 0;  // of the line in the file
  std::int64_t bytes = 0;   // with its line end
};

class Journal {
 public:
  // For writing: creates the file when it is missing, locks it, cuts off a torn last line.
  static Journal open(const std::string& path);
  // For reading only: leaves the file as it is and skips a torn last line.
  static Journal open_read_only(const std::string& path);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  // All of them or none, but for a kill in the middle: then the first ones may be there.
  [[nodiscard]] std::optional<std::string> append(std::span<const TrialRecord> records);
  [[nodiscard]] std::optional<std::string> append(const TrialRecord& record) {
    return append({&record, 1});
  }

  const std::vector<JournalEntry>& entries() const { return entries_; }  // as appended
  // The status of a finished trial; nothing when the journal does not hold it.
  std::optional<std::string> status_of(const std::string& trial_id) const;
  bool dropped_torn_line() const { return dropped_torn_line_; }

  // The record of one entry, read from the file again.
  TrialRecord read(const JournalEntry& entry) const;

  // All records, one at a time, in the plan's order.
  void for_each_in_plan_order(const std::function<void(const TrialRecord&)>& visit) const;

 private:
  enum class Access : std::uint8_t { append, read };
  Journal(std::string path, Access access);
  void scan(Access access);
  void note(const TrialRow& trial, std::int64_t bytes);

  std::string path_;
  int fd_ = -1;
  std::int64_t size_ = 0;
  bool dropped_torn_line_ = false;
  std::vector<JournalEntry> entries_;
  std::unordered_map<std::string, std::string> status_by_trial_;
};

}  // namespace etude::harness
