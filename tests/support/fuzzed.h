// tests/support/fuzzed.h
//
// What a fuzz target is: a property of any bytes at all. Each <unit>_fuzz.cpp defines broken_by();
// libFuzzer makes up inputs for it (fuzz_main.cpp), and in every test run a plain program asks it
// about the inputs that are kept (corpus_main.cpp).
//
// Also how a target gets a stream that arrives in pieces: the first bytes of the input choose them.
//
// Threads:   any.
// Ownership: a Stream is a view of the input.

#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace etude::fuzz {

// What the property says and `input` breaks, in words; empty when it holds.
std::string broken_by(std::string_view input);

// Pieces that together are the whole, none of them empty.
struct Stream {
  std::string_view whole;
  std::vector<std::string_view> pieces;
};

// The first bytes are the sizes of the pieces, less one, taken in turn and over again.
constexpr std::size_t kSizes = 4;

inline Stream stream_of(std::string_view input) {
  if (input.size() < kSizes) return {};
  Stream stream{.whole = input.substr(kSizes), .pieces = {}};
  std::string_view rest = stream.whole;
  for (std::size_t turn = 0; !rest.empty(); turn = (turn + 1) % kSizes) {
    const std::size_t bytes = std::size_t{static_cast<unsigned char>(input[turn])} + 1;
    stream.pieces.push_back(rest.substr(0, bytes));
    rest.remove_prefix(stream.pieces.back().size());
  }
  return stream;
}

// What a reader left unread, and the next piece behind it, in a block of exactly that size: the
// address sanitizer then sees a look beyond it.
inline std::vector<char> joined(const std::vector<char>& unread, std::string_view piece) {
  std::vector<char> bytes;
  bytes.reserve(unread.size() + piece.size());
  bytes.insert(bytes.end(), unread.begin(), unread.end());
  bytes.insert(bytes.end(), piece.begin(), piece.end());
  return bytes;
}

}  // namespace etude::fuzz
