#include "core/http/framing.h"

#include "core/http/syntax.h"

namespace etude::http {

namespace {

// The names that matter here have five different lengths: one comparison at most per field.
enum class Name : std::uint8_t {
  host,
  expect,
  connection,
  content_length,
  transfer_encoding,
  other
};

Name name_of(std::string_view name) noexcept {
  switch (name.size()) {
    case 4:
      return equals_ignoring_case(name, "host") ? Name::host : Name::other;
    case 6:
      return equals_ignoring_case(name, "expect") ? Name::expect : Name::other;
    case 10:
      return equals_ignoring_case(name, "connection") ? Name::connection : Name::other;
    case 14:
      return equals_ignoring_case(name, "content-length") ? Name::content_length : Name::other;
    case 17:
      return equals_ignoring_case(name, "transfer-encoding") ? Name::transfer_encoding
                                                             : Name::other;
    default:
      return Name::other;
  }
}

}  // namespace

std::optional<Status> FramingFields::note(const Field& field) noexcept {
  switch (name_of(field.name)) {
    case Name::host:
      if (has_host_ || !is_authority(field.value)) return Status::bad_request;
      has_host_ = true;
      break;
    case Name::content_length: {
      const auto length = parse_decimal(field.value);
      // A second line is refused even when it says the same: somebody on the way may have read
      // the other one.
      if (has_content_length_ || !length.has_value()) return Status::bad_request;
      has_content_length_ = true;
      content_length_ = *length;
      break;
    }
    case Name::transfer_encoding:
      has_transfer_encoding_ = true;
      note_transfer_encoding(field.value);
      break;
    case Name::connection:
      note_connection(field.value);
      break;
    case Name::expect:
      for_each_element(field.value, [this](std::string_view expectation) {
        if (equals_ignoring_case(expectation, "100-continue")) {
          expects_continue_ = true;
        } else {
          expects_other_ = true;
        }
      });
      break;
    case Name::other:
      break;
  }
  return std::nullopt;
}

void FramingFields::note_transfer_encoding(std::string_view list) noexcept {
  for_each_element(list, [this](std::string_view coding) {
    if (chunked_) coding_after_chunked_ = true;
    chunked_ = equals_ignoring_case(coding, "chunked");
    if (!chunked_) coding_unknown_ = true;
  });
}

void FramingFields::note_connection(std::string_view list) noexcept {
  for_each_element(list, [this](std::string_view option) {
    if (equals_ignoring_case(option, "close")) close_ = true;
    if (equals_ignoring_case(option, "keep-alive")) keep_alive_ = true;
  });
}

std::optional<Status> FramingFields::conclude(Head& head) const noexcept {
  const bool old_version = head.version_minor == 0;
  if (!has_host_ && !old_version) return Status::bad_request;
  if (has_transfer_encoding_) {
    // A 1.0 sender cannot mean it, and two lengths are one too many: the shapes of smuggling.
    if (old_version || has_content_length_) return Status::bad_request;
    if (coding_after_chunked_) return Status::bad_request;
    if (coding_unknown_) return Status::not_implemented;
    if (!chunked_) return Status::bad_request;  // an empty list of codings
    head.framing = Framing::chunked;
  } else if (has_content_length_ && content_length_ > 0) {
    head.framing = Framing::fixed;
    head.content_length = content_length_;
  }
  head.keep_alive = !close_ && (!old_version || keep_alive_);
  if (old_version) return std::nullopt;  // 1.0 knows no expectations
  if (expects_other_) return Status::expectation_failed;
  head.expects_continue = expects_continue_ && head.framing != Framing::none;
  return std::nullopt;
}

}  // namespace etude::http
