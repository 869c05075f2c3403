// core/http/field_parser.h
//
// The field lines of a header or trailer section, one complete line at a time. llhttp (strict) is
// the grammar, and what its version 8.1 lets through is closed here: empty names, folded lines,
// control characters in values. The only owner of llhttp.
//
// llhttp is given whole lines, behind a fixed request line of our own: so what it answers depends
// on the bytes and never on how they were cut, an unknown method is no end of the connection, and
// its ideas on upgrades, bodies and versions do not matter.
//
// Threads:   one at a time.
// Ownership: holds no memory and no view; copied freely.
// Source:    RFC 9112 §5 (field syntax), RFC 9110 §5.5 (values).

#pragma once

#include <llhttp.h>

#include <cstdint>
#include <string_view>

namespace etude::http {

struct Field {
  std::string_view name;
  std::string_view value;  // without the whitespace around it
};

class FieldParser {
 public:
  enum class Outcome : std::uint8_t { field, end, malformed };

  FieldParser() noexcept;

  // Takes the next line, with its line end. `field` fills in `field`; `end` is the empty line
  // that ends the section, after which a new FieldParser is needed, as it is after `malformed`.
  // Whitespace behind the value is rewritten to spaces: llhttp refuses a tab there, where the
  // grammar allows one. Requires: line ends with LF.
  Outcome next(char* line, std::size_t bytes, Field& field) noexcept;

 private:
  llhttp_t llhttp_;
};

}  // namespace etude::http
