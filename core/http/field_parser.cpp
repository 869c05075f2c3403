#include "core/http/field_parser.h"

#include "core/failure.h"
#include "core/http/syntax.h"

namespace etude::http {

namespace {

// llhttp stops here, before it thinks about a body: framing is read by core/http/framing.h.
int pause_after_section(llhttp_t*) { return HPE_PAUSED; }

// What every section starts from: an llhttp that has just read a request line.
llhttp_t make_ready_parser() noexcept {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t callbacks;
    llhttp_settings_init(&callbacks);
    callbacks.on_headers_complete = pause_after_section;
    return callbacks;
  }();
  constexpr std::string_view kRequestLine = "GET / HTTP/1.1\r\n";
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  const llhttp_errno_t error = llhttp_execute(&parser, kRequestLine.data(), kRequestLine.size());
  require(error == HPE_OK, "llhttp reads a plain request line");
  return parser;
}

}  // namespace

FieldParser::FieldParser() noexcept {
  static const llhttp_t ready = make_ready_parser();
  llhttp_ = ready;
}

FieldParser::Outcome FieldParser::next(char* line, std::size_t bytes, Field& field) noexcept {
  std::string_view text{line, bytes};
  if (!text.ends_with("\r\n")) return Outcome::malformed;
  text.remove_suffix(2);
  // A line that starts with whitespace continues the one before it (obs-fold), or stands where
  // there is none: either is a way to hide a field.
  if (text.starts_with(' ') || text.starts_with('\t')) return Outcome::malformed;
  const std::size_t colon = text.find(':');
  if (!text.empty() && (colon == std::string_view::npos || colon == 0)) return Outcome::malformed;
  if (!text.empty() && !is_field_value(text.substr(colon + 1))) return Outcome::malformed;

  for (std::size_t i = text.size(); i > colon + 1 && !text.empty(); --i) {
    if (line[i - 1] == '\t') line[i - 1] = ' ';
    if (line[i - 1] != ' ') break;
  }
  const llhttp_errno_t error = llhttp_execute(&llhttp_, line, bytes);
  if (text.empty()) return error == HPE_PAUSED ? Outcome::end : Outcome::malformed;
  if (error != HPE_OK) return Outcome::malformed;
  field = {.name = text.substr(0, colon), .value = trim(text.substr(colon + 1))};
  return Outcome::field;
}

}  // namespace etude::http
