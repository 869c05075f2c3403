#include "tests/http/session_cases.h"

namespace etude::http {

namespace {

const std::string kChunked = "POST /x HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";

std::vector<Case> persistence_cases() {
  return {
      {"Close", get("Connection: close\r\n") + kGet, "200 close"},
      {"CloseInAList", get("Connection: x,\tCLOSE\t\r\n") + kGet, "200 close"},
      {"CloseInASecondLine", get("Connection: x\r\nConnection: close\r\n") + kGet, "200 close"},
      {"KeepAliveAndClose", get("Connection: keep-alive, close\r\n") + kGet, "200 close"},
      {"Old", "GET / HTTP/1.0\r\n\r\n" + kGet, "200 close"},
      {"OldKeepAlive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + kGet, "200 200"},
      {"OldChunked",
       "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 close"},
      {"ErrorAfterAnswers", kGet + kGet + "(\r\n" + kGet, "200 200 400 close"},

      {"CloseInTheMiddle", kGet + get("Connection: close\r\n") + kGet, "200 200 close"},
      {"CloseThenKeepAlive", get("Connection: close\r\nConnection: keep-alive\r\n") + kGet,
       "200 close"},
      {"CloseBetweenCommas", get("Connection: ,\t,close ,\r\n") + kGet, "200 close"},
      {"CloseOfAPost", post("Connection: close\r\nContent-Length: 5\r\n", "hello") + kGet,
       "200 close"},
      {"CloseOfAnUnknownMethod", "BREW" + get("Connection: close\r\n").substr(3) + kGet,
       "501 close"},
      {"NoOptionButCloseCloses", get("Connection: closed, x\r\n") + kGet, "200 200"},
      {"OldKeepAliveTabs", "GET / HTTP/1.0\r\nConnection:\tx\t,\tKeep-Alive\t\r\n\r\n" + kGet,
       "200 200"},
      {"OldKeepAliveAndClose", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n" + kGet,
       "200 close"},
      {"OldLength",
       "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello" + kGet,
       "200 200"},
      {"OldWithoutLength", "POST / HTTP/1.0\r\n\r\nhello", "200 close"},
      {"OldUnknownCoding",
       "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: x\r\n\r\n" + kGet,
       "400 close"},
      {"NothingAfterABadField", get("X 1\r\n") + kGet, "400 close"},
      {"NothingAfterARefusedBody", post("Content-Length: 301\r\n", std::string(301, 'b')) + kGet,
       "413 close"},
      {"NothingAfterABadChunk", kChunked + "x\r\n" + kGet, "400 close"},
      {"ErrorAfterABody", post("Content-Length: 5\r\n", "hello") + "x\r\n", "200 400 close"},
  };
}

std::vector<Case> length_cases() {
  const std::string smuggled = kGet;
  return {
      {"NoLength", post("", "") + kGet, "200 200"},
      {"Length", post("Content-Length: 5\r\n", "hello") + kGet, "200 200"},
      {"LengthTabs", post("Content-Length:\t5\t \t\r\n", "hello") + kGet, "200 200"},
      {"LengthZero", post("Content-Length: 0\r\n", "") + kGet, "200 200"},
      {"LengthLeadingZeros", post("Content-Length: 0005\r\n", "hello") + kGet, "200 200"},
      {"LengthPlus", post("Content-Length: +5\r\n", "hello"), "400 close"},
      {"LengthMinus", post("Content-Length: -0\r\n", ""), "400 close"},
      {"LengthHex", post("Content-Length: 0x5\r\n", "hello"), "400 close"},
      {"LengthSpace", post("Content-Length: 1 0\r\n", "hello"), "400 close"},
      {"LengthTabInside", post("Content-Length: 1\t0\r\n", "hello"), "400 close"},
      {"LengthEmpty", post("Content-Length:\r\n", "") + smuggled, "400 close"},
      {"LengthWrap", post("Content-Length: 18446744073709551621\r\n", "hello"), "400 close"},
      {"LengthList", post("Content-Length: 5, 5\r\n", "hello"), "400 close"},
      {"LengthTwice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "400 close"},
      {"LengthEmptyThenReal", post("Content-Length:\r\nContent-Length: 5\r\n", "hello"),
       "400 close"},
      {"LengthTooLarge", post("Content-Length: 301\r\n", ""), "413 close"},
      {"LengthAtTheLimit", post("Content-Length: 300\r\n", std::string(300, 'b')) + kGet,
       "200 200"},
      {"BodyOfGet",
       get("Content-Length: " + std::to_string(kGet.size()) + "\r\n") + smuggled + kGet, "200 200"},
      {"BodyUnfinished", post("Content-Length: 5\r\n", "hell"), ""},
      {"LengthOfPut", put("Content-Length: 5\r\n", "hello") + kGet, "405 200"},
      {"LengthOfOptions",
       "OPTIONS" +
           put("Content-Length: " + std::to_string(smuggled.size()) + "\r\n", "").substr(3) +
           smuggled + kGet,
       "200 200"},
      {"LengthManyDigits", post("Content-Length: " + std::string(26, '9') + "\r\n", ""),
       "400 close"},
      {"LengthLargest", post("Content-Length: 18446744073709551615\r\n", ""), "413 close"},
      {"LengthOfLetters", post("Content-Length: abc\r\n", "hello"), "400 close"},
      {"LengthWithPoint", post("Content-Length: 5.0\r\n", "hello"), "400 close"},
      {"LengthWithUnderscore", post("Content-Length: 0_5\r\n", "hello"), "400 close"},
      {"LengthWithExponent", post("Content-Length: 5e0\r\n", "hello"), "400 close"},
      {"LengthWithHighSpace",
       post("Content-Length: \xa0"
            "5\r\n",
            "hello"),
       "400 close"},
      {"LengthInQuotes", post("Content-Length: \"5\"\r\n", "hello"), "400 close"},
      {"LengthWithNul", post("Content-Length: 5" + std::string(1, '\0') + "\r\n", "hello"),
       "400 close"},
      {"LengthFolded", post("Content-Length:\r\n 5\r\n", "hello"), "400 close"},
      {"LengthSpaceBeforeColon", post("Content-Length : 5\r\n", "hello"), "400 close"},
      {"LengthThenComma", post("Content-Length: 5,\r\n", "hello"), "400 close"},
      {"LengthAfterComma", post("Content-Length: ,5\r\n", "hello"), "400 close"},
      {"LengthsThatDiffer", post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello"),
       "400 close"},
      {"LengthTwiceInOtherLetters", post("Content-Length: 0\r\ncontent-length: 0\r\n", ""),
       "400 close"},
      {"LengthIn10Twice", "POST / HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
       "400 close"},
  };
}

std::vector<Case> coding_cases() {
  const auto coded = [](const std::string& coding) {
    return post("Transfer-Encoding: " + coding + "\r\n", "5\r\nhello\r\n0\r\n\r\n") + kGet;
  };
  const std::string smuggled = kGet;
  return {
      {"Chunked", coded("chunked"), "200 200"},
      {"ChunkedInCapitals", coded("CHUNKED"), "200 200"},
      {"ChunkedTabs", coded("\tchunked\t"), "200 200"},
      {"ChunkedAfterEmpty", coded(",\tchunked"), "200 200"},
      {"ChunkedAfterEmptyLine", coded("\r\nTransfer-Encoding: chunked"), "200 200"},
      {"CodingEmpty", coded(""), "400 close"},
      {"CodingUnknown", coded("pigeons"), "501 close"},
      {"CodingIdentity", coded("identity"), "501 close"},
      {"CodingBefore", coded("gzip, chunked"), "501 close"},
      {"CodingAfter", coded("chunked, gzip"), "400 close"},
      {"ChunkedTwice", coded("chunked\r\nTransfer-Encoding: chunked"), "400 close"},
      {"ChunkedWithParameter", coded("chunked;q=1"), "501 close"},
      {"CodingHighByte",
       coded("\xff"
             "chunked"),
       "501 close"},
      {"LengthAndChunked",
       post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + smuggled,
       "400 close"},
      {"ChunkedAndLength",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n") + smuggled,
       "400 close"},

      {"CodingBeforeInALine", coded("gzip\r\nTransfer-Encoding: chunked"), "501 close"},
      {"CodingAfterInALine", coded("chunked\r\nTransfer-Encoding: identity"), "400 close"},
      {"ChunkedTwiceInAList", coded("chunked, chunked"), "400 close"},
      {"ChunkedThenComma", coded("chunked,"), "400 close"},  // legal; llhttp's caution
      {"ChunkedThenEmptyLine", coded("chunked\r\nTransfer-Encoding:"), "200 200"},
      {"CodingCommas", coded(", ,"), "400 close"},
      {"CodingInQuotes", coded("\"chunked\""), "501 close"},
      {"CodingWithSpace", coded("chun ked"), "501 close"},
      {"CodingBeforeSpace", coded("x chunked"), "501 close"},
      {"CodingXchunked", coded("xchunked"), "501 close"},
      {"CodingVerticalTab", coded("\vchunked"), "400 close"},
      {"CodingNul", coded("chunked" + std::string(1, '\0')), "400 close"},
      {"CodingFolded", coded("\r\n chunked"), "400 close"},
      {"CodingSpaceBeforeColon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400 close"},
      {"CodingNameOfTwoLines",
       post("Transfer-\r\nEncoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n") + kGet,
       "400 close"},
      {"CodingWithUnderscore", post("Transfer_Encoding: chunked\r\n", kGet), "200 200"},
      {"CodingOfGet", get("Transfer-Encoding: chunked\r\n") + "2\r\nhi\r\n0\r\n\r\n" + kGet,
       "200 200"},
      {"LengthZeroAndChunked",
       post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + smuggled,
       "400 close"},
      {"LengthAndEmptyCoding", post("Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello"),
       "400 close"},
      {"LengthAndUnknownCoding",
       post("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", "hello"), "400 close"},
  };
}

std::vector<Case> chunked_cases() {
  return {
      {"TwoChunks", kChunked + "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n" + kGet, "200 200"},
      {"Extensions", kChunked + "1;a;b=c ; d = \"q\\\";\"\r\nx\r\n000;z\r\n\r\n" + kGet, "200 200"},
      {"ExtensionQuoteOpen", kChunked + "1;a=\"b\r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionWithoutName", kChunked + "1;=b\r\nx\r\n0\r\n\r\n", "400 close"},
      {"Trailers", kChunked + "0\r\nX-T: 1\r\nX-U: 2\r\n\r\n" + kGet, "200 200"},
      {"TrailerMalformed", kChunked + "0\r\nGET /x HTTP/1.1\r\n" + kHost + "\r\n", "400 close"},
      {"TrailerFolded", kChunked + "0\r\nX: 1\r\n 2\r\n\r\n", "400 close"},
      {"TrailerLimit", kChunked + "0\r\nX: " + std::string(120, 'a') + "\r\n\r\n", "431 close"},
      {"SizePlus", kChunked + "+1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeHexPrefix", kChunked + "0x1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeEmpty", kChunked + "\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeSpaceFirst", kChunked + " 1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeSpaceLast", kChunked + "1 \r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeLineFeed", kChunked + "1\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeCr", kChunked + "1\rx\r\n0\r\n\r\n", "400 close"},
      {"SizeWrap", kChunked + "10000000000000001\r\nx\r\n0\r\n\r\n", "400 close"},
      {"DataTooLong", kChunked + "1\r\nxx\r\n0\r\n\r\n", "400 close"},
      {"DataLineFeed", kChunked + "1\r\nx\n0\r\n\r\n", "400 close"},
      {"DataTooLarge", kChunked + "100\r\n" + std::string(256, 'x') + "\r\n2d\r\n", "413 close"},
      {"SizeLineLimit", kChunked + std::string(1'030, '0') + "1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"Unfinished", kChunked + "1\r\nx\r\n0\r\n", ""},

      {"ExtensionQuotesALineEnd", kChunked + "1;a=\"\r\nx\r\n0\r\n\r\n\"\r\n", "400 close"},
      {"ExtensionQuotesASemicolon", kChunked + "1;a=\";b=\\\\\"\r\nx\r\n0\r\n\r\n" + kGet,
       "200 200"},
      {"ExtensionQuoteThenMore", kChunked + "1;a=\"b\"c\r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionTabs", kChunked + "1\t;\ta\t=\tb\r\nx\r\n0\r\n\r\n" + kGet, "200 200"},
      {"ExtensionEmpty", kChunked + "1;\r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionWithoutValue", kChunked + "1;a=\r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionThenSpace", kChunked + "1;a \r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionWithControl", kChunked + "1;a=\"\x01\"\r\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionWithLineFeed", kChunked + "1;a\nx\r\n0\r\n\r\n", "400 close"},
      {"ExtensionWithCr", kChunked + "1;a\rb\r\nx\r\n0\r\n\r\n", "400 close"},
      {"TrailerOfFraming",
       kChunked + "0\r\nHost: b, c\r\nContent-Length: 43\r\nConnection: close\r\n\r\n" + kGet,
       "200 200"},
      {"TrailerSpaceBeforeColon", kChunked + "0\r\nX : 1\r\n\r\n", "400 close"},
      {"TrailerNul", kChunked + "0\r\nX: " + std::string(1, '\0') + "\r\n\r\n", "400 close"},
      {"TrailerLineFeed", kChunked + "0\r\nX: 1\n\r\n", "400 close"},
      {"EndOfLineFeed", kChunked + "0\r\n\n" + kGet, "400 close"},
      {"EndOfCr", kChunked + "0\r\n\r" + kGet, "400 close"},
      {"SizeMinus", kChunked + "-1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeZeros", kChunked + std::string(30, '0') + "1\r\nx\r\n00\r\n\r\n" + kGet, "200 200"},
      {"SizeInCapitals", kChunked + "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n" + kGet,
       "200 200"},
      {"SizeThenLetters", kChunked + "1zz\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeUnderscore", kChunked + "0_1\r\nx\r\n0\r\n\r\n", "400 close"},
      {"SizeCrCr", kChunked + "5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n" + kGet, "400 close"},
      {"SizeLargest", kChunked + "ffffffffffffffff\r\nx", "413 close"},
      {"SizeWrap32", kChunked + "100000001\r\nx\r\n0\r\n\r\n", "413 close"},
      {"DataTooShort", kChunked + "3\r\nx\r\n0\r\n\r\n", "400 close"},
      {"DataCr", kChunked + "1\r\nx\r0\r\n\r\n", "400 close"},
      {"DataWithoutEnd", kChunked + "1\r\nx0\r\n\r\n", "400 close"},
  };
}

}  // namespace

std::vector<Case> body_cases() {
  std::vector<Case> all;
  for (const auto& group : {persistence_cases(), length_cases(), coding_cases(), chunked_cases()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace etude::http
