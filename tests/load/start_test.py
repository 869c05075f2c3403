"""`etude load --start-fd` and `--turns`: how clients of several servers begin and take turns."""

import json
import os
import subprocess
import time

from tests.load.load_test import BUILD, load
from tests.serve.running import serve

BOUND_S = 60


def start(url: str, *options: str) -> tuple[subprocess.Popen, int, int]:
    """A load that waits for its start; the ends to tell it on and to hear its events from."""
    begin_read, begin_write = os.pipe()
    events_read, events_write = os.pipe()
    client = subprocess.Popen(
        [str(BUILD / "etude"), "load", url, "-q", "--json", "-", "--start-fd", str(begin_read),
         "--events", str(events_write), *options], pass_fds=(begin_read, events_write),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(begin_read)
    os.close(events_write)
    return client, begin_write, events_read


def test_it_sends_nothing_before_the_moment_it_is_told():
    with serve() as server:
        client, begin, events = start(server.url + "/plaintext", "-c", "2", "-d", "200ms",
                                      "-w", "0")
        with os.fdopen(events) as heard:
            assert heard.readline() == "connected\n"
            told_ns = time.monotonic_ns() + 50_000_000
            os.write(begin, f"{told_ns}\n".encode())
            os.close(begin)
            assert heard.readline() == "warm\n"
            assert time.monotonic_ns() >= told_ns
            out, err = client.communicate(timeout=BOUND_S)
    assert client.returncode == 0, err
    assert json.loads(out)["requests"] > 0


def test_a_start_that_never_comes_ends_it_in_a_line():
    with serve() as server:
        client, begin, events = start(server.url + "/plaintext", "-c", "2", "-d", "200ms")
        os.close(begin)
        _, err = client.communicate(timeout=BOUND_S)
        os.close(events)
    assert client.returncode == 2
    assert "ended before it said when to start" in err and err.count("\n") <= 2


def test_a_start_that_is_no_number_is_refused():
    with serve() as server:
        client, begin, events = start(server.url + "/plaintext", "-c", "2", "-d", "200ms")
        os.write(begin, b"soon\n")
        os.close(begin)
        _, err = client.communicate(timeout=BOUND_S)
        os.close(events)
    assert client.returncode == 2
    assert '"soon" is no moment' in err


def test_turns_leave_the_rest_of_the_time_to_the_others():
    with serve() as server:
        ran = load(server.url + "/sleep?us=1000", "-c", "1", "-w", "0", "-d", "400ms", "-q",
                   "--json", "-", "--turns", "20ms:0/4")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["turns"]["count"] == 4
    assert 0.08 <= result["turns"]["active_s"] <= 0.12
    # One connection, a millisecond at least each: no more than its turns have room for, and one
    # that was under way at each turn's end.
    assert 0 < result["requests"] <= 100 + 6


def test_turns_that_make_no_sense_are_refused():
    for text, problem in (("20ms", "is not LENGTH:I/N"), ("20ms:2/2", "2/2 is no turn"),
                          ("20ms:0/1", "0/1 is no turn"), ("0s:0/2", "is no turn"),
                          ("20ms:a/2", "is not LENGTH:I/N"), ("90s:0/2", "outside 1ms .. 60s")):
        ran = load("http://127.0.0.1:9/", "--turns", text)
        assert ran.returncode == 2, text
        assert ran.stderr.count("\n") <= 2, ran.stderr
    ran = load("http://127.0.0.1:9/", "--turns", "20ms:0/2", "-R", "100")
    assert ran.returncode == 2 and "closed loop" in ran.stderr
