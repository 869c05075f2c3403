"""Goal: a server that stands still is the server's fault: its rounds count, and show it.
Method: real servers and clients in paired rounds of an open loop; the servers of one of the two
schedulers are stopped for a part of every trial.
"""

import json
import os
import signal
import subprocess
import threading

import pytest

from tests.harness.runs import rows, run_command

STOP_S = 0.8
PAUSE = threading.Event()  # never set: time passes, nothing is waited for
SUITE = {
    "name": "frozen", "design": "paired", "warmup_s": 0.3, "duration_s": 2.0,
    "compare": {"baseline": "fifo", "metrics": ["p99"]},
    "until": {"pairs_min": 3, "pairs_max": 3},
    "workloads": {"plaintext": {"path": "/plaintext"}},
    "factors": {"scheduler": ["fifo", "work-stealing"], "workload": "plaintext", "connections": 16,
                "placement": "shared", "arrival": "fixed", "rate_rps": 500},
}


def servers_of(harness: int) -> list[int]:
    """Pids of the harness's children that serve with the scheduler to be frozen."""
    listed = subprocess.run(["pgrep", "-P", str(harness), "-f", "serve .*work-stealing"],
                            capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]


def freeze_each(harness: subprocess.Popen, frozen: list[int]) -> None:
    while harness.poll() is None:
        for pid in servers_of(harness.pid):
            if pid in frozen:
                continue
            PAUSE.wait(1.0)  # into the measured time
            os.kill(pid, signal.SIGSTOP)
            PAUSE.wait(STOP_S)
            os.kill(pid, signal.SIGCONT)
            frozen.append(pid)
        PAUSE.wait(0.02)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    suite = folder / "frozen.json"
    suite.write_text(json.dumps(SUITE))
    harness = subprocess.Popen(run_command(suite, folder / "out", "--quiet"),
                               stdout=subprocess.DEVNULL)
    frozen: list[int] = []
    watcher = threading.Thread(target=freeze_each, args=(harness, frozen))
    watcher.start()
    try:
        assert harness.wait(timeout=90) == 0
    finally:
        if harness.poll() is None:
            harness.kill()
        watcher.join(timeout=10)
    assert len(frozen) == 3, "one server a round is to be frozen"
    return folder / "out"


def frozen_rows(out) -> list[dict[str, str]]:
    return [row for row in rows(out) if row["scheduler"] == "work-stealing"]


def test_no_gate_speaks_against_a_trial_of_the_frozen_server(out):
    """Its pair may still be void for the other side, where the machine kept that client waiting."""
    for row in frozen_rows(out):
        assert row["status"] == "ok", row["reasons"]
        assert float(row["send_lag_p99_ns"]) < 0.1 * float(row["lat_intended_p99_ns"])
        assert abs(float(row["little_err"])) < 0.02 and row["errors"] == "0"


def test_the_waits_of_its_requests_are_in_the_latency(out):
    for row in frozen_rows(out):
        assert float(row["lat_intended_p99_ns"]) > STOP_S / 2 * 1e9, row["reasons"]
