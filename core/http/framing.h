// core/http/framing.h
//
// What the fields of a request say about the request itself: how long its body is, whether the
// connection goes on, whether its Host is in order. All other fields are the handler's business.
//
// Threads: one at a time.
// Source:  RFC 9112 §3.2 (Host), §6.3 (body length), §9.3 (persistence); RFC 9110 §10.1.1 (Expect).

#pragma once

#include <cstdint>
#include <optional>

#include "core/http/field_parser.h"
#include "core/http/message.h"
#include "core/http/status.h"

namespace etude::http {

class FramingFields {
 public:
  // Takes note of one field. The answer is the status to refuse the request with, or none.
  std::optional<Status> note(const Field& field) noexcept;

  // Draws the conclusions, once all fields are noted: fills in framing, content_length, keep_alive
  // and expects_continue. Reads version_minor.
  std::optional<Status> conclude(Head& head) const noexcept;

 private:
  void note_transfer_encoding(std::string_view list) noexcept;
  void note_connection(std::string_view list) noexcept;

  std::uint64_t content_length_ = 0;
  bool has_host_ = false;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool chunked_ = false;  // the last coding so far is "chunked"
  bool coding_after_chunked_ = false;
  bool coding_unknown_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
};

}  // namespace etude::http
