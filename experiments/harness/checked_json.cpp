#include "experiments/harness/checked_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "core/failure.h"
#include "experiments/harness/text_file.h"

namespace etude::harness {
namespace {

// Edits (insert, delete, replace) that turn one word into the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

// Values stand in complaints as they stand in the file, shortened.
std::string shown(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// Where a parse error is, as an editor counts: byte 1 is line 1, column 1.
std::string line_and_column(const std::string& text, std::size_t byte) {
  const std::size_t end = std::min(byte == 0 ? 0 : byte - 1, text.size());
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
  const std::size_t line_start = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const std::size_t column = line_start == std::string::npos ? end + 1 : end - line_start;
  return fmt::format("line {}, column {}", line + 1, column);
}

}  // namespace

Field::Field(const Json& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

void Field::refuse(std::string_view problem, std::string_view remedy) const {
  throw Error(path_.empty() ? file_ : fmt::format("{}: {}", file_, path_), problem, remedy);
}

bool Field::has(std::string_view key) const { return value_->is_object() && value_->contains(key); }

Field Field::child(std::string_view key) const {
  const auto found = value_->find(key);
  require(found != value_->end(), "child() is asked for a key that exists");
  return Field(*found, file_, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key));
}

Field Field::at(std::string_view key) const {
  if (!has(key)) refuse(fmt::format("\"{}\" is missing", key), fmt::format("add \"{}\"", key));
  return child(key);
}

void Field::require_object(const std::vector<std::string_view>& known_keys) const {
  if (!value_->is_object()) {
    refuse(fmt::format("{} is no object", shown(*value_)),
           fmt::format("write {{...}} with keys of: {}", listed(known_keys)));
  }
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known_keys.begin(), known_keys.end(), key) != known_keys.end()) continue;
    child(key).refuse(fmt::format("unknown key{}", nearest_hint(key, known_keys)),
                      fmt::format("use one of: {}", listed(known_keys)));
  }
}

std::vector<Field> Field::elements() const {
  if (!value_->is_array()) return {*this};
  std::vector<Field> fields;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    fields.emplace_back((*value_)[i], file_, fmt::format("{}[{}]", path_, i));
  }
  return fields;
}

std::string Field::text() const {
  if (!value_->is_string()) {
    refuse(fmt::format("{} is no text", shown(*value_)), "write it in double quotes");
  }
  return value_->get<std::string>();
}

std::string Field::choice(const std::vector<std::string_view>& allowed) const {
  const std::string word = text();
  if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
    refuse(fmt::format("\"{}\" is unknown{}", word, nearest_hint(word, allowed)),
           fmt::format("use one of: {}", listed(allowed)));
  }
  return word;
}

std::int64_t Field::integer(IntegerRange range) const {
  const std::string remedy =
      fmt::format("write a whole number from {} to {}", range.least, range.most);
  if (!value_->is_number_integer()) {
    refuse(fmt::format("{} is no whole number", shown(*value_)), remedy);
  }
  // A positive number may be stored as unsigned, and then be too large for the signed type.
  const bool huge =
      value_->is_number_unsigned() && !std::in_range<std::int64_t>(value_->get<std::uint64_t>());
  if (huge || value_->get<std::int64_t>() > range.most) {
    refuse(fmt::format("{} is above {}", shown(*value_), range.most), remedy);
  }
  const auto number = value_->get<std::int64_t>();
  if (number < range.least) {
    refuse(fmt::format("{} is below {}", shown(*value_), range.least), remedy);
  }
  return number;
}

double Field::number(RealRange range) const {
  const std::string remedy = fmt::format("write a number from {} to {}", range.least, range.most);
  if (!value_->is_number()) refuse(fmt::format("{} is no number", shown(*value_)), remedy);
  const auto number = value_->get<double>();
  if (number < range.least) refuse(fmt::format("{} is below {}", number, range.least), remedy);
  if (number > range.most) refuse(fmt::format("{} is above {}", number, range.most), remedy);
  return number;
}

bool Field::boolean() const {
  if (!value_->is_boolean()) {
    refuse(fmt::format("{} is neither true nor false", shown(*value_)), "write true or false");
  }
  return value_->get<bool>();
}

Json read_json_file(const std::string& path) {
  const std::optional<std::string> content = read_text_file(path);
  if (!content) throw Error(path, "cannot be read", "give the path of a JSON file that exists");
  const std::string& text = *content;

  std::vector<std::set<std::string>> open_objects;
  const auto refuse_doubles = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key &&
        !open_objects.back().insert(parsed.get<std::string>()).second) {
      throw Error(path, fmt::format("the key {} stands twice in one object", parsed.dump()),
                  "keep one of the two");
    }
    return true;
  };
  try {
    return Json::parse(text, refuse_doubles);
  } catch (const Json::parse_error& mistake) {
    throw Error(path, fmt::format("is no JSON at {}", line_and_column(text, mistake.byte)),
                "correct the text there; python3 -m json.tool shows the same place");
  }
}

std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = word.size() / 2 + 1;  // farther than that is another word
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", best);
}

std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace etude::harness
