#include "experiments/harness/text_file.h"

#include <fstream>
#include <sstream>

namespace etude::harness {

std::optional<std::string> read_text_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  // Of nothing, << would report a failure.
  if (file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  if (file.bad() || !content) return std::nullopt;
  return content.str();
}

}  // namespace etude::harness
