// core/http/request_line.h
//
// The first line of a request: method, target in its four forms, version. Ours and not llhttp's,
// which knows a closed list of methods, takes HTTP/2.0 and cannot go on after a method that it
// does not know.
//
// Threads: any.
// Source:  RFC 9112 §3 (request line, target forms), RFC 9110 §2.5 (versions).

#pragma once

#include <optional>
#include <string_view>

#include "core/http/message.h"
#include "core/http/status.h"

namespace etude::http {

// True while `seen`, the first bytes of a line that is not complete, may become a request line:
// no character of the method is impossible. Lets garbage be answered before its line ends.
bool may_be_request_line(std::string_view seen) noexcept;

// The method that `seen` begins with, whatever follows. A refusal has to know it, too: the answer
// to HEAD has no body.
Method method_of(std::string_view seen) noexcept;

// Fills in version_minor, path, query and asks_whole_server. `line` has no line end; head.method is
// method_of(line). The answer is the status to refuse the request with; none when the line is good.
std::optional<Status> parse_request_line(std::string_view line, Head& head) noexcept;

}  // namespace etude::http
