"""How a server ends: without losing a request, or, when it has to, with a code that says so."""

import select
import signal
import time

import pytest

from tests.faults import storm
from tests.faults.service import still_runs
from tests.serve.running import receive, serve

DRAINED, CUT_OFF = 0, 3


class BusyClient:
    """Asks again as soon as it has its answer, until it is told "close"."""

    def __init__(self, server):
        self.socket = server.connect()
        self.answered = 0
        self.ask()

    def ask(self):
        self.socket.sendall(storm.GET % b"/sleep?us=2000")
        self.got = b""

    def goes_on(self):
        """Reads; False after a last answer. A connection that ends without one is a failure."""
        more = self.socket.recv(65_536)
        assert more, f"closed with a request in flight, after {self.answered} answers"
        self.got += more
        if not self.got.endswith(b"\r\n\r\nslept\n"):
            return True
        assert self.got.startswith(b"HTTP/1.1 200 "), self.got
        self.answered += 1
        if b"\r\nConnection: close\r\n" in self.got:
            return False
        self.ask()
        return True


def test_sigterm_under_load(scheduler, figures):
    with serve("--threads-per-core", "2", scheduler=scheduler) as server:
        clients = [BusyClient(server) for _ in range(64)]
        by_socket = {client.socket: client for client in clients}
        told_s = None
        while by_socket:
            for ready in select.select(list(by_socket), [], [], 20)[0]:
                if not by_socket[ready].goes_on():
                    assert told_s is not None
                    assert receive(ready) == b""  # and then the close
                    ready.close()
                    del by_socket[ready]
            if told_s is None and sum(client.answered for client in clients) > 2_000:
                told_s = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == DRAINED
        figures(answered=sum(client.answered for client in clients), failed=0,
                drained_after_s=time.monotonic() - told_s)


def test_sigterm_loses_no_request_of_a_new_connection(scheduler, figures):
    """Whoever has connected before the signal is answered, though it has not been accepted yet."""
    with serve("--threads-per-core", "2", scheduler=scheduler) as server:
        with storm.crowd(server.port, 200, storm.GET % b"/users/7") as clients:
            server.process.send_signal(signal.SIGTERM)
            answered = sum(b"\r\n\r\n7" in receive(client) for client in clients)
        figures(clients=200, answered=answered)
        assert answered == 200
        assert server.process.wait(20) == DRAINED


@pytest.mark.parametrize("path", [b"/sleep?us=30000000", b"/block?us=1000000"])
def test_a_drain_that_takes_too_long(scheduler, figures, path):
    with serve("--drain-timeout", "200ms", scheduler=scheduler) as server:
        with storm.crowd(server.port, 1, storm.GET % path):
            if path.startswith(b"/sleep"):  # while a handler blocks, nobody answers
                while server.stats()["connections_open"] < 2:
                    assert still_runs(server, 0.02)
            else:
                assert still_runs(server, 0.2)
            told_s = time.monotonic()
            code = server.end()
            figures(exit_code=code, ended_after_s=time.monotonic() - told_s)
            assert code == CUT_OFF
            assert "cut off" in server.process.stderr.read()
