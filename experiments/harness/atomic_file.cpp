#include "experiments/harness/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace etude::harness {
namespace {

constexpr std::size_t kBuffer_bytes = 1 << 20;

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_path_(path_ + ".tmp") {
  fd_ = ::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) note_failure();
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_path_.c_str());
}

void AtomicFile::note_failure() {
  if (!problem_) problem_ = fmt::format("{}: cannot be written: {}", path_, std::strerror(errno));
}

void AtomicFile::append(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBuffer_bytes) flush();
}

void AtomicFile::flush() {
  for (std::size_t written = 0; !problem_ && written < buffer_.size();) {
    const ssize_t count = ::write(fd_, buffer_.data() + written, buffer_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return note_failure();
    written += static_cast<std::size_t>(count);
  }
  buffer_.clear();
}

std::optional<std::string> AtomicFile::commit() {
  flush();
  if (!problem_ && ::fsync(fd_) != 0) note_failure();
  if (!problem_ && ::rename(temporary_path_.c_str(), path_.c_str()) != 0) note_failure();
  if (!problem_) {
    ::close(fd_);
    fd_ = -1;  // nothing left to remove
  }
  return problem_;
}

}  // namespace etude::harness
