"""Whose fault a late send of an open loop is: a stopped server's, or a stopped client's.

Method: one of the two is stopped (SIGSTOP) in the middle of the measured time. Lower bounds alone
follow from how long that was; the client's own lag under a stopped server may reach a tenth of it.
"""

import json
import os
import signal
import threading
import time

from tests.load.start_test import BOUND_S, start
from tests.serve.running import serve

STOPPED_S = 0.8
LOAD = ("-c", "16", "-R", "500", "-w", "0", "-d", "1600ms", "--arrival", "fixed")


def stopped_while_measuring(pick: str) -> dict:
    """The result of a load during which the server or the client stood still for STOPPED_S."""
    with serve() as server:
        client, begin, events = start(server.url + "/plaintext", *LOAD)
        victim = server.process.pid if pick == "server" else client.pid
        with os.fdopen(events) as heard, os.fdopen(begin, "w") as told:
            assert heard.readline() == "connected\n"
            told.write(f"{time.monotonic_ns()}\n")
            told.flush()
            while heard.readline() != "measure\n":
                pass
            os.kill(victim, signal.SIGSTOP)
            threading.Event().wait(STOPPED_S)  # the length of the disturbance
            os.kill(victim, signal.SIGCONT)
            out, err = client.communicate(timeout=BOUND_S)
    assert client.returncode == 0, err
    return json.loads(out)


def test_a_server_that_stands_still_is_no_client_at_its_limit():
    result = stopped_while_measuring("server")
    assert result["status"] != "client_bound", result["reasons"]
    assert result["population_wait_ns"]["count"] > 100
    assert result["population_wait_ns"]["p99"] > STOPPED_S / 2 * 1e9
    assert result["lat_intended_ns"]["p99"] > STOPPED_S / 2 * 1e9, "the freeze is seen"
    assert any("waited for a free connection" in reason for reason in result["reasons"])


def test_a_client_that_stands_still_is_late_itself():
    result = stopped_while_measuring("client")
    assert result["status"] == "client_bound", result["reasons"]
    assert result["send_lag_ns"]["p99"] > STOPPED_S / 2 * 1e9
    assert any("sends lagged" in reason for reason in result["reasons"])
