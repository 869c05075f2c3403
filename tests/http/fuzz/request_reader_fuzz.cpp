// Goal: the same requests come out of the same bytes, however these are cut, with the memo and
// without, and the reader keeps no more than it promises.
// Method: a transcript of all that the reader tells, once of the whole stream with a memo, once
// without, once in pieces with the buffer taken away after each.

#include <algorithm>
#include <cstring>

#include "core/http/request_reader.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

using http::Head;
using http::RequestReader;
using Outcome = RequestReader::Outcome;

// Small, so that short inputs reach them; a body may be larger than the buffer.
constexpr http::Limits kLimits{.request_line_bytes = 120,
                               .head_bytes = 400,
                               .trailer_bytes = 100,
                               .fields = 8,
                               .body_bytes = 3'000};
constexpr std::size_t kBufferBytes = kLimits.head_bytes + kLimits.trailer_bytes + 2'048;

enum class Memo : std::uint8_t { used, unused };

class Transcript {
 public:
  explicit Transcript(Memo memo) : memo_use_(memo) {}

  // One arrival, in as many reads as the buffer asks for, and then the buffer goes.
  void take(std::string_view piece) {
    std::vector<char> buffer(kBufferBytes);  // of just this size, so that a look behind it is seen
    reader_.attach(buffer);
    while (!piece.empty() && !over_) {
      const std::span<char> room = reader_.room();
      if (room.empty()) return complain("there is room while the reader wants more");
      const std::size_t bytes = std::min(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), bytes);
      reader_.received(bytes);
      piece.remove_prefix(bytes);
      while (!over_ && note(reader_.next(memo_))) {
      }
    }
    reader_.detach();
  }

  const std::string& text() const { return text_; }
  const std::string& complaint() const { return complaint_; }

 private:
  void complain(const char* what) {
    complaint_ = what;
    over_ = true;
  }

  // True: there may be more in the buffer.
  bool note(Outcome outcome) {
    switch (outcome) {
      case Outcome::request:
      case Outcome::remembered:
        note_request();
        if (outcome == Outcome::request && memo_use_ == Memo::used) remember();
        return true;
      case Outcome::send_continue:
        text_ += "continue\n";
        if (!reader_.head().expects_continue) complain("nobody is asked who did not expect it");
        return true;
      case Outcome::refused:
        text_ += "refused " + std::to_string(static_cast<int>(reader_.refusal())) + "\n";
        over_ = true;
        return false;
      case Outcome::need_more:
        return false;
    }
    return false;
  }

  void note_request() {
    const Head& head = reader_.head();
    const std::string_view head_text = reader_.head_text();
    for (const std::uint64_t number :
         {std::uint64_t{static_cast<unsigned>(head.method)}, std::uint64_t{head.version_minor},
          std::uint64_t{static_cast<unsigned>(head.framing)}, head.content_length,
          std::uint64_t{head.keep_alive}, std::uint64_t{head.expects_continue},
          std::uint64_t{head.asks_whole_server}, std::uint64_t{head.path.at},
          std::uint64_t{head.path.bytes}, std::uint64_t{head.query.at},
          std::uint64_t{head.query.bytes}, std::uint64_t{head.fields_at}}) {
      text_ += std::to_string(number) + " ";
    }
    text_.append("\n").append(head_text).append(reader_.body()).append("\n");
    if (!head_text.ends_with("\r\n\r\n")) return complain("a head ends with an empty line");
    if (head_text.size() > kLimits.head_bytes) return complain("a head stays within its limit");
    if (reader_.body().size() > kLimits.body_bytes)
      return complain("a body stays within its limit");
    if (head.framing == http::Framing::fixed && reader_.body().size() != head.content_length) {
      return complain("a body is as long as its request says");
    }
    if (head.path.at + head.path.bytes > head_text.size() ||
        head.query.at + head.query.bytes > head_text.size()) {
      return complain("path and query lie in the head");
    }
  }

  void remember() {
    const std::string_view head_text = reader_.head_text();
    if (reader_.head().framing != http::Framing::none) return;
    if (head_text.size() > http::HeadMemo::kBytesMax) return;
    memo_.head = reader_.head();
    memo_.bytes = head_text.size();
    std::memcpy(memo_.text.data(), head_text.data(), head_text.size());
  }

  Memo memo_use_;
  http::HeadMemo memo_;
  RequestReader reader_{kLimits};
  std::string text_;
  std::string complaint_;
  bool over_ = false;
};

}  // namespace

std::string broken_by(std::string_view input) {
  const Stream stream = stream_of(input);
  Transcript whole{Memo::used};
  whole.take(stream.whole);
  if (!whole.complaint().empty()) return whole.complaint();
  Transcript plain{Memo::unused};
  plain.take(stream.whole);
  if (plain.text() != whole.text()) return "the memo changes nothing";
  Transcript cut{Memo::used};
  for (const std::string_view piece : stream.pieces) cut.take(piece);
  if (!cut.complaint().empty()) return cut.complaint();
  if (cut.text() != whole.text()) return "the same requests come out however the bytes are cut";
  return {};
}

}  // namespace etude::fuzz
