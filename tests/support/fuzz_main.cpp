// libFuzzer's entry: a broken property stops the process, and the input is kept as a finding.

#include <cstdint>

#include "core/failure.h"
#include "tests/support/fuzzed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::string broken = etude::fuzz::broken_by(input);
  etude::require(broken.empty(), broken);
  return 0;
}
