"""`etude serve` as a user meets it: start, answers, drain, and one line for each mistake.

Method: the program itself, on loopback, over every registered scheduler where that matters. What
becomes of it under bad clients and on a bad machine stands in tests/faults/.
"""

import os
import signal
import socket

import pytest

from tests.serve.running import SCHEDULERS, receive, serve, serve_refuses

GET = b"GET %s HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_route_answers_on_every_scheduler(scheduler):
    with serve("--threads-per-core", "2", scheduler=scheduler) as server:
        assert f"scheduler {scheduler}" in server.ready_line
        assert server.get("/plaintext") == "Hello, World!"
        assert server.get("/json") == '{"message":"Hello, World!"}'
        assert server.get("/users/42") == "42"
        for path in ("/spin?us=10", "/spin?us=10&dist=exp", "/sleep?us=100",
                     "/block?us=100", "/fanout?n=8&us=5"):
            server.get(path)
        stats = server.stats()
        assert stats["scheduler"] == scheduler
        assert len(stats["workers"]) == 2
        assert sum(worker["switches"] for worker in stats["workers"]) > 0
        assert stats["requests"] >= 7
        assert "etude_" in server.get("/metrics")
        assert server.end() == 0


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_pipelined_requests_are_answered_in_order(scheduler):
    with serve("--threads-per-core", "2", scheduler=scheduler) as server:
        client = server.connect()
        client.sendall(b"".join(GET % (b"/users/%03d" % nth) for nth in range(200)))
        client.shutdown(socket.SHUT_WR)
        answers = receive(client)
        ids = [part.rsplit(b"\r\n\r\n", 1)[1] for part in answers.split(b"HTTP/1.1 ")[1:]]
        assert ids == [b"%03d" % nth for nth in range(200)]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_drain_finishes_what_is_in_flight_and_closes_what_is_idle(scheduler):
    with serve("--threads-per-core", "2", scheduler=scheduler) as server:
        idle, busy = server.connect(), server.connect()
        idle.sendall(GET % b"/plaintext")
        receive(idle, b"Hello, World!")
        busy.sendall(GET % b"/sleep?us=200000")
        while sum(worker["switches"] for worker in server.stats()["workers"]) == 0:
            pass
        assert server.end() == 0
        assert receive(idle) == b""
        answer = receive(busy)
        assert answer.startswith(b"HTTP/1.1 200")


def test_a_second_signal_ends_at_once():
    with serve("--drain-timeout", "60s") as server:
        busy = server.connect()
        busy.sendall(GET % b"/sleep?us=30000000")
        while server.stats()["connections_open"] < 1:
            pass
        server.process.send_signal(signal.SIGTERM)
        # Refused connections say that the first signal has been taken.
        while True:
            try:
                server.connect().close()
            except OSError:
                break
        assert server.end(signal.SIGINT) == 128 + signal.SIGINT


@pytest.mark.parametrize("acceptor, homes", [("one", 1), ("shared", 2), ("reuseport", 2)])
def test_acceptor_one_makes_worker_0_the_home_of_every_connection(acceptor, homes):
    with serve("--threads-per-core", "2", "--acceptor", acceptor) as server:
        assert f"acceptor {acceptor}" in server.ready_line
        clients = [server.connect() for _ in range(64)]
        for client in clients:
            client.sendall(GET % b"/users/7")
            receive(client, b"7")
        # fifo runs a fiber where its connection is at home.
        busy = [worker["worker"] for worker in server.stats()["workers"]
                if worker["switches"] > 0]
        assert busy == [0] if homes == 1 else 0 < len(busy) <= homes
        assert server.end() == 0


def test_idle_workers_claim_the_poll_of_one_that_a_handler_blocks():
    with serve("--threads-per-core", "2", "--io-claim", "on", "--claim-after-us", "500",
               scheduler="work-stealing") as server:
        blocked, others = server.connect(), [server.connect() for _ in range(16)]
        for client in others:  # all are served once, so all are at home somewhere
            client.sendall(GET % b"/users/7")
            receive(client, b"7")
        claims = 0
        while claims == 0:
            blocked.sendall(GET % b"/block?us=100000")
            for client in others:
                client.sendall(GET % b"/users/8")
            for client in [blocked, *others]:
                receive(client, b"blocked\n" if client is blocked else b"8")
            claims = sum(worker["claims"] for worker in server.stats()["workers"])
        assert server.end() == 0


def test_the_environment_names_the_default_scheduler():
    with serve(scheduler=None, env={**os.environ, "ETUDE_SCHEDULER": "current_thread"}) as server:
        assert "scheduler fifo" in server.ready_line


def test_the_guides_multithread_is_work_stealing_within_a_core():
    with serve("--threads-per-core", "2", scheduler="multithread") as server:
        assert "work-stealing" in server.ready_line
        assert "domain=core" in server.ready_line


@pytest.mark.parametrize("options, wanted", [
    (["--scheduler", "fif"], ["fif", "fifo"]),
    (["--scheduler", "fifo", "--set", "ordre=lifo"], ["ordre"]),
    (["--scheduler", "work-stealing", "--set", "order=random"], ["order", "random", "lifo"]),
    (["--scheduler", "work-stealing", "--set", "order"], ["order", "key=value"]),
    (["--scheduler", "fifo", "--cores", "4000"], ["4000"]),
    (["--scheduler", "fifo", "--host", "localhost.invalid"], ["localhost.invalid"]),
    (["--scheduler", "fifo", "--port", "70000"], ["70000"]),
    (["--scheduler", "fifo", "--acceptor", "both"], ["both"]),
    (["--scheduler", "fifo", "--claim-after-us", "0"], ["claim-after-us"]),
    (["--scheduler", "fifo", "--idle-timeout", "soon"], ["soon"]),
    (["--scheduler", "fifo", "--stack-kib", "1"], ["stack-kib"]),
    ([], ["scheduler"]),
])
def test_a_mistake_gets_one_line_that_names_it(options, wanted):
    said = serve_refuses(*options)
    for word in wanted:
        assert word in said, said


def test_a_port_that_is_taken_is_refused_under_any_acceptor():
    with serve() as server:
        for acceptor in ("reuseport", "shared", "one"):
            said = serve_refuses("--scheduler", "fifo", "--port", str(server.port),
                                 "--acceptor", acceptor)
            assert f"127.0.0.1:{server.port}" in said
        assert server.get("/plaintext") == "Hello, World!"
