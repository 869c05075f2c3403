// experiments/harness/stats_fetch.h
//
// One GET without waiting: sent at once, its answer gathered whenever poll() says so. The harness
// must stay awake to nothing else while a server under full load gets round to answering.
//
// Threads: one at a time.
// Errors:  any failure reads as "no answer": body() stays absent.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace etude::harness {

class StatsFetch {
 public:
  StatsFetch(std::uint16_t port, const std::string& path);  // on 127.0.0.1
  StatsFetch(const StatsFetch&) = delete;
  StatsFetch& operator=(const StatsFetch&) = delete;
  ~StatsFetch();

  int fd() const { return fd_; }  // poll it for reading; -1: over, well or not
  void on_readable();
  bool has_answered() const { return !received_.empty(); }  // with its first bytes at least
  const std::optional<std::string>& body() const { return body_; }

 private:
  void finish();

  int fd_ = -1;
  std::string received_;
  std::optional<std::string> body_;
};

}  // namespace etude::harness
