#include "experiments/load/response_reader.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"

namespace etude::load {
namespace {

struct Totals {
  std::uint32_t responses = 0;
  std::uint32_t status_bad = 0;
  std::uint32_t body_bad = 0;
  bool close = false;
  const char* malformed = nullptr;
};

// Feeds `stream` in pieces that end at `cuts`, keeping what was not consumed, as a connection does.
Totals read_in_pieces(ResponseReader& reader, std::string_view stream,
                      const std::vector<std::size_t>& cuts) {
  Totals totals;
  ReadState state;
  std::string carry;
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    carry += stream.substr(begin, end - begin);
    begin = end;
    const ReadOutcome outcome = reader.read(state, carry);
    carry.erase(0, outcome.consumed);
    totals.responses += outcome.responses;
    totals.status_bad += outcome.status_bad;
    totals.body_bad += outcome.body_bad;
    totals.close |= outcome.close;
    totals.malformed = outcome.malformed;
    if (outcome.malformed != nullptr || outcome.close) break;
  }
  return totals;
}

Totals read_whole(std::string_view stream) {
  ResponseReader reader;
  return read_in_pieces(reader, stream, {stream.size()});
}

const std::vector<std::string> kResponses = {
    "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    "HTTP/1.1 500 X\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n0\r\nTrailer: z\r\n\r\n",
};
// Of those: status 400 and above; bodies other than "hello".
constexpr std::uint32_t kBadStatus = 2;
constexpr std::uint32_t kBadBodies = 6;

// Goal: how TCP cuts the stream changes nothing. Method: a shuffled stream of every kind of
// response, read with random cuts, many times, against the counts known beforehand.
TEST(ResponseReader, CountsTheSameHoweverTheStreamIsCut) {
  Rng rng(11);
  for (int round = 0; round < 3'000; ++round) {
    std::string stream;
    std::vector<std::string> order = kResponses;
    for (std::size_t left = order.size(); left > 0; --left) {
      std::swap(order[left - 1], order[rng.below(static_cast<std::uint32_t>(left))]);
      stream += order[left - 1];
    }
    std::vector<std::size_t> cuts;
    const std::uint32_t piece_max = 1 + rng.below(round % 2 == 0 ? 4 : 300);
    for (std::size_t at = 0; at < stream.size();) {
      at = std::min<std::size_t>(stream.size(), at + 1 + rng.below(piece_max));
      cuts.push_back(at);
    }
    ResponseReader reader("hello");
    const Totals totals = read_in_pieces(reader, stream, cuts);
    ASSERT_EQ(totals.malformed, nullptr) << "round " << round << "\n" << stream;
    ASSERT_EQ(totals.responses, kResponses.size()) << "round " << round << "\n" << stream;
    ASSERT_EQ(totals.status_bad, kBadStatus) << "round " << round << "\n" << stream;
    ASSERT_EQ(totals.body_bad, kBadBodies) << "round " << round << "\n" << stream;
  }
}

TEST(ResponseReader, FollowsAHeadThatChangesAfterManyEqualOnes) {
  const std::string ten = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  std::string stream;
  for (int i = 0; i < 5; ++i) stream += ten + "a";
  stream += "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\naaaaaaaaaaaa";
  stream += ten + "a";
  EXPECT_EQ(read_whole(stream).responses, 7U);
}

TEST(ResponseReader, StopsBehindAnAnnouncedClose) {
  const std::string closing =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n";
  const Totals totals = read_whole(closing);
  EXPECT_TRUE(totals.close);
  EXPECT_EQ(totals.responses, 1U);
  EXPECT_TRUE(read_whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").close);
  EXPECT_FALSE(
      read_whole("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n").close);
}

// Goal: nobody waits for the end of what is no HTTP.
// Method: incomplete bytes, after which the server would be silent.
TEST(ResponseReader, RefusesWhatIsNoHttpAtItsFirstWrongByte) {
  const std::vector<std::string> malformed = {
      "HTTP/1.1 200 OK\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\n",
      "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
      "\x15\x03\x01\x00\x02\x02\x46",            // a TLS alert
      std::string("\0\0\x12\x04\0\0\0\0\0", 9),  // an HTTP/2 SETTINGS frame
      "SSH-2.0-OpenSSH_9.2",
      "220 mail.example.org ESMTP",
      "-ERR unknown command\r\n",
      "<html>",
      "http/1.1 200 OK",
      "HTTP/2",
      "HTTP/1.2",
      "HTTP/1.1x",
      "H\n",
      "\r\n",
      "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\n",
  };
  for (const std::string& stream : malformed) {
    EXPECT_NE(read_whole(stream).malformed, nullptr) << stream;
  }
  for (const char* stream : {"H", "HTTP/1.", "HTTP/1.1 ", "HTTP/1.0 2", "HTTP/1.1 200 OK\r",
                             "HTTP/1.1 200 OK\r\nA: b\r\n\r"}) {
    EXPECT_EQ(read_whole(stream).malformed, nullptr) << stream << " may go on well";
  }
}

TEST(ResponseReader, TellsStatusesByClassAndAgainstThoseExpected) {
  std::string stream;
  for (const char* status : {"200", "204", "301", "302", "304", "404", "503"}) {
    stream += std::string("HTTP/1.1 ") + status + " x\r\nContent-Length: 0\r\n\r\n";
  }
  ReadState state;
  const ReadOutcome any = ResponseReader().read(state, stream);
  EXPECT_EQ(any.by_class, (std::array<std::uint32_t, 6>{0, 0, 2, 3, 1, 1}));
  EXPECT_EQ(any.status_bad, 2U);
  EXPECT_EQ(any.bad_status, 404);

  const ReadOutcome expected = ResponseReader({}, {200, 404}).read(state, stream);
  EXPECT_EQ(expected.status_bad, 5U);
  EXPECT_EQ(expected.bad_status, 204);
}

TEST(ResponseReader, RefusesWhatItCannotDelimit) {
  const std::vector<std::string> malformed = {
      "SSH-2.0-OpenSSH\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nuntil I close",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      std::string(ResponseReader::kHeadBytesMax, 'x'),
  };
  for (const std::string& stream : malformed) {
    EXPECT_NE(read_whole(stream).malformed, nullptr) << stream.substr(0, 80);
  }
}

}  // namespace
}  // namespace etude::load
