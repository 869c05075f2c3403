// core/text.h
//
// Text from outside (arguments, file names, what a server sent, a process's last words), made safe
// for whoever reads it next: a JSON or CSV reader that accepts UTF-8 only, a terminal that obeys
// control characters, a reader of one-line messages. It refuses nothing and loses nothing: what
// cannot be written as it is, is written as its bytes.
//
// Threads: any.
// Source:  RFC 3629 (UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF).

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace etude {

// How many bytes of `text`, from its front, are one well-formed character of UTF-8; 0: none.
std::size_t utf8_length(std::string_view text) noexcept;

// `text` with every byte that belongs to no well-formed character of UTF-8, and every control
// character (below U+0020, U+007F .. U+009F), written as \xNN. The result is UTF-8 on one line.
std::string printable(std::string_view text);

// The first bytes of what should have been text, for a message: in quotes, at most `bytes_max` of
// them, everything but printable ASCII as \xNN.
std::string quoted_start(std::string_view bytes, std::size_t bytes_max = 32);

}  // namespace etude
