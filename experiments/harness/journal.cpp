#include "experiments/harness/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/failure.h"

namespace etude::harness {
namespace {

// nullopt when all bytes were written.
std::optional<std::string> write_all(int fd, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::strerror(errno);
    written += static_cast<std::size_t>(count);
  }
  return std::nullopt;
}

std::string read_range(int fd, std::int64_t offset, std::int64_t bytes, const std::string& path) {
  std::string text(static_cast<std::size_t>(bytes), '\0');
  for (std::size_t got = 0; got < text.size();) {
    const ssize_t count = ::pread(fd, text.data() + got, text.size() - got,
                                  static_cast<off_t>(offset + static_cast<std::int64_t>(got)));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      throw Error(path, count < 0 ? std::strerror(errno) : "is shorter than a moment ago",
                  "check the disk");
    }
    got += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace

Journal Journal::open(const std::string& path) { return Journal(path, Access::append); }

Journal Journal::open_read_only(const std::string& path) { return Journal(path, Access::read); }

Journal::Journal(std::string path, Access access) : path_(std::move(path)) {
  const int flags = access == Access::read ? O_RDONLY : O_RDWR | O_CREAT | O_APPEND;
  fd_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    throw Error(path_, fmt::format("cannot be opened: {}", std::strerror(errno)),
                "check the path and its permissions");
  }
  try {
    if (access == Access::append && ::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      throw Error(path_, "another etude is writing to this directory",
                  "wait for it, or choose another --out");
    }
    scan(access);
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      dropped_torn_line_(other.dropped_torn_line_),
      entries_(std::move(other.entries_)),
      status_by_trial_(std::move(other.status_by_trial_)) {}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

// Finds the lines. Only the last one may be torn: append() starts a line only when the one before
// is whole on the disk.
void Journal::scan(Access access) {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) {
    throw Error(path_, std::strerror(errno), "check the disk");
  }
  const auto file_bytes = static_cast<std::int64_t>(status.st_size);
  constexpr std::int64_t kChunk_bytes = 1 << 20;
  std::string pending;  // the line that begins at size_, as far as it is read
  for (std::int64_t at = 0; at < file_bytes;) {
    const std::int64_t bytes = std::min(kChunk_bytes, file_bytes - at);
    std::size_t searched = pending.size();
    pending += read_range(fd_, at, bytes, path_);
    at += bytes;
    std::size_t line_start = 0;
    for (std::size_t end = pending.find('\n', searched); end != std::string::npos;
         end = pending.find('\n', line_start)) {
      const auto line_bytes = static_cast<std::int64_t>(end - line_start) + 1;
      const auto record =
          parse_record(std::string_view(pending).substr(line_start, end - line_start));
      if (!record && size_ + line_bytes < file_bytes) {
        throw Error(path_, fmt::format("line {} is no record", entries_.size() + 1),
                    "restore the file, or choose another --out");
      }
      if (!record) break;  // a whole last line that is no record: torn by the file system
      note(record->trial, line_bytes);
      line_start = end + 1;
    }
    pending.erase(0, line_start);
  }
  dropped_torn_line_ = size_ < file_bytes;
  if (dropped_torn_line_ && access == Access::append && ::ftruncate(fd_, size_) != 0) {
    throw Error(path_,
                fmt::format("its torn last line cannot be cut off: {}", std::strerror(errno)),
                "check the disk");
  }
}

std::optional<std::string> Journal::append(std::span<const TrialRecord> records) {
  std::string text;
  std::vector<std::int64_t> line_bytes;
  for (const TrialRecord& record : records) {
    const std::string line = record_line(record) + '\n';
    line_bytes.push_back(static_cast<std::int64_t>(line.size()));
    text += line;
  }
  std::optional<std::string> problem = write_all(fd_, text);
  if (!problem && ::fsync(fd_) != 0) problem = std::strerror(errno);
  if (problem) {
    // No line may be there when we say it is not. If even this fails, the next run cuts off
    // what is torn.
    if (::ftruncate(fd_, size_) != 0) *problem += "; the file keeps a torn last line";
    return fmt::format("{}: cannot be written: {}", path_, *problem);
  }
  for (std::size_t i = 0; i < records.size(); ++i) note(records[i].trial, line_bytes[i]);
  return std::nullopt;
}

void Journal::note(const TrialRow& trial, std::int64_t bytes) {
  entries_.push_back({.trial_id = trial.trial_id,
                      .block = trial.block,
                      .order = trial.order,
                      .attempt = trial.attempt,
                      .offset = size_,
                      .bytes = bytes});
  status_by_trial_[trial.trial_id] = trial.status;
  size_ += bytes;
}

std::optional<std::string> Journal::status_of(const std::string& trial_id) const {
  const auto found = status_by_trial_.find(trial_id);
  if (found == status_by_trial_.end()) return std::nullopt;
  return found->second;
}

TrialRecord Journal::read(const JournalEntry& entry) const {
  const std::string line = read_range(fd_, entry.offset, entry.bytes, path_);
  auto record = parse_record(std::string_view(line).substr(0, line.size() - 1));
  if (!record) throw Error(path_, "a record changed while it was read", "check the disk");
  return std::move(*record);
}

void Journal::for_each_in_plan_order(const std::function<void(const TrialRecord&)>& visit) const {
  std::vector<JournalEntry> sorted = entries_;
  std::sort(sorted.begin(), sorted.end(), [](const JournalEntry& a, const JournalEntry& b) {
    return std::tie(a.block, a.order, a.attempt) < std::tie(b.block, b.order, b.attempt);
  });
  for (const JournalEntry& entry : sorted) visit(read(entry));
}

}  // namespace etude::harness
