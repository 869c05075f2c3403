// Goal: whatever bytes come from outside, what is printed of them is UTF-8 on one line.

#include "core/text.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace etude {
namespace {

TEST(Printable, KeepsTextAndWritesTheRestAsBytes) {
  EXPECT_EQ(printable("/a?b=c \"d\", e"), "/a?b=c \"d\", e");
  EXPECT_EQ(printable("/é/日本/😀"), "/é/日本/😀");
  EXPECT_EQ(printable("/\xff"), "/\\xff");
  EXPECT_EQ(printable("a\nb\r\x1b[2J\x7f"), "a\\x0ab\\x0d\\x1b[2J\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a control character of two bytes";
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, KnowsWhatIsNoUtf8) {
  const std::vector<std::string> malformed = {
      "\x80",              // a continuation alone
      "\xc0\xaf",          // overlong /
      "\xc1\xbf",          // overlong
      "\xe0\x9f\xbf",      // overlong
      "\xed\xa0\x80",      // a surrogate
      "\xf0\x8f\xbf\xbf",  // overlong
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",  // no first byte
      "\xe6\x97",          // cut off
      "\xe6/",             // cut off by a letter
  };
  for (const std::string& text : malformed) EXPECT_EQ(utf8_length(text), 0U) << printable(text);
  EXPECT_EQ(utf8_length("\xf4\x8f\xbf\xbf"), 4U) << "U+10FFFF itself";
  EXPECT_EQ(utf8_length("\xed\x9f\xbf"), 3U) << "the last before the surrogates";
}

// Method: random bytes, what comes out is read again by the same rules.
TEST(Printable, OfAnyBytesIsUtf8OnOneLine) {
  Rng rng(3);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes;
    for (std::uint32_t i = rng.below(40); i > 0; --i) {
      bytes += static_cast<char>(rng.below(3) == 0 ? 0xc0 + rng.below(64) : rng.below(256));
    }
    const std::string text = printable(bytes);
    EXPECT_EQ(text.find_first_of("\n\r\t\x1b"), std::string::npos);
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t length = utf8_length(rest);
      ASSERT_GT(length, 0U) << text;
      rest.remove_prefix(length);
    }
    EXPECT_EQ(printable(text), text) << "what is printable stays as it is";
  }
}

TEST(QuotedStart, IsShortAndAscii) {
  EXPECT_EQ(quoted_start("SSH-2.0\r\n"), "\"SSH-2.0\\x0d\\x0a\"");
  EXPECT_EQ(quoted_start("\x15\x03\x01", 2), "\"\\x15\\x03\" ..");
  EXPECT_EQ(quoted_start("é"), "\"\\xc3\\xa9\"");
}

}  // namespace
}  // namespace etude
