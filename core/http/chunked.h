// core/http/chunked.h
//
// Takes a chunked body apart, in whatever pieces it comes. Line ends must be CRLF; extensions are
// checked and ignored; trailer fields are checked and dropped.
//
// Threads:   one at a time.
// Ownership: keeps no bytes: what it has not consumed comes again, with more behind it.
// Limits:    the body (content_too_large), extensions together and one size line (bad_request), the
//            trailer section (fields_too_large).
// Source:    RFC 9112 §7.1, with erratum 7633 (no bare LF in chunk framing).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/field_parser.h"
#include "core/http/status.h"

namespace etude::http {

class ChunkedDecoder {
 public:
  struct Limits {
    std::uint64_t body_bytes;
    std::uint32_t trailer_bytes;
  };

  enum class Outcome : std::uint8_t { more, done, refused };
  struct Progress {
    Outcome outcome;
    std::size_t consumed;        // bytes of the input that are not needed any more
    Status status = Status::ok;  // with `refused`
  };

  explicit ChunkedDecoder(const Limits& limits) noexcept : limits_(limits) {}

  // Appends what `bytes` add to the body. Requires: not done and not refused before.
  Progress feed(char* bytes, std::size_t count, std::string& body);

 private:
  enum class Stage : std::uint8_t { size_line, data, data_end, trailers };
  struct Step {
    std::size_t consumed;  // 0: more bytes are needed
    std::optional<Status> refusal = std::nullopt;
    bool done = false;
  };

  Step size_line(std::string_view input, std::size_t body_bytes);
  Step data(std::string_view input, std::string& body);
  Step data_end(std::string_view input) noexcept;
  Step trailer_line(char* bytes, std::size_t count) noexcept;

  Limits limits_;
  FieldParser trailers_;
  std::uint64_t chunk_left_ = 0;
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  Stage stage_ = Stage::size_line;
};

// The size that a chunk-size line without its line end tells, if the line is good.
std::optional<std::uint64_t> parse_chunk_size(std::string_view line) noexcept;

}  // namespace etude::http
