#include "experiments/harness/remote.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "core/failure.h"

namespace etude::harness {
namespace {

// Goal: a shell gives back the very words. Method: ask one.
TEST(Remote, AShellReadsTheWordsAsTheyWere) {
  const std::vector<std::string> words{"printf", "%s\\n", "a b", "it's", "$HOME", "`id`", "", "*"};
  FILE* shell = ::popen(shell_text(words).c_str(), "r");
  ASSERT_NE(shell, nullptr);
  std::string printed;
  for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell)) {
    printed += static_cast<char>(c);
  }
  EXPECT_EQ(::pclose(shell), 0);
  EXPECT_EQ(printed, "a b\nit's\n$HOME\n`id`\n\n*\n");
}

TEST(Remote, AsksNothingOnTheWayAndNamesTheHostBeforeTheCommand) {
  const RemoteClient client{.ssh = "me@there", .server = "here", .etude = "etude"};
  const auto words = over_ssh({"ssh", "-F", "config"}, client, {"etude", "load"});
  ASSERT_GT(words.size(), 5U);
  EXPECT_EQ(words[1], "-F");
  EXPECT_EQ(words[4], "BatchMode=yes");
  EXPECT_EQ(words[words.size() - 2], "me@there");
  EXPECT_EQ(words.back(), "'etude' 'load'");
}

TEST(Remote, TellsHistogramsFromTheResult) {
  const std::string both = "metric,lower_ns\nlat_req_ns,1\n{\n  \"schema\": 1\n}\n";
  EXPECT_EQ(split_output(both).histograms, "metric,lower_ns\nlat_req_ns,1\n");
  EXPECT_EQ(split_output(both).result, "{\n  \"schema\": 1\n}\n");
  EXPECT_EQ(split_output("{}").result, "{}");
  EXPECT_EQ(split_output("command not found").histograms, "");
}

TEST(Remote, ADestinationIsNoOption) {
  for (const char* host : {"", "-oProxyCommand=id", "two words"}) {
    const Json json{{"ssh", host}, {"server", "here"}};
    EXPECT_THROW(read_remote_client(Field(json, "s.json", "client")), Error) << host;
  }
  const Json json{{"ssh", "there"}, {"server", "192.0.2.1"}};
  EXPECT_EQ(read_remote_client(Field(json, "s.json", "client")).etude, "etude");
}

}  // namespace
}  // namespace etude::harness
