// experiments/harness/checked_json.h
//
// Reads JSON that people write, and complains well: every complaint names the file, the path of
// the field, the value found, what is allowed, and the remedy. Unknown keys are refused with the
// nearest known one; a key written twice is refused, because one of the two would be lost.
//
// Threads:   one at a time.
// Ownership: a Field borrows the document it was made from.
// Errors:    Error, subject "FILE: path[3].to.field".

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace etude::harness {

// Keeps the order in which the keys were written, so that what we write back reads the same.
using Json = nlohmann::ordered_json;

struct IntegerRange {
  std::int64_t least;
  std::int64_t most;
};

struct RealRange {
  double least;
  double most;
};

class Field {
 public:
  Field(const Json& value, std::string file, std::string path);

  const std::string& path() const { return path_; }
  const Json& json() const { return *value_; }

  // Objects. child() requires has(); at() refuses a missing key.
  bool has(std::string_view key) const;
  Field child(std::string_view key) const;
  Field at(std::string_view key) const;
  void require_object(const std::vector<std::string_view>& known_keys) const;

  // An array's elements; a value that is no array counts as an array of one.
  std::vector<Field> elements() const;

  std::string text() const;
  std::string choice(const std::vector<std::string_view>& allowed) const;
  std::int64_t integer(IntegerRange range) const;
  double number(RealRange range) const;
  bool boolean() const;

  [[noreturn]] void refuse(std::string_view problem, std::string_view remedy) const;

 private:
  const Json* value_;
  std::string file_;
  std::string path_;
};

// Parses the file. Refuses one that is missing, is no JSON (naming line and column), or holds a
// key twice in one object.
Json read_json_file(const std::string& path);

// " (did you mean \"connections\"?)" when one of the candidates is close, else "".
std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& candidates);

// "a, b, c"
std::string listed(const std::vector<std::string_view>& words);

}  // namespace etude::harness
