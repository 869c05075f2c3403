"""The server under a storm, seen from beside it: a good client, its memory, its processor time."""

import json
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.serve.running import BUILD, LIMIT_S, server_of

INJECT = BUILD / "tests" / "libetude_inject.so"
FAULT_SERVER = BUILD / "tests" / "fault_server"
# "Unaffected" is a ratio of 2 in the report that a quiet machine gives. A shared one is noisier
# than that, so what fails a test is an order of magnitude, and above what anyone would notice.
P99_RATIO_MAX, P99_NOTICED_NS = 10, 50_000_000
RSS_RATIO_MAX, MEMORY_BACK_S = 1.2, 10
# Shadow memory and a quarantine of freed blocks: its memory says nothing about ours.
SANITIZED = b"__asan_init" in (BUILD / "etude").read_bytes()
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def good_client(server, *more, connections=32, rate_rps=2_000, duration="1s", path="/plaintext"):
    """A running `etude load` that asks at a steady rate, whatever becomes of it; see hear()."""
    return subprocess.Popen(
        [BUILD / "etude", "load", server.url + path, "-c", str(connections), "-R", str(rate_rps),
         "-d", duration, "-w", "100ms", "-q", "--json", "-", *more],
        stdout=subprocess.PIPE, text=True)


def hear(client):
    """What a good client saw; it must have seen no error."""
    said, _ = client.communicate(timeout=LIMIT_S)
    assert client.returncode == 0
    result = json.loads(said)
    assert not any(result["errors"].values()), result["errors"]
    assert result["requests"] > 0
    return result


def warm_up(server):
    """An ordinary load, after which a server holds what it holds in service."""
    hear(good_client(server, connections=200, rate_rps=40_000, duration="200ms"))
    hear(good_client(server, "--body", "x" * 20_000, path="/echo", duration="100ms"))


def p99_ns(client):
    """From when a request was due to its answer's last byte."""
    return hear(client)["lat_intended_ns"]["p99"]


def judge_p99(figures, alone_ns, beside_ns):
    figures(p99_alone_us=alone_ns / 1e3, p99_beside_us=beside_ns / 1e3,
            p99_ratio=beside_ns / alone_ns)
    assert beside_ns < max(P99_NOTICED_NS, P99_RATIO_MAX * alone_ns)


def rss_bytes(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def cpu_s(pid):
    """User and system time of the whole process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def await_open(server, count):
    """Until the server has `count` connections besides the one that asks."""
    give_up_s = time.monotonic() + LIMIT_S
    while (seen := server.stats()["connections_open"] - 1) != count:
        assert time.monotonic() < give_up_s, f"{seen} connections are open, and not {count}"
        assert still_runs(server, 0.02), "the server has ended"


def still_runs(server, for_s):
    """Whether it goes on for so long; the way to let time pass, and not to miss its end."""
    try:
        server.process.wait(for_s)
    except subprocess.TimeoutExpired:
        return True
    return False


@contextmanager
def memory_returns(server, figures):
    """A block after which no connection is left, and soon the memory is back within a fifth."""
    await_open(server, 0)
    before = rss_bytes(server.process.pid)
    yield
    warm_up(server)  # it serves on
    await_open(server, 0)
    over_s = time.monotonic()
    while (after := rss_bytes(server.process.pid)) > RSS_RATIO_MAX * before:
        if SANITIZED or time.monotonic() > over_s + MEMORY_BACK_S:
            break
        assert still_runs(server, 0.05), "the server has ended"
    figures(rss_before_mib=before / 2**20, rss_after_mib=after / 2**20, rss_ratio=after / before,
            rss_back_after_s=time.monotonic() - over_s)
    assert SANITIZED or after <= RSS_RATIO_MAX * before


def injected(counts_file):
    """The counts of tests/faults/inject.cpp, by name."""
    names = ("accept_failed", "send_cut_short", "send_interrupted", "send_refused",
             "recv_interrupted", "recv_refused", "wait_interrupted")
    bytes_ = Path(counts_file).read_bytes()
    return {name: int.from_bytes(bytes_[8 * nth:8 * nth + 8], "little")
            for nth, name in enumerate(names)}


def inject(counts_file, plan):
    """The environment of a server whose system calls fail by that plan."""
    # The address sanitizer wants to come first; here it may come second.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return {**os.environ, "LD_PRELOAD": str(INJECT), "ETUDE_INJECT": plan,
            "ETUDE_INJECT_COUNTS": str(counts_file), "ASAN_OPTIONS": sanitizer.lstrip(":")}


def fault_server(scheduler):
    """A running tests/faults/fault_server.cpp, as serve() runs `etude serve`."""
    return server_of([FAULT_SERVER, scheduler])
