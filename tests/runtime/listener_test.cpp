// Goal: what accepting runs into is told apart: nobody there, a connection, a machine that refuses.
// Method: real sockets, and a limit of descriptors below those in use.

#include "core/runtime/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/client.h"

namespace etude {
namespace {

using Outcome = Accepted::Outcome;

class ListenerTest : public testing::Test {
 protected:
  ~ListenerTest() override { close(fd_); }

  const int fd_ = open_listener("127.0.0.1", 0, 8, PortSharing::exclusive);
};

TEST_F(ListenerTest, AcceptsWhoWaitsAndThenNothing) {
  const Client client(port_of(fd_));
  const Accepted accepted = accept_from(fd_);
  EXPECT_EQ(accepted.outcome, Outcome::connection);
  EXPECT_NE(fcntl(accepted.fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(accepted.fd, F_GETFD) & FD_CLOEXEC, 0);
  close(accepted.fd);
  EXPECT_EQ(accept_from(fd_).outcome, Outcome::nothing);
}

TEST_F(ListenerTest, WithoutDescriptorsTheMachineRefusesAndLosesNobody) {
  const Client client(port_of(fd_));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  const Outcome outcome = accept_from(fd_).outcome;
  setrlimit(RLIMIT_NOFILE, &before);

  EXPECT_EQ(outcome, Outcome::refused);
  const Accepted later = accept_from(fd_);
  EXPECT_EQ(later.outcome, Outcome::connection);
  close(later.fd);
}

// Any error that is not known to be a connection's would come again at once.
TEST_F(ListenerTest, AnErrorThatNobodyExpectsIsARefusal) {
  EXPECT_EQ(accept_from(-1).outcome, Outcome::refused);
}

}  // namespace
}  // namespace etude
