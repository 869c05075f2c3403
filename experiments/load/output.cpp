#include "experiments/load/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/failure.h"

namespace etude::load {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const char* problem) {
  throw Error(path, problem, "name a file in a directory that can be written to");
}

bool is_special(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
}

void write_file(const std::string& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) refuse(path, std::strerror(errno));
  const bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  const int problem = errno;
  const bool closed = std::fclose(file) == 0;  // a disk over the network may refuse only now
  if (!written || !closed) refuse(path, std::strerror(written ? errno : problem));
}

void replace_file(const std::string& path, std::string_view text) {
  const std::string part = path + ".part";
  try {
    write_file(part, text);
    if (std::rename(part.c_str(), path.c_str()) != 0) refuse(path, std::strerror(errno));
  } catch (const Error&) {
    std::remove(part.c_str());
    throw;
  }
}

}  // namespace

void require_writable(const std::string& path) {
  if (path == "-") return;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) refuse(path, "is a directory");
  const fs::path parent = fs::path(path).parent_path();
  const std::string looked_at =
      is_special(path) ? path : (parent.empty() ? std::string(".") : parent.string());
  if (access(looked_at.c_str(), W_OK) != 0) refuse(path, std::strerror(errno));
}

void write_output(const std::string& path, std::string_view text) {
  if (path == "-") {
    // main() finds out whether stdout has taken it.
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else if (is_special(path)) {
    write_file(path, text);
  } else {
    replace_file(path, text);
  }
}

}  // namespace etude::load
