// Goal: a chunked body means the same however it is cut, and never grows beyond its limit.
// Method: one decoder gets the bytes at once, another in pieces; each call's bytes lie in memory of
// just their size, so that a look behind them is seen.

#include "core/http/chunked.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

using http::ChunkedDecoder;

constexpr ChunkedDecoder::Limits kLimits{.body_bytes = 300, .trailer_bytes = 100};

struct Decoded {
  ChunkedDecoder::Outcome outcome = ChunkedDecoder::Outcome::more;
  http::Status status = http::Status::ok;
  std::size_t consumed = 0;
  std::string body;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::vector<std::string_view>& pieces) {
  ChunkedDecoder decoder{kLimits};
  Decoded decoded;
  std::vector<char> unread;
  for (const std::string_view piece : pieces) {
    std::vector<char> bytes = joined(unread, piece);
    const auto progress = decoder.feed(bytes.data(), bytes.size(), decoded.body);
    decoded.outcome = progress.outcome;
    decoded.status = progress.status;
    decoded.consumed += progress.consumed;
    if (progress.outcome != ChunkedDecoder::Outcome::more) break;
    unread.assign(bytes.begin() + static_cast<std::ptrdiff_t>(progress.consumed), bytes.end());
  }
  return decoded;
}

// The whole body as a sender would write it that knows nothing of the first one's chunks.
std::string encode(const std::string& body) {
  std::string bytes;
  for (const char byte : body) bytes.append("1\r\n").append(1, byte).append("\r\n");
  return bytes + "0\r\n\r\n";
}

}  // namespace

std::string broken_by(std::string_view input) {
  const Stream stream = stream_of(input);
  const Decoded whole = decode({stream.whole});
  if (whole != decode(stream.pieces)) return "a chunked body means the same however it is cut";
  if (whole.body.size() > kLimits.body_bytes) return "a body stays within its limit";
  if (whole.consumed > stream.whole.size()) return "no more is consumed than there is";
  if (whole.outcome != ChunkedDecoder::Outcome::done) return {};
  const std::string again = encode(whole.body);
  const Decoded decoded = decode({again});
  if (decoded.outcome != whole.outcome || decoded.body != whole.body) {
    return "a body that was taken out of chunks can be put into others";
  }
  return {};
}

}  // namespace etude::fuzz
