#include "tests/http/session_cases.h"

namespace etude::http {

namespace {

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
      {"LineLimit", line("GET /" + std::string(130, 'a') + " HTTP/1.1"), "414 close"},
      {"MethodLimit", line(std::string(130, 'A') + " / HTTP/1.1"), "501 close"},
      {"GarbageBeyondTheLimit", std::string(10, 'A') + "(" + std::string(200, 'A'), "400 close"},
      {"EmptyLinesFirst", "\r\n\r\n" + kGet + "\r\n" + kGet, "200 200"},
      {"EmptyLinesWithoutEnd", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "400 close"},
      {"Unfinished", "GET /x HT", ""},

      {"Version30", line("GET / HTTP/3.0"), "505 close"},
      {"VersionOverflow", line("GET / HTTP/4294967297.257"), "400 close"},
      {"VersionLeadingZero", line("GET / HTTP/01.1"), "400 close"},
      {"VersionWithoutMinor", line("GET / HTTP/1"), "400 close"},
      {"VersionCut", line("GET / HTTP/1."), "400 close"},
      {"VersionWithComma", line("GET / HTTP/1,1"), "400 close"},
      {"VersionOfLetters", line("GET / HTTP/1.a"), "400 close"},
      {"VersionWithSign", line("GET / HTTP/+1.1"), "400 close"},
      {"VersionWithSpace", line("GET / HTTP /1.1"), "400 close"},
      {"OtherProtocol", line("GET / HTTPS/1.1"), "400 close"},
      {"NoVersionAfterASpace", line("GET / "), "400 close"},
      {"SpaceFirst", line(" GET / HTTP/1.1"), "400 close"},
      {"VerticalTabForSpace", line("GET\v/ HTTP/1.1"), "400 close"},
      {"MethodWithHighByte", line("G\xc9T / HTTP/1.1"), "400 close"},
      {"MethodWithNul", line(std::string("G\0T / HTTP/1.1", 14)), "400 close"},
      {"LineFeedInside", line("GET /\nHTTP/1.1"), "400 close"},
      {"CrInside", line("GET /\rHTTP/1.1"), "400 close"},
      {"CrCrLf", line("GET / HTTP/1.1\r"), "400 close"},
      {"CrFirst", "\r" + kGet, "400 close"},
      {"LineFeedFirst", "\n" + kGet, "400 close"},
      {"Trace", line("TRACE /x HTTP/1.1") + kGet, "405 200"},
      {"Put", put("Content-Length: 5\r\n", "hello") + kGet, "405 200"},
      {"UnknownMethodWithBody", "BREW" + put("Content-Length: 5\r\n", "hello").substr(3) + kGet,
       "501 200"},
  };
}

std::vector<Case> target_cases() {
  const std::string nul(1, '\0');
  return {
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
      {"DeleteInTarget", line("GET /\x7f HTTP/1.1"), "400 close"},
      {"QuoteInTarget", line("GET /\" HTTP/1.1"), "400 close"},
      {"BackslashInTarget", line("GET /\\ HTTP/1.1"), "400 close"},
      {"BracesInTarget", line("GET /{x} HTTP/1.1"), "400 close"},
      {"QuestionMarks", line("GET /x??y=/ HTTP/1.1"), "200"},
      {"TwoSlashes", line("GET //b.example/ HTTP/1.1"), "200"},
      {"AbsoluteFormNeedsHostToo", "GET http://b.example/ HTTP/1.1\r\n\r\n", "400 close"},
      {"AbsoluteFormInCapitals", line("GET HTTP://B.EXAMPLE/ HTTP/1.1"), "200"},
      {"AbsoluteFormWithQueryOnly", line("GET http://b.example?x HTTP/1.1"), "200"},
      {"AbsoluteFormWithFragment", line("GET http://b.example#x HTTP/1.1"), "400 close"},
      {"AbsoluteFormWithBadPort", line("GET http://b.example:8x/ HTTP/1.1"), "400 close"},
      {"AbsoluteFormWithSpace", line("GET http://b.example/ x HTTP/1.1"), "400 close"},
      {"AbsoluteFormIpv6", line("GET http://[::1]:80/ HTTP/1.1"), "200"},
      {"NulInAddress", line("GET http://[::1" + nul + "]/ HTTP/1.1"), "400 close"},
      {"NulInAddressOfConnect", line("CONNECT [::1" + nul + "@c]:443 HTTP/1.1"), "400 close"},
      {"ConnectIpv6", line("CONNECT [::1]:443 HTTP/1.1") + kGet, "405 close"},
      {"ConnectIpv6WithoutPort", line("CONNECT [::1] HTTP/1.1"), "400 close"},
      {"ConnectWithEmptyPort", line("CONNECT b.example: HTTP/1.1"), "400 close"},
      {"ConnectWithLargePort", line("CONNECT b.example:65536 HTTP/1.1"), "400 close"},
      {"ConnectPath", line("CONNECT /x HTTP/1.1"), "400 close"},
      {"AuthorityOfGet", line("GET b.example:443 HTTP/1.1"), "400 close"},
      {"HeadStar", line("HEAD * HTTP/1.1"), "400 close"},
      {"StarWithQuery", line("OPTIONS *?x HTTP/1.1"), "400 close"},
      {"StarOfAnUnknownMethod", line("BREW * HTTP/1.1") + kGet, "501 200"},
  };
}

std::vector<Case> host_cases() {
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
      {"HostTwiceInOtherLetters", get("hOST: a.example\r\n"), "400 close"},
      {"HostThenEmptyHost", get("Host:\r\n"), "400 close"},
      {"HostIpv4", host("127.0.0.1:80"), "200"},
      {"HostIpv4In6", host("[::ffff:127.0.0.1]"), "200"},
      {"HostWithUnderscoreAndDot", host("a_b.example."), "200"},
      {"HostWithPercent", host("a%2db"), "200"},
      {"HostWithBrokenPercent", host("a%zz"), "400 close"},
      {"HostWithHighByte", host("\xc3\xa9"), "400 close"},
      {"HostWithQuery", host("a?b"), "400 close"},
      {"HostWithFragment", host("a#b"), "400 close"},
      {"HostWithScheme", host("http://a"), "400 close"},
      {"HostWithQuotes", host("\"a\""), "400 close"},
      {"HostListWithSpace", host("a.example, b.example"), "400 close"},
      {"HostPortOnly", host(":80"), "400 close"},
      {"HostTwoPorts", host("a:1:2"), "400 close"},
      {"HostWithSignedPort", host("a:+1"), "400 close"},
      {"HostWithSpaceBeforePort", host("a: 80"), "400 close"},
      {"HostIpv6WithoutBrackets", host("::1"), "400 close"},
      {"HostIpv6WithZone", host("[fe80::1%25en0]"), "400 close"},
      {"HostIpv6ThenName", host("[::1]a"), "400 close"},
      {"HostIpv6Empty", host("[]"), "400 close"},
      {"HostSpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 close"},
      {"HostFolded", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", "400 close"},
      {"HostBadIn10", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", "400 close"},
  };
}

std::vector<Case> field_cases() {
  return {
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

      {"TabBeforeColon", get("X\t: 1\r\n"), "400 close"},
      {"SpaceInName", get("X Y: 1\r\n"), "400 close"},
      {"SlashInName", get("X/Y: 1\r\n"), "400 close"},
      {"HighByteInName", get("X\xe9: 1\r\n"), "400 close"},
      {"EveryTcharInName", get("!#$%&'*+-.^_`|~09aZ: 1\r\n"), "200"},
      {"ColonsInValue", get("X: a:b::c\r\n"), "200"},
      {"TabFoldedLine", get("X: 1\r\n\t2\r\n"), "400 close"},
      {"LineOfSpaces", get("  \r\n"), "400 close"},
      {"EscapeInValue", get("X: \x1b[0m\r\n"), "400 close"},
      {"VerticalTabInValue", get("X: a\vb\r\n"), "400 close"},
      {"CrForLineEnd", post("X: a\rContent-Length: 43\r\n", "") + kGet, "400 close"},
      {"LfForLineEnd", post("X: a\nContent-Length: 43\r\n", "") + kGet, "400 close"},
      {"EmptyLineOfLf", "GET /x HTTP/1.1\r\n" + kHost + "\n" + kGet, "400 close"},
      {"EmptyLineOfCr", "GET /x HTTP/1.1\r\n" + kHost + "\r" + kGet, "400 close"},
      {"UnderscoreIsNoHyphen", post("Content_Length: 5\r\n", kGet), "200 200"},
  };
}

std::vector<Case> expectation_cases() {
  return {
      {"ExpectOther", get("Expect: tea\r\n") + kGet, "417 close"},
      {"ExpectOtherIn10", "GET / HTTP/1.0\r\nExpect: tea\r\n\r\n", "200 close"},
      {"ExpectContinue", post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "hi"), "100 200"},
      {"ExpectContinueWithoutBody", get("Expect: 100-continue\r\n"), "200"},
      {"ExpectTooLarge", post("Expect: 100-continue\r\nContent-Length: 301\r\n", ""), "413 close"},
      {"Upgrade", get("Connection: Upgrade\r\nUpgrade: h2c\r\n") + kGet, "200 200"},
      {"ExpectWhenTheBodyIsHere",
       post("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi") + kGet, "100 200 200"},
      {"ExpectTwice",
       post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 2\r\n", "hi"),
       "100 200"},
      {"ExpectChunked",
       post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"),
       "100 200"},
      {"ExpectIn10", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       "200 close"},
      {"ExpectMixed", post("Expect: 100-continue, tea\r\nContent-Length: 2\r\n", "hi"),
       "417 close"},
      {"ExpectWithParameter", post("Expect: 100-continue;x=y\r\nContent-Length: 2\r\n", "hi"),
       "417 close"},
      {"ExpectNothing", get("Expect:\r\n"), "200"},
      {"ExpectLengthZero", post("Expect: 100-continue\r\nContent-Length: 0\r\n", ""), "200"},
      {"ExpectOfAnUnknownMethod",
       "BREW" + put("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi").substr(3) + kGet,
       "100 501 200"},
      {"ExpectBadChunk",
       post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", "x\r\n") + kGet,
       "100 400 close"},
      {"UpgradeAlone", get("Upgrade: websocket\r\n") + kGet, "200 200"},
      {"UpgradeOfPost",
       post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n", "hi") + kGet,
       "200 200"},
      {"UpgradeChunked",
       post("Connection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") +
           kGet,
       "200 200"},
      {"UpgradeAndClose", get("Connection: Upgrade, close\r\nUpgrade: h2c\r\n") + kGet,
       "200 close"},
      {"UpgradeIn10", "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + kGet,
       "200 close"},
      {"UpgradeMalformed", get("Connection: Upgrade\r\nUpgrade: \x01\r\n"), "400 close"},
  };
}

}  // namespace

std::vector<Case> head_cases() {
  std::vector<Case> all;
  for (const auto& group :
       {request_line_cases(), target_cases(), host_cases(), field_cases(), expectation_cases()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace etude::http
