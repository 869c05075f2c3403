// Goal: the same responses are counted however their bytes come, whoever's head was read before.
// Method: one reader gets the stream at once, another in pieces, and a third in pieces after it has
// read the whole once; bytes that are not consumed come again, in memory of just their size.

#include "experiments/load/response_reader.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

using load::ReadOutcome;
using load::ReadState;
using load::ResponseReader;

struct Totals {
  std::size_t consumed = 0;
  std::uint64_t responses = 0;
  std::uint64_t status_bad = 0;
  std::uint64_t body_bad = 0;
  bool close = false;
  std::string malformed;
  ReadState::Part part = ReadState::Part::head;
  std::uint64_t left = 0;

  bool operator==(const Totals&) const = default;
};

Totals read(ResponseReader& reader, const std::vector<std::string_view>& pieces) {
  Totals totals;
  ReadState state;
  std::vector<char> unread;
  for (const std::string_view piece : pieces) {
    std::vector<char> bytes = joined(unread, piece);
    const ReadOutcome outcome = reader.read(state, {bytes.data(), bytes.size()});
    totals.consumed += outcome.consumed;
    totals.responses += outcome.responses;
    totals.status_bad += outcome.status_bad;
    totals.body_bad += outcome.body_bad;
    totals.close = outcome.close;
    if (outcome.malformed != nullptr) totals.malformed = outcome.malformed;
    if (outcome.close || outcome.malformed != nullptr) break;
    unread.assign(bytes.begin() + static_cast<std::ptrdiff_t>(outcome.consumed), bytes.end());
  }
  totals.part = state.part;
  totals.left = state.left;
  return totals;
}

}  // namespace

std::string broken_by(std::string_view input) {
  const Stream stream = stream_of(input);
  ResponseReader at_once{"hello"};
  const Totals whole = read(at_once, {stream.whole});
  if (whole.consumed > stream.whole.size()) return "no more is consumed than there is";
  if (whole.status_bad > whole.responses || whole.body_bad > whole.responses) {
    return "what is counted as bad is counted as a response";
  }
  ResponseReader in_pieces{"hello"};
  if (read(in_pieces, stream.pieces) != whole) return "the same is read however the bytes come";
  if (read(at_once, stream.pieces) != whole) return "heads of other connections change nothing";
  return {};
}

}  // namespace etude::fuzz
