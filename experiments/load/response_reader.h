// experiments/load/response_reader.h
//
// Finds where responses end in a stream of bytes, and what was wrong with them. It reads as much
// HTTP/1.1 as a load generator needs: status, Content-Length, chunked bodies, Connection: close.
// It refuses a response that only the end of the connection delimits.
//
// Threads:   one reader per thread; it remembers the last head, shared by its connections.
// Ownership: borrows the bytes for the call. Bytes it did not consume (a head or a chunk's line
//            that is not complete) must be handed in again, in front of the next ones.
// Limits:    a head, or a chunk's line, of at most kHeadBytesMax.
// Errors:    a malformed response is an outcome, with a text that says what it was, at the first
// byte
//            that no response can have there: nobody waits for more of what is no HTTP. A line
//            that ends with a bare LF is refused (RFC 9112 section 2.2 leaves that to the reader):
//            two parsers may come to disagree on where such a head ends.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etude::load {

// How far one connection is in its stream.
struct ReadState {
  enum class Part : std::uint8_t { head, body, chunk_line, chunk, chunk_end, trailer };

  Part part = Part::head;
  std::uint16_t status = 0;
  bool status_bad = false;      // 400 or above, as wrk counts them; or none of those expected
  bool body_bad = false;        // differs from the expected one so far
  bool close = false;           // the server said it closes after this response
  std::uint64_t left = 0;       // bytes of the body, or of the chunk, still to come
  std::uint64_t body_seen = 0;  // bytes of this body before them
};

struct ReadOutcome {
  std::size_t consumed = 0;  // bytes that need not come again
  std::uint32_t responses = 0;
  std::array<std::uint32_t, 6> by_class{};  // of them; [2]: 2xx
  std::uint32_t status_bad = 0;     // how many of them had a status of 400 or above, or unexpected
  std::uint16_t bad_status = 0;     // the first of those statuses
  std::uint32_t body_bad = 0;       // how many of them had another body than expected
  bool close = false;               // the server closes; nothing is read behind that response
  const char* malformed = nullptr;  // what could not be read; nullptr: all well
};

class ResponseReader {
 public:
  static constexpr std::size_t kHeadBytesMax = 16'384;

  // Without expected statuses, those of 400 and above are bad.
  explicit ResponseReader(std::optional<std::string> expected_body = std::nullopt,
                          std::vector<std::uint16_t> expected_statuses = {});

  ReadOutcome read(ReadState& state, std::string_view bytes);

 private:
  // What a head says about its response.
  struct Head {
    std::uint16_t status = 0;
    bool chunked = false;
    bool close = false;
    std::optional<std::uint64_t> body_bytes;
    const char* malformed = nullptr;
  };

  static Head parse_head(std::string_view head);
  static void parse_field(std::string_view line, Head& head);
  void begin(ReadState& state, const Head& head, ReadOutcome& outcome) const;
  bool is_bad(std::uint16_t status) const noexcept;
  void finish(ReadState& state, ReadOutcome& outcome) const;
  void see_body(ReadState& state, std::string_view piece) const;
  std::size_t take_head(ReadState& state, std::string_view rest, ReadOutcome& outcome);
  std::size_t take_part(ReadState& state, std::string_view rest, ReadOutcome& outcome);
  std::size_t take_line(ReadState& state, std::string_view rest, ReadOutcome& outcome);

  std::optional<std::string> expected_body_;
  std::vector<std::uint16_t> expected_statuses_;

  // Consecutive heads of one route are equal until Date moves on: comparing with the last one is
  // much cheaper than reading it again, and equal bytes mean the same.
  std::string last_head_;
  Head last_meaning_;
};

}  // namespace etude::load
