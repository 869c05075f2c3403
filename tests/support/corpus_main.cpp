// Goal: the inputs that a fuzz target keeps hold its property in every test run, without a fuzzer.
// Method: each file of the folders named is one input. No file at all is a failure.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/fuzzed.h"

int main(int argc, char** argv) {
  int inputs = 0;
  int broken_inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(file), {}};
      ++inputs;
      // Said beforehand, since a bug may stop the process instead of coming back as words.
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);
      const std::string broken = etude::fuzz::broken_by(input);
      if (broken.empty()) continue;
      ++broken_inputs;
      std::printf("  broken: %s\n", broken.c_str());
    }
  }
  std::printf("%d inputs, %d broken\n", inputs, broken_inputs);
  return inputs > 0 && broken_inputs == 0 ? 0 : 1;
}
