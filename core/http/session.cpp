#include "core/http/session.h"

#include <cstring>

namespace etude::http {

namespace {

// The fiber as a handler sees it: before it suspends, the responses to earlier requests go out. No
// answer that is ready waits for one that is not.
class FlushingFiber final : public ThisFiber {
 public:
  FlushingFiber(ThisFiber& fiber, Output& out) noexcept : fiber_(fiber), out_(out) {}

  void sleep_for(Nanos duration_ns) override {
    out_.flush();
    fiber_.sleep_for(duration_ns);
  }
  void yield() override {
    out_.flush();
    fiber_.yield();
  }
  void fan_out(std::uint32_t count,
               const std::function<void(ThisFiber&, std::uint32_t)>& job) override {
    out_.flush();
    fiber_.fan_out(count, job);
  }
  WorkerId worker() const noexcept override { return fiber_.worker(); }

 private:
  ThisFiber& fiber_;
  Output& out_;
};

BodyPart body_part(Method method) noexcept {
  return method == Method::head ? BodyPart::withheld : BodyPart::sent;
}

}  // namespace

struct Session::Exchange {
  Workspace& workspace;
  Output& out;
  Persistence persistence;
  BodyPart body;
};

Session::Progress Session::advance(Workspace& workspace, Output& out, ThisFiber& fiber,
                                   std::uint32_t requests_max) {
  workspace.date.refresh(parts_.wall_clock.unix_seconds());
  for (std::uint32_t answered = 0; answered < requests_max; ++answered) {
    bool goes_on = true;
    switch (reader_.next(workspace.memo)) {
      case RequestReader::Outcome::remembered:
        goes_on = answer_routed(workspace, out, fiber, workspace.memo.match);
        break;
      case RequestReader::Outcome::request:
        goes_on = answer(workspace, out, fiber);
        break;
      case RequestReader::Outcome::need_more:
        return Progress::need_more;
      case RequestReader::Outcome::send_continue:
        out.append("HTTP/1.1 100 Continue\r\n\r\n");
        break;
      case RequestReader::Outcome::refused:
        refuse(workspace, out, reader_.refusal());
        return Progress::closing;
    }
    if (!goes_on) return Progress::closing;
  }
  return Progress::turn_over;
}

void Session::time_out(Workspace& workspace, Output& out) {
  workspace.date.refresh(parts_.wall_clock.unix_seconds());
  refuse(workspace, out, Status::request_timeout);
}

bool Session::answer(Workspace& workspace, Output& out, ThisFiber& fiber) {
  const Head& head = reader_.head();
  const std::string_view path = reader_.head_text().substr(head.path.at, head.path.bytes);
  const RouteMatch match = parts_.router.find(head.method, path, head.path.at);
  if (parts_.remember_heads) remember(workspace.memo, match);
  return answer_routed(workspace, out, fiber, match);
}

bool Session::answer_routed(Workspace& workspace, Output& out, ThisFiber& fiber,
                            const RouteMatch& match) {
  const Head& head = reader_.head();
  // relaxed: a response that misses it goes out without "close", as one sent a moment before.
  const bool draining = parts_.draining.load(std::memory_order_relaxed);
  // Behind a CONNECT may come what is no HTTP, so nothing is read after it.
  const bool goes_on =
      head.keep_alive && head.method != Method::connect && !(draining && !reader_.has_more());
  ++counts_.requests;
  if (match.route != nullptr && match.route->prepared && goes_on && head.version_minor > 0) {
    match.route->prepared->append_to(out, workspace.date, body_part(head.method));
    ++counts_.responses_by_class[status_class(Status::ok)];
    return true;
  }

  Persistence persistence = Persistence::close;
  if (goes_on)
    persistence = head.version_minor > 0 ? Persistence::implied : Persistence::keep_alive;
  workspace.text.clear();
  const Exchange exchange{workspace, out, persistence, body_part(head.method)};
  if (match.route != nullptr) {
    answer_by_handler(exchange, match, fiber);
  } else {
    answer_without_route(exchange, match.allowed);
  }
  return goes_on;
}

// A head with a body is not remembered: it rarely comes twice, and would drive out one that does.
void Session::remember(HeadMemo& memo, const RouteMatch& match) const noexcept {
  const Head& head = reader_.head();
  if (head.framing != Framing::none || head.bytes > HeadMemo::kBytesMax) return;
  memo.match = match;
  memo.head = head;
  memo.bytes = head.bytes;
  std::memcpy(memo.text.data(), reader_.head_text().data(), head.bytes);
}

void Session::answer_by_handler(const Exchange& exchange, const RouteMatch& match,
                                ThisFiber& fiber) {
  Response response{.text = exchange.workspace.text};
  if (match.route->prepared) {
    response.content_type = match.route->prepared->content_type();
    response.body = match.route->prepared->body();
    return send(exchange, response);
  }
  const Request request{reader_.head_text().data(), reader_.head(), reader_.body(), match.params};
  FlushingFiber flushing{fiber, exchange.out};
  bool failed = false;
  try {
    match.route->handler(request, response, flushing);
  } catch (...) {
    failed = true;  // answered outside, since sending may suspend and an exception must not
  }
  if (failed) {
    exchange.workspace.text.clear();
    return send(exchange, {.text = exchange.workspace.text,
                           .status = Status::internal_error,
                           .body = status_text(Status::internal_error)});
  }
  // It may have slept.
  exchange.workspace.date.refresh(parts_.wall_clock.unix_seconds());
  send(exchange, response);
}

void Session::answer_without_route(const Exchange& exchange, Methods allowed) {
  const Head& head = reader_.head();
  Response response{.text = exchange.workspace.text, .status = Status::not_found};
  if (head.method == Method::connect || head.asks_whole_server) allowed = parts_.router.methods();
  if (head.method == Method::other) {
    response.status = Status::not_implemented;
  } else if (allowed != 0) {
    const bool asked = head.method == Method::options;
    response.status = asked ? Status::ok : Status::method_not_allowed;
    append_allow(response.text, static_cast<Methods>(allowed | bit(Method::options)));
    response.fields = response.text;
  }
  if (response.status != Status::ok) response.body = status_text(response.status);
  send(exchange, response);
}

void Session::refuse(Workspace& workspace, Output& out, Status status) {
  workspace.text.clear();
  const Exchange exchange{workspace, out, Persistence::close, body_part(reader_.head().method)};
  send(exchange, {.text = workspace.text, .status = status, .body = status_text(status)});
}

void Session::send(const Exchange& exchange, const Response& response) {
  append_response(exchange.out, response, exchange.workspace.date, exchange.persistence,
                  exchange.body);
  ++counts_.responses_by_class[status_class(response.status)];
}

}  // namespace etude::http
