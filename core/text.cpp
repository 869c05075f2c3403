#include "core/text.h"

#include <fmt/format.h>

namespace etude {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

void append_escaped(std::string& to, std::string_view bytes) {
  for (const char byte : bytes) {
    to += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

// Requires: `character` is one of UTF-8. U+0080 .. U+009F are C2 80 .. C2 9F.
bool is_control(std::string_view character) noexcept {
  const unsigned first = byte_at(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && byte_at(character, 1) < 0xa0;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t length = first < 0xe0 ? 2 : (first < 0xf0 ? 3 : 4);
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned second = byte_at(text, 1);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // a surrogate
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // above U+10FFFF
  return length;
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view piece = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(piece)) {
      append_escaped(result, piece);
    } else {
      result += piece;
    }
    text.remove_prefix(piece.size());
  }
  return result;
}

std::string quoted_start(std::string_view bytes, std::size_t bytes_max) {
  std::string result = "\"";
  for (const char byte : bytes.substr(0, bytes_max)) {
    if (byte >= ' ' && byte <= '~') {
      result += byte;
    } else {
      append_escaped(result, {&byte, 1});
    }
  }
  return result + (bytes.size() > bytes_max ? "\" .." : "\"");
}

}  // namespace etude
