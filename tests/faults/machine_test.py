"""A machine that refuses: no descriptors, failing accepts, interrupted and short system calls.

Method: a limit of descriptors for the server alone; for the rest tests/faults/inject.cpp, loaded
in front of the C library, whose counts show that it did what the test is about.
"""

import errno
import resource
import time

import pytest

from tests.faults import storm
from tests.faults.service import cpu_s, good_client, hear, inject, injected, still_runs
from tests.serve.running import serve

WATCHED_S = 1.0
IDLE_CPU_SHARE_MAX = 0.2  # a busy loop would be at 1
# What accept(2) may say: of the machine, of the connection that it was about to give out, ours.
ACCEPT_ERRORS = [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED,
                 errno.EINTR, errno.EPROTO, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EPERM]


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def busy_share(server):
    """Of one core, while nothing is asked of the server."""
    before_s, begun_s = cpu_s(server.process.pid), time.monotonic()
    assert still_runs(server, WATCHED_S)
    return (cpu_s(server.process.pid) - before_s) / (time.monotonic() - begun_s)


def test_descriptors_run_out(scheduler, figures):
    with serve("--threads-per-core", "2", "--max-connections", "1000", scheduler=scheduler,
               preexec_fn=few_files) as server:
        with storm.crowd(server.port, 200) as clients:  # the kernel completes them; few are taken
            share = busy_share(server)
            freed_s = time.monotonic()
            for client in clients:
                client.close()
            assert server.get("/plaintext") == "Hello, World!"
            recovered_s = time.monotonic() - freed_s
        errors = server.stats()["accept_errors"]
        figures(busy_share=share, accept_errors=errors, recovered_s=recovered_s)
        assert errors > 0
        assert share < IDLE_CPU_SHARE_MAX
        assert recovered_s < 1
        assert server.end() == 0


def test_accepts_that_fail_now_and_then(scheduler, figures, tmp_path):
    counts = tmp_path / "counts"
    plan = "accept:5:" + ",".join(map(str, ACCEPT_ERRORS))
    with serve("--threads-per-core", "2", scheduler=scheduler, env=inject(counts, plan)) as server:
        begun_s, served = time.monotonic(), 0
        for _ in range(5):
            with storm.crowd(server.port, 20, storm.GET % b"/users/7") as clients:
                for client in clients:
                    served += b"200 OK" in storm.receive(client, b"\r\n\r\n7")
        figures(served=served, served_after_s=time.monotonic() - begun_s,
                injected=injected(counts)["accept_failed"])
        assert served == 100
        assert injected(counts)["accept_failed"] >= len(ACCEPT_ERRORS)
        assert server.end() == 0


@pytest.mark.parametrize("error", [errno.EMFILE, errno.EPERM], ids=errno.errorcode.get)
def test_accepts_that_always_fail(scheduler, figures, tmp_path, error):
    counts = tmp_path / "counts"
    with serve("--threads-per-core", "2", scheduler=scheduler,
               env=inject(counts, f"accept:1:{error}")) as server:
        with storm.crowd(server.port, 20):
            share = busy_share(server)
        figures(busy_share=share, injected=injected(counts)["accept_failed"])
        assert injected(counts)["accept_failed"] > 0
        assert share < IDLE_CPU_SHARE_MAX
        assert server.end() == 0


def test_short_writes_eintr_eagain(scheduler, figures, tmp_path):
    counts = tmp_path / "counts"
    with serve("--threads-per-core", "2", scheduler=scheduler,
               env=inject(counts, "send:3 recv:5 wait:7")) as server:
        seen = hear(good_client(server, path="/json", duration="500ms"))
        body = b"x" * 500_000
        with storm.connect(server.port) as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            echo = storm.receive(client)
            assert echo.endswith(b"\r\n\r\n" + body)
            assert storm.pipeline(storm.connect(server.port), storm.GET % b"/users/7", 5_000) \
                == 5_000
        found = injected(counts)
        figures(requests=seen["requests"], **found)
        del found["accept_failed"]
        assert min(found.values()) > 0, found
        assert server.end() == 0
