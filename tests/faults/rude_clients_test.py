"""Clients that break off, come in too great a number, or do not listen: the others are served.

Method: one server per scheduler with a limit of connections; after each storm nothing is left.
"""

import socket
import time

import pytest

from tests.faults import storm
from tests.faults.service import await_open, good_client, hear, memory_returns, warm_up
from tests.serve.running import serve

CONNECTIONS_MAX = 256
BODY_MAX = 2**20  # --max-body's default
HALVES = (b"GET /plaintext HTT", b"GET /plaintext HTTP/1.1\r\nHost: t\r\nX-Half",
          b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nhalf",
          b"POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf",
          storm.GET % b"/sleep?us=1000")


@pytest.fixture(scope="module", name="server")
def running_server(scheduler):
    with serve("--threads-per-core", "2", "--max-connections", str(CONNECTIONS_MAX),
               scheduler=scheduler) as it:
        warm_up(it)
        yield it
        assert it.end() == 0


def test_connections_over_the_limit(server, figures):
    before = server.stats()["connections_refused"]
    with memory_returns(server, figures), storm.crowd(server.port, CONNECTIONS_MAX) as clients:
        await_served(clients)
        over_s = []
        for _ in range(50):
            begun_s = time.monotonic()
            with storm.connect(server.port) as over:
                assert storm.receive(over) == b""
            over_s.append(time.monotonic() - begun_s)
        await_served(clients)  # whoever was in stays in
        clients.pop().close()
    figures(refused_after_s=max(over_s),
            refused=server.stats()["connections_refused"] - before)
    # Each of the 50, and perhaps who asked for the statistics while it was still full.
    assert server.stats()["connections_refused"] - before >= 50


def await_served(clients):
    for client in clients:
        client.sendall(storm.GET % b"/users/7")
    for client in clients:
        assert storm.receive(client, b"\r\n\r\n7").startswith(b"HTTP/1.1 200 ")


def test_10000_resets_midway(server, figures):
    count = 10_000
    with memory_returns(server, figures):
        good = good_client(server, connections=32)
        await_open(server, 32)
        begun_s = time.monotonic()
        for nth in range(count):
            client = storm.connect(server.port)
            try:
                client.sendall(HALVES[nth % len(HALVES)])
            except ConnectionError:
                pass  # over the limit for a moment, and closed
            storm.reset(client)
        taken_s = time.monotonic() - begun_s
        hear(good)
    figures(resets=count, resets_per_s=count / taken_s)
    hear(good_client(server, duration="200ms"))


@pytest.mark.parametrize("count", [1, 3])
def test_half_close_after(server, figures, count):
    answered = 0
    with memory_returns(server, figures), storm.crowd(server.port, 100) as clients:
        for client in clients:
            client.sendall(storm.GET % b"/sleep?us=1000" + storm.GET % b"/users/7" * (count - 1))
            client.shutdown(socket.SHUT_WR)
        for client in clients:
            answers = storm.receive(client)  # to the server's close
            answered += answers.count(b"HTTP/1.1 200 ")
    figures(answers_wanted=100 * count, answers=answered)
    assert answered == 100 * count


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_413_while_the_client_still_sends(server, figures, framing):
    chunk = b"%x\r\n%s\r\n" % (65_536, b"x" * 65_536)
    head = b"POST /echo HTTP/1.1\r\nHost: t\r\n"
    if framing == "length":
        request = head + b"Content-Length: %d\r\n\r\n" % (8 * BODY_MAX) + b"x" * (8 * BODY_MAX)
    else:
        request = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 128 + b"0\r\n\r\n"
    readable = 0
    with memory_returns(server, figures), storm.crowd(server.port, 20) as clients:
        for client in clients:
            client.sendall(request)  # all of it, though the answer was there after a part
            readable += storm.receive(client).startswith(b"HTTP/1.1 413 ")
    figures(clients=20, readable=readable)
    assert readable == 20
