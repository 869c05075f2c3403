#include "experiments/harness/remote.h"

#include <fmt/format.h>

namespace etude::harness {

RemoteClient read_remote_client(const Field& field) {
  field.require_object({"ssh", "server", "etude"});
  RemoteClient client{.ssh = field.at("ssh").text(),
                      .server = field.at("server").text(),
                      .etude = field.has("etude") ? field.child("etude").text() : "etude"};
  for (const char* key : {"ssh", "server"}) {
    const std::string text = field.child(key).text();
    if (text.empty() || text.front() == '-' || text.find_first_of(" \t\n") != std::string::npos) {
      field.child(key).refuse(fmt::format("\"{}\" names no host", text),
                              "write a host as ssh takes it; options belong into ~/.ssh/config");
    }
  }
  return client;
}

std::string shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::vector<std::string> over_ssh(std::vector<std::string> ssh, const RemoteClient& client,
                                  const std::vector<std::string>& words) {
  // Nobody is there to answer a question; and a host that is gone must not hold a trial for ever.
  for (const char* option : {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5"}) {
    ssh.emplace_back("-o");
    ssh.emplace_back(option);
  }
  ssh.push_back(client.ssh);
  ssh.push_back(shell_text(words));
  return ssh;
}

RemoteOutput split_output(std::string_view text) {
  if (text.starts_with('{')) return {.histograms = {}, .result = text};
  const std::size_t object = text.find("\n{");
  if (object == std::string_view::npos) return {.histograms = {}, .result = text};
  return {.histograms = text.substr(0, object + 1), .result = text.substr(object + 1)};
}

}  // namespace etude::harness
