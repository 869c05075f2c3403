// experiments/harness/atomic_file.h
//
// Writes a file so that its readers see the old content or the new one, never half of it: into
// "<path>.tmp" beside it, synced, then renamed over it.
//
// Threads:   one at a time per file.
// Ownership: without commit() the temporary file is removed and the old one stays.
// Errors:    commit() returns the problem as text (disk full, no permission); append() after a
//            failure does nothing, so that only commit() needs a check.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace etude::harness {

class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void append(std::string_view text);
  [[nodiscard]] std::optional<std::string> commit();

 private:
  void flush();
  void note_failure();

  std::string path_;
  std::string temporary_path_;
  int fd_ = -1;
  std::string buffer_;
  std::optional<std::string> problem_;
};

}  // namespace etude::harness
