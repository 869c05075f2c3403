// Goal: a field line is judged by its own bytes, and as the grammar judges it.
// Method: a section's lines are read where they lie together, and each in memory of just its size;
// beside llhttp stands the grammar, written down once more in a few lines.

#include "core/http/field_parser.h"
#include "core/http/syntax.h"
#include "tests/support/fuzzed.h"

namespace etude::fuzz {
namespace {

using http::Field;
using http::FieldParser;

struct Line {
  FieldParser::Outcome outcome;
  std::string name;
  std::string value;

  bool operator==(const Line&) const = default;
};

// The complete lines of a section, up to its end or the first that is malformed. `place(line)`
// says where the bytes of a line lie while it is read.
template <typename Place>
std::vector<Line> read_section(std::string_view section, Place&& place) {
  FieldParser parser;
  std::vector<Line> lines;
  for (std::size_t end = section.find('\n'); end != std::string_view::npos;
       end = section.find('\n')) {
    const std::string_view line = section.substr(0, end + 1);
    section.remove_prefix(line.size());
    Field field;
    const auto outcome = parser.next(place(line), line.size(), field);
    lines.push_back({outcome, std::string{field.name}, std::string{field.value}});
    if (outcome != FieldParser::Outcome::field) break;
  }
  return lines;
}

// field-name ":" OWS field-value OWS CRLF; here the value is all that the colon leaves.
bool is_field_line(std::string_view line) {
  if (!line.ends_with("\r\n")) return false;
  line.remove_suffix(2);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return all_are(line.substr(0, colon), http::kTchar) &&
         all_are(line.substr(colon + 1), http::kFieldValue);
}

std::string_view value_of(std::string_view line) {
  line.remove_suffix(2);
  return line.substr(line.find(':') + 1);
}

// llhttp has views of its own on these two. They are stricter, and are refusals all the same.
bool is_about_length(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  return http::equals_ignoring_case(name, "content-length") ||
         http::equals_ignoring_case(name, "transfer-encoding");
}

std::string judge(std::string_view section, const std::vector<Line>& lines) {
  bool about_length = false;
  for (const Line& read : lines) {
    const std::string_view line = section.substr(0, section.find('\n') + 1);
    section.remove_prefix(line.size());
    about_length |= is_about_length(line);
    switch (read.outcome) {
      case FieldParser::Outcome::field:
        if (!is_field_line(line)) return "what is no field line is no field";
        if (!line.starts_with(read.name + ":")) return "a name is what stands before the colon";
        if (read.value != http::trim(value_of(line))) {
          return "a value is what stands behind the colon, without the whitespace around it";
        }
        break;
      case FieldParser::Outcome::end:
        if (line != "\r\n") return "an empty line alone ends a section";
        break;
      case FieldParser::Outcome::malformed:
        if (!about_length && (line == "\r\n" || is_field_line(line))) {
          return "what the grammar allows is read";
        }
        break;
    }
  }
  return {};
}

}  // namespace

std::string broken_by(std::string_view input) {
  std::vector<char> together{input.begin(), input.end()};
  std::size_t at = 0;
  const auto whole = read_section(input, [&together, &at](std::string_view line) {
    at += line.size();
    return together.data() + at - line.size();
  });
  std::vector<char> alone;
  const auto cut = read_section(input, [&alone](std::string_view line) {
    alone = std::vector<char>{line.begin(), line.end()};  // anew: of just this size
    return alone.data();
  });
  if (whole != cut) return "a line's meaning does not depend on what lies around it";
  return judge(input, whole);
}

}  // namespace etude::fuzz
