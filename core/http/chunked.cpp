#include "core/http/chunked.h"

#include "core/http/syntax.h"

namespace etude::http {

namespace {

// Chosen by hand: no known sender comes near.
constexpr std::size_t kSizeLineBytesMax = 1'024;
constexpr std::uint32_t kExtensionBytesMax = 4'096;  // of all chunks of a body together

// What a size needs; what a line has beyond it is extensions, or leading zeros.
constexpr std::size_t kSizeDigitsMax = 16;

void skip_whitespace(std::string_view& text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

bool skip_token(std::string_view& text) noexcept {
  std::size_t bytes = 0;
  while (bytes < text.size() && is(text[bytes], kTchar)) ++bytes;
  text.remove_prefix(bytes);
  return bytes > 0;
}

// DQUOTE *( qdtext / quoted-pair ) DQUOTE
bool skip_quoted_string(std::string_view& text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\') ++i;
    if (i == text.size() || !is(text[i], kFieldValue)) return false;
  }
  return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] )
bool are_extensions(std::string_view text) noexcept {
  while (!text.empty()) {
    skip_whitespace(text);
    if (!text.starts_with(';')) return false;
    text.remove_prefix(1);
    skip_whitespace(text);
    if (!skip_token(text)) return false;
    std::string_view value = text;
    skip_whitespace(value);
    if (!value.starts_with('=')) continue;
    value.remove_prefix(1);
    skip_whitespace(value);
    if (!(value.starts_with('"') ? skip_quoted_string(value) : skip_token(value))) return false;
    text = value;
  }
  return true;
}

std::uint64_t hex_value(char c) noexcept {
  if (is(c, kDigit)) return static_cast<std::uint64_t>(c - '0');
  return static_cast<std::uint64_t>((c | 0x20) - 'a') + 10;
}

}  // namespace

std::optional<std::uint64_t> parse_chunk_size(std::string_view line) noexcept {
  constexpr unsigned kTopDigitShift = 60;
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && is(line[digits], kHex); ++digits) {
    if (size >> kTopDigitShift != 0) return std::nullopt;
    size = size << 4U | hex_value(line[digits]);
  }
  if (digits == 0 || !are_extensions(line.substr(digits))) return std::nullopt;
  return size;
}

ChunkedDecoder::Progress ChunkedDecoder::feed(char* bytes, std::size_t count, std::string& body) {
  std::size_t consumed = 0;
  while (consumed < count) {
    const std::string_view input{bytes + consumed, count - consumed};
    Step step{};
    switch (stage_) {
      case Stage::size_line:
        step = size_line(input, body.size());
        break;
      case Stage::data:
        step = data(input, body);
        break;
      case Stage::data_end:
        step = data_end(input);
        break;
      case Stage::trailers:
        step = trailer_line(bytes + consumed, input.size());
        break;
    }
    consumed += step.consumed;
    if (step.refusal) return {Outcome::refused, consumed, *step.refusal};
    if (step.done) return {Outcome::done, consumed};
    if (step.consumed == 0) break;
  }
  return {Outcome::more, consumed};
}

ChunkedDecoder::Step ChunkedDecoder::size_line(std::string_view input, std::size_t body_bytes) {
  const std::size_t line_feed = input.find('\n');
  if (line_feed == std::string_view::npos && input.size() <= kSizeLineBytesMax) return {0};
  if (line_feed > kSizeLineBytesMax) return {0, Status::bad_request};
  if (line_feed == 0 || input[line_feed - 1] != '\r') return {0, Status::bad_request};
  const std::string_view line = input.substr(0, line_feed - 1);
  const auto size = parse_chunk_size(line);
  if (!size) return {0, Status::bad_request};
  if (line.size() > kSizeDigitsMax) {
    extension_bytes_ += static_cast<std::uint32_t>(line.size() - kSizeDigitsMax);
    if (extension_bytes_ > kExtensionBytesMax) return {0, Status::bad_request};
  }
  if (*size > limits_.body_bytes - body_bytes) return {0, Status::content_too_large};
  chunk_left_ = *size;
  stage_ = *size == 0 ? Stage::trailers : Stage::data;
  return {line_feed + 1};
}

ChunkedDecoder::Step ChunkedDecoder::data(std::string_view input, std::string& body) {
  const std::size_t bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, input.size()));
  body.append(input.substr(0, bytes));
  chunk_left_ -= bytes;
  if (chunk_left_ == 0) stage_ = Stage::data_end;
  return {bytes};
}

ChunkedDecoder::Step ChunkedDecoder::data_end(std::string_view input) noexcept {
  constexpr std::string_view kLineEnd = "\r\n";
  if (input.starts_with(kLineEnd)) {
    stage_ = Stage::size_line;
    return {kLineEnd.size()};
  }
  if (input == kLineEnd.substr(0, 1)) return {0};
  return {0, Status::bad_request};
}

ChunkedDecoder::Step ChunkedDecoder::trailer_line(char* bytes, std::size_t count) noexcept {
  const std::size_t line_feed = std::string_view{bytes, count}.find('\n');
  const std::size_t line_bytes = line_feed == std::string_view::npos ? count : line_feed + 1;
  if (trailer_bytes_ + line_bytes > limits_.trailer_bytes) return {0, Status::fields_too_large};
  if (line_feed == std::string_view::npos) return {0};
  trailer_bytes_ += static_cast<std::uint32_t>(line_bytes);
  Field dropped;
  switch (trailers_.next(bytes, line_bytes, dropped)) {
    case FieldParser::Outcome::field:
      return {line_bytes};
    case FieldParser::Outcome::end:
      return {line_bytes, std::nullopt, true};
    case FieldParser::Outcome::malformed:
      break;
  }
  return {0, Status::bad_request};
}

}  // namespace etude::http
