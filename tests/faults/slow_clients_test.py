"""Clients that keep a server waiting: each is ended in time, and nobody else notices.

Method: one server per scheduler, with short deadlines; a storm, a good client beside it, and what
that one saw compared with what it saw just before.
"""

import time

import pytest

from tests.faults import storm
from tests.faults.service import (SANITIZED, await_open, good_client, judge_p99,
                                  memory_returns, p99_ns, rss_bytes, warm_up)
from tests.serve.running import serve

DEADLINE_S = 2  # of head, body and write
POST = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n"
# Large, so that the buffers of the kernel are full soon, and the server waits instead of working.
ECHO = b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 8192\r\n\r\n" + b"x" * 8192
BUFFERED_MAX = 128 * 1024  # of one connection that never reads: workspace, stack, and some air


@pytest.fixture(scope="module", name="server")
def running_server(scheduler):
    with serve("--threads-per-core", "2", "--head-timeout", f"{DEADLINE_S}s", "--body-timeout",
               f"{DEADLINE_S}s", "--write-timeout", f"{DEADLINE_S}s", scheduler=scheduler) as it:
        warm_up(it)
        yield it
        assert it.end() == 0


def drip_beside_a_good_client(server, figures, first, count):
    """Of each of `count` dripping clients: the seconds to its end, and what it heard."""
    alone_ns = p99_ns(good_client(server))
    with memory_returns(server, figures):
        with storm.crowd(server.port, count) as clients:
            await_open(server, count)
            good = good_client(server)
            begun_s = []
            for client in clients:
                begun_s.append(time.monotonic())
                client.sendall(first)
            ended_s, heard = storm.drip(clients, begun_s)
            beside_ns = p99_ns(good)
    figures(clients=count, closed_after_s=max(ended_s))
    judge_p99(figures, alone_ns, beside_ns)
    return ended_s, heard


def test_slowloris(server, figures):
    ended_s, heard = drip_beside_a_good_client(server, figures, b"GET", 2_000)
    assert max(ended_s) < DEADLINE_S + 1
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in heard)


def test_slow_body(server, figures):
    ended_s, heard = drip_beside_a_good_client(server, figures, POST + b"x", 500)
    assert max(ended_s) < DEADLINE_S + 1
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in heard)


def test_5000_idle_beside_200_active(server, figures):
    alone_ns = p99_ns(good_client(server, connections=200))
    with memory_returns(server, figures):
        before = rss_bytes(server.process.pid)
        with storm.crowd(server.port, 5_000, storm.GET % b"/users/7") as clients:
            for client in clients:
                storm.receive(client, b"\r\n\r\n7")
            await_open(server, 5_000)
            beside_ns = p99_ns(good_client(server, connections=200))
            figures(idle_connection_kib=(rss_bytes(server.process.pid) - before) / 5_000 / 1024)
            for client in clients[::500]:  # they were idle, and not forgotten
                client.sendall(storm.GET % b"/users/8")
                storm.receive(client, b"\r\n\r\n8")
    judge_p99(figures, alone_ns, beside_ns)


def test_clients_that_never_read(server, figures):
    count = 100
    alone_ns = p99_ns(good_client(server))
    with memory_returns(server, figures):
        before = rss_bytes(server.process.pid)
        with storm.crowd(server.port, count, receive_bytes=4_096) as clients:
            taken = storm.stuff(clients, ECHO, 64 * 2**20)
            begun_s = time.monotonic()
            buffered = (rss_bytes(server.process.pid) - before) / count
            beside_ns = p99_ns(good_client(server))
            await_open(server, 0)  # though not one of them has read or closed
            closed_after_s = time.monotonic() - begun_s
    figures(clients=count, taken_kib_max=max(taken) / 1024, buffered_kib=buffered / 1024,
            closed_after_s=closed_after_s)
    judge_p99(figures, alone_ns, beside_ns)
    assert closed_after_s < DEADLINE_S + 1
    assert max(taken) < 64 * 2**20, "the server took all of it, and so kept the answers"
    assert SANITIZED or buffered < BUFFERED_MAX


def test_one_connection_that_pipelines_10000_requests(server, figures):
    count = 10_000
    alone_ns = p99_ns(good_client(server))
    with memory_returns(server, figures), storm.crowd(server.port, 1) as [hog]:
        good = good_client(server)
        batches = 0
        while good.poll() is None:
            assert storm.pipeline(hog, storm.GET % b"/users/7", count) == count
            batches += 1
        beside_ns = p99_ns(good)
    figures(pipelined=batches * count)
    judge_p99(figures, alone_ns, beside_ns)
