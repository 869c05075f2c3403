#include "experiments/load/response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace etude::load {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The whole of `text` as a number, or nothing.
std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

constexpr const char* kForeign = "no HTTP response";

// Whether `bytes` can be the beginning of a status line of HTTP/1, or a longer piece than that.
bool may_be_head(std::string_view bytes) noexcept {
  constexpr std::string_view kOne = "HTTP/1.1 ";
  constexpr std::string_view kZero = "HTTP/1.0 ";
  const std::string_view start = bytes.substr(0, kOne.size());
  return start == kOne.substr(0, start.size()) || start == kZero.substr(0, start.size());
}

// Whether a LF without a CR stands in `text`.
bool has_bare_lf(std::string_view text) noexcept {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

constexpr const char* kNoSize = "a chunk without a size";

// What the first bytes of a line behind the head tell against it; nullptr: nothing yet.
const char* refusal_of_line(const ReadState& state, std::string_view rest) noexcept {
  if (state.part == ReadState::Part::chunk_line) {
    constexpr std::string_view kMayBegin = "0123456789abcdefABCDEF \t";
    return kMayBegin.find(rest[0]) == std::string_view::npos ? kNoSize : nullptr;
  }
  if (state.part == ReadState::Part::chunk_end) {
    const std::string_view start = rest.substr(0, kLineEnd.size());
    return kLineEnd.starts_with(start) ? nullptr : "a chunk longer than its size";
  }
  return nullptr;
}

// What makes `rest` no head of HTTP/1, as far as it is there; nullptr: nothing yet.
const char* refusal_of(std::string_view rest, std::size_t head_bytes) noexcept {
  if (!may_be_head(rest)) return kForeign;
  if (has_bare_lf(rest.substr(0, head_bytes))) return "a response whose lines end with a bare LF";
  return nullptr;
}

}  // namespace

ResponseReader::ResponseReader(std::optional<std::string> expected_body,
                               std::vector<std::uint16_t> expected_statuses)
    : expected_body_(std::move(expected_body)), expected_statuses_(std::move(expected_statuses)) {}

ReadOutcome ResponseReader::read(ReadState& state, std::string_view bytes) {
  ReadOutcome outcome;
  while (!outcome.close && outcome.malformed == nullptr) {
    const std::string_view rest = bytes.substr(outcome.consumed);
    if (rest.empty()) break;
    const std::size_t taken = state.part == ReadState::Part::head ? take_head(state, rest, outcome)
                                                                  : take_part(state, rest, outcome);
    if (taken == 0) break;  // not enough bytes yet
    outcome.consumed += taken;
  }
  return outcome;
}

std::size_t ResponseReader::take_head(ReadState& state, std::string_view rest,
                                      ReadOutcome& outcome) {
  if (last_head_.empty() || !rest.starts_with(last_head_)) {
    const std::size_t end = rest.substr(0, kHeadBytesMax).find(kHeadEnd);
    outcome.malformed = refusal_of(rest, std::min(end, kHeadBytesMax));
    if (outcome.malformed != nullptr) return 0;
    if (end == std::string_view::npos) {
      if (rest.size() >= kHeadBytesMax) outcome.malformed = "a head above 16 KiB";
      return 0;
    }
    const std::string_view head = rest.substr(0, end + kHeadEnd.size());
    const Head meaning = parse_head(head);
    if (meaning.malformed != nullptr) {
      outcome.malformed = meaning.malformed;
      return 0;
    }
    last_head_ = head;
    last_meaning_ = meaning;
  }
  const std::size_t head_bytes = last_head_.size();
  begin(state, last_meaning_, outcome);
  if (state.part != ReadState::Part::body || rest.size() - head_bytes < state.left) {
    return head_bytes;
  }
  // The common case, taken in one step: the body is here, too.
  const std::size_t body_bytes = state.left;
  see_body(state, rest.substr(head_bytes, body_bytes));
  finish(state, outcome);
  return head_bytes + body_bytes;
}

// Sets up `state` for what follows the head; finishes a response that has no body.
void ResponseReader::begin(ReadState& state, const Head& head, ReadOutcome& outcome) const {
  if (head.status < 200) return;  // informational: the response itself is still to come
  state.status = head.status;
  state.status_bad = is_bad(head.status);
  state.body_bad = false;
  state.close = head.close;
  state.body_seen = 0;
  state.left = head.body_bytes.value_or(0);
  if (head.chunked) {
    state.part = ReadState::Part::chunk_line;
  } else if (state.left > 0) {
    state.part = ReadState::Part::body;
  } else {
    finish(state, outcome);
  }
}

bool ResponseReader::is_bad(std::uint16_t status) const noexcept {
  if (expected_statuses_.empty()) return status >= 400;
  return std::find(expected_statuses_.begin(), expected_statuses_.end(), status) ==
         expected_statuses_.end();
}

void ResponseReader::finish(ReadState& state, ReadOutcome& outcome) const {
  if (expected_body_) state.body_bad |= state.body_seen != expected_body_->size();
  ++outcome.responses;
  ++outcome.by_class[state.status / 100U];
  outcome.status_bad += state.status_bad ? 1 : 0;
  if (state.status_bad && outcome.bad_status == 0) outcome.bad_status = state.status;
  outcome.body_bad += state.body_bad ? 1 : 0;
  outcome.close = state.close;
  state.part = ReadState::Part::head;
}

void ResponseReader::see_body(ReadState& state, std::string_view piece) const {
  if (expected_body_ && !state.body_bad) {
    state.body_bad = state.body_seen > expected_body_->size() ||
                     !std::string_view(*expected_body_).substr(state.body_seen).starts_with(piece);
  }
  state.body_seen += piece.size();
  state.left -= piece.size();
}

// Everything behind the head. Returns 0 when a line is not complete yet.
std::size_t ResponseReader::take_part(ReadState& state, std::string_view rest,
                                      ReadOutcome& outcome) {
  if (state.part != ReadState::Part::body && state.part != ReadState::Part::chunk) {
    return take_line(state, rest, outcome);
  }
  const std::string_view piece = rest.substr(0, state.left);
  see_body(state, piece);
  if (state.left == 0) {
    if (state.part == ReadState::Part::body) {
      finish(state, outcome);
    } else {
      state.part = ReadState::Part::chunk_end;
    }
  }
  return piece.size();
}

std::size_t ResponseReader::take_line(ReadState& state, std::string_view rest,
                                      ReadOutcome& outcome) {
  if (const char* const problem = refusal_of_line(state, rest)) {
    outcome.malformed = problem;
    return 0;
  }
  const std::size_t end = rest.substr(0, kHeadBytesMax).find(kLineEnd);
  if (has_bare_lf(rest.substr(0, std::min(end, kHeadBytesMax)))) {
    outcome.malformed = "a chunked body whose lines end with a bare LF";
    return 0;
  }
  if (end == std::string_view::npos) {
    if (rest.size() >= kHeadBytesMax) outcome.malformed = "a line above 16 KiB in a chunked body";
    return 0;
  }
  const std::string_view line = rest.substr(0, end);
  if (state.part == ReadState::Part::chunk_line) {
    const std::optional<std::uint64_t> size = number(trim(line.substr(0, line.find(';'))), 16);
    if (!size) {
      outcome.malformed = kNoSize;
      return 0;
    }
    state.left = *size;
    state.part = *size == 0 ? ReadState::Part::trailer : ReadState::Part::chunk;
  } else if (state.part == ReadState::Part::chunk_end) {
    state.part = ReadState::Part::chunk_line;
  } else if (line.empty()) {  // the blank line behind the trailer
    finish(state, outcome);
  }
  return end + kLineEnd.size();
}

ResponseReader::Head ResponseReader::parse_head(std::string_view head) {
  Head result;
  const bool http10 = head.starts_with("HTTP/1.0 ");
  const std::optional<std::uint64_t> status = number(head.substr(9, 3), 10);
  const bool ends = head.size() > 12 && (head[12] == ' ' || head[12] == '\r');
  if (!status || !ends || *status < 100 || *status > 599 || *status == 101) {
    result.malformed = "a status outside 100 .. 599, or an upgrade";
    return result;
  }
  result.status = static_cast<std::uint16_t>(*status);
  result.close = http10;

  head.remove_suffix(kLineEnd.size());  // now each line ends with one line end
  std::size_t begin = head.find(kLineEnd) + kLineEnd.size();
  while (begin < head.size() && result.malformed == nullptr) {
    const std::size_t end = head.find(kLineEnd, begin);
    parse_field(head.substr(begin, end - begin), result);
    begin = end + kLineEnd.size();
  }
  const bool bodiless = result.status < 200 || result.status == 204 || result.status == 304;
  if (bodiless) {
    result.body_bytes = 0;
    result.chunked = false;
  } else if (!result.chunked && !result.body_bytes && result.malformed == nullptr) {
    result.malformed = "a response without Content-Length that is not chunked either";
  }
  return result;
}

void ResponseReader::parse_field(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    head.malformed = "a header line without a colon";
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (equals_ignoring_case(name, "content-length")) {
    const std::optional<std::uint64_t> length = number(value, 10);
    if (!length || (head.body_bytes && head.body_bytes != length)) {
      head.malformed = "a Content-Length that is no number, or two that differ";
    }
    head.body_bytes = length;
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    head.chunked = equals_ignoring_case(value, "chunked");
    if (!head.chunked) head.malformed = "a Transfer-Encoding other than chunked";
  } else if (equals_ignoring_case(name, "connection")) {
    if (equals_ignoring_case(value, "close")) head.close = true;
    if (equals_ignoring_case(value, "keep-alive")) head.close = false;
  }
}

}  // namespace etude::load
