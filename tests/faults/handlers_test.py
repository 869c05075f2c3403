"""Handlers that fail: an exception costs one answer, an overflow ends the process in order."""

import signal
import subprocess

import pytest

from tests.faults import storm
from tests.faults.service import RSS_RATIO_MAX, SANITIZED, fault_server, rss_bytes

THROWS_EACH = 2_000


def totals(server):
    return tuple(int(word) for word in server.get("/totals").split())


@pytest.mark.parametrize("path", ["/throw", "/throw-late", "/throw-other"])
def test_a_handler_that_throws(scheduler, figures, path):
    with fault_server(scheduler) as server:
        throw_often(server, path, 200)
        before = rss_bytes(server.process.pid)
        throw_often(server, path, THROWS_EACH)
        after = rss_bytes(server.process.pid)
        while totals(server)[0] != 1:  # the one that asks
            pass
        _, _, failed = totals(server)
        figures(throws=failed, rss_before_mib=before / 2**20, rss_after_mib=after / 2**20,
                rss_ratio=after / before)
        assert failed == 200 + THROWS_EACH
        assert SANITIZED or after < RSS_RATIO_MAX * before
        assert server.end() == 0  # no fiber is left over: a drain waits for all


def throw_often(server, path, count):
    """Over four connections, which go on after each 500."""
    wanted = b"HTTP/1.1 500 Internal Server Error\r\n"
    with storm.crowd(server.port, 4) as clients:
        for _ in range(count // 4):
            for client in clients:
                client.sendall(storm.GET % path.encode())
            for client in clients:
                answer = storm.receive(client, b"\r\n\r\n500 Internal Server Error")
                assert answer.startswith(wanted), answer
                assert b"half an answer" not in answer
        for client in clients:
            client.sendall(storm.GET % b"/still-there")
            assert storm.receive(client, b"\r\n\r\nok\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/overflow", "/overflow-wide"])
def test_a_stack_overflow(scheduler, figures, path):
    with fault_server(scheduler) as server:
        with storm.crowd(server.port, 1, storm.GET % path.encode()) as [client]:
            code = server.process.wait(20)
            said = server.process.stderr.read()
            answer = client.recv(1) if code == 0 else b""
        figures(signal=-code, message_lines=said.count("\n"))
        assert code == -signal.SIGSEGV, said
        assert "a fiber ran over the end of its stack" in said
        assert answer == b""
