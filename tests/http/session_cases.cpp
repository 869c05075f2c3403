#include "tests/http/session_cases.h"

namespace etude::http {

namespace {

const std::string kChunked = "POST /x HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";

std::string host(const std::string& value) {
  return "GET /x HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}

std::vector<Case> request_line_cases() {
  return {
      {"Get", kGet, "200"},
      {"UnknownMethodKeepsFraming", line("get / HTTP/1.1") + kGet, "501 200"},
      {"MethodIsNoToken", line("GE(T / HTTP/1.1"), "400 close"},
      {"GarbageBeforeALineEnd", "\x16\x03\x01\x02", "400 close"},
      {"TwoSpaces", line("GET  / HTTP/1.1"), "400 close"},
      {"TabForSpace", line("GET\t/ HTTP/1.1"), "400 close"},
      {"SpaceAtTheEnd", line("GET / HTTP/1.1 "), "400 close"},
      {"SpaceInTarget", line("GET /a b HTTP/1.1"), "400 close"},
      {"NoTarget", line("GET HTTP/1.1"), "400 close"},
      {"NoVersion", "GET /\r\n", "400 close"},
      {"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", "400 close"},
      {"Version20", line("GET / HTTP/2.0"), "505 close"},
      {"Version09", line("GET / HTTP/0.9"), "505 close"},
      {"Version12IsReadAs11", line("GET / HTTP/1.2"), "200"},
      {"Version110", line("GET / HTTP/1.10"), "400 close"},
      {"VersionInSmallLetters", line("GET / http/1.1"), "400 close"},
      {"Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close"},
      {"NulInTarget", line(std::string("GET /a\0b HTTP/1.1", 17)), "400 close"},
      {"Utf8InTarget", line("GET /\xc3\xa9 HTTP/1.1"), "400 close"},
      {"FragmentInTarget", line("GET /a#b HTTP/1.1"), "400 close"},
      {"BrokenPercent", line("GET /%zz HTTP/1.1"), "400 close"},
      {"CutPercent", line("GET /%0 HTTP/1.1"), "400 close"},
      {"EncodedLineEnd", line("GET /a%0d%0aX:%20y HTTP/1.1"), "200"},
      {"AbsoluteForm", line("GET http://b.example:80/x?y HTTP/1.1"), "200"},
      {"AbsoluteFormWithoutPath", line("GET http://b.example HTTP/1.1"), "200"},
      {"AbsoluteFormWithoutHost", line("GET http:///x HTTP/1.1"), "400 close"},
      {"AbsoluteFormWithUser", line("GET http://u@b.example/ HTTP/1.1"), "400 close"},
      {"OtherScheme", line("GET ftp://b.example/ HTTP/1.1"), "400 close"},
      {"RelativePath", line("GET x HTTP/1.1"), "400 close"},
      {"OptionsStar", line("OPTIONS * HTTP/1.1") + kGet, "200 200"},
      {"GetStar", line("GET * HTTP/1.1"), "400 close"},
      {"Options", line("OPTIONS /x HTTP/1.1") + kGet, "200 200"},
      {"Connect", line("CONNECT b.example:443 HTTP/1.1") + kGet, "405 close"},
      {"ConnectWithoutPort", line("CONNECT b.example HTTP/1.1"), "400 close"},
      {"Delete", line("DELETE /x HTTP/1.1") + kGet, "405 200"},
      {"LineLimit", line("GET /" + std::string(130, 'a') + " HTTP/1.1"), "414 close"},
      {"MethodLimit", line(std::string(130, 'A') + " / HTTP/1.1"), "501 close"},
      {"GarbageBeyondTheLimit", std::string(10, 'A') + "(" + std::string(200, 'A'), "400 close"},
      {"EmptyLinesFirst", "\r\n\r\n" + kGet + "\r\n" + kGet, "200 200"},
      {"EmptyLinesWithoutEnd", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "400 close"},
      {"Unfinished", "GET /x HT", ""},
  };
}

std::vector<Case> field_cases() {
  return {
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", "400 close"},
      {"NoHostIn10", "GET / HTTP/1.0\r\n\r\n", "200 close"},
      {"TwoHosts", get(kHost), "400 close"},
      {"TwoHostsIn10", "GET / HTTP/1.0\r\n" + kHost + kHost + "\r\n", "400 close"},
      {"EmptyHost", host(""), "400 close"},
      {"HostWithUser", host("u@a"), "400 close"},
      {"HostWithPath", host("a/b"), "400 close"},
      {"HostWithSpace", host("a b"), "400 close"},
      {"HostList", host("a,b"), "400 close"},
      {"HostWithPort", host("a:8080"), "200"},
      {"HostWithEmptyPort", host("a:"), "200"},
      {"HostWithBadPort", host("a:8x"), "400 close"},
      {"HostWithLargePort", host("a:65536"), "400 close"},
      {"HostIpv6", host("[::1]:8080"), "200"},
      {"HostIpv6Open", host("[::1"), "400 close"},
      {"HostIpv6Bad", host("[::g]"), "400 close"},
      {"HostTabs", host("\ta \t"), "200"},
      {"SpaceBeforeColon", get("X : 1\r\n"), "400 close"},
      {"FoldedLine", get("X: 1\r\n 2\r\n"), "400 close"},
      {"FoldedFirstLine", "GET / HTTP/1.1\r\n X: 1\r\n" + kHost + "\r\n", "400 close"},
      {"NoColon", get("X 1\r\n"), "400 close"},
      {"EmptyName", get(": 1\r\n"), "400 close"},
      {"BracketInName", get("X[]: 1\r\n"), "400 close"},
      {"NulInName", get(std::string("X\0Y: 1\r\n", 8)), "400 close"},
      {"NulInValue", get(std::string("X: 1\0\r\n", 7)), "400 close"},
      {"BareCrInValue", get("X: a\rb\r\n"), "400 close"},
      {"BareLfInValue", get("X: a\nb: c\r\n"), "400 close"},
      {"CrCrLf", get("X: a\r\r\n"), "400 close"},
      {"BellInValue", get("X: \a\r\n"), "400 close"},
      {"DeleteInValue", get("X: \x7f\r\n"), "400 close"},
      {"HighByteInValue", get("X: \xe9\r\n"), "200"},
      {"EmptyValue", get("X:\r\nY: \t \r\n"), "200"},
      {"HeadLimit", get("X: " + std::string(400, 'a') + "\r\n"), "431 close"},
      {"NameLimit", get(std::string(400, 'a') + ": 1\r\n"), "431 close"},
      {"FieldLimit", get("A:1\r\nB:1\r\nC:1\r\nD:1\r\nE:1\r\nF:1\r\nG:1\r\nH:1\r\n"), "431 close"},
      {"BadFieldBeforeTheLimit", get("X 1\r\nY: " + std::string(400, 'a') + "\r\n"), "400 close"},
      {"ExpectOther", get("Expect: tea\r\n") + kGet, "417 close"},
      {"ExpectOtherIn10", "GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", "200 close"},
      {"ExpectContinue", post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "hi"), "100 200"},
      {"ExpectContinueWithoutBody", get("Expect: 100-continue\r\n"), "200"},
      {"ExpectTooLarge", post("Expect: 100-continue\r\nContent-Length: 301\r\n", ""), "413 close"},
      {"Upgrade", get("Connection: Upgrade\r\nUpgrade: h2c\r\n") + kGet, "200 200"},
  };
}

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
      {"LengthAndChunked",
       post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + smuggled,
       "400 close"},
      {"ChunkedAndLength",
       post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n") + smuggled,
       "400 close"},
  };
}

std::vector<Case> chunked_cases() {
  const auto coded = [](const std::string& coding) {
    return post("Transfer-Encoding: " + coding + "\r\n", "5\r\nhello\r\n0\r\n\r\n") + kGet;
  };
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
  };
}

}  // namespace

std::vector<Case> session_cases() {
  std::vector<Case> all;
  for (const auto& group : {request_line_cases(), field_cases(), persistence_cases(),
                            length_cases(), chunked_cases()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace etude::http
