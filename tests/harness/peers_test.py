"""The servers that ours is compared with: each answers what the suite asks, as the others do.

Method: each one that experiments/subjects/build.sh has built is started by the words of
experiments/suites/peers.json and asked over a socket, and measured by a trial of `etude run` with
the real client. Where one is not built, the trial has to say what is lacking.
"""

import email.utils
import json
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from tests.harness.runs import BOUND_S, ETUDE, ROOT, rows, run_command

SUITE = json.loads((ROOT / "experiments/suites/peers.json").read_text())
REQUEST = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def subjects_of(suite: dict) -> dict[str, dict]:
    """Those with a command line, by name."""
    levels = [suite["factors"].get("subject", [])]
    levels += [point.get("subject", []) for point in suite["points"]]
    flat = [one for level in levels for one in (level if isinstance(level, list) else [level])]
    return {one["name"]: one for one in flat if isinstance(one, dict)}


PEERS = subjects_of(SUITE)
HAVE_JSON = set(PEERS) - {"nginx"}


def is_built(peer: str) -> bool:
    return (ETUDE.parent / "subjects" / PEERS[peer]["command"][0].split("/")[-1]).exists()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def connection_to(process: subprocess.Popen, port: int) -> socket.socket:
    """As soon as it accepts: a subject with ready "port" says no word."""
    deadline = time.monotonic() + BOUND_S
    while time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=BOUND_S)
        except ConnectionRefusedError:
            pass
        try:
            process.wait(timeout=0.01)
            raise AssertionError(f"the peer has ended: {process.stderr.read()}")
        except subprocess.TimeoutExpired:
            pass
    raise AssertionError(f"nobody accepts at port {port}")


@contextmanager
def started(peer: str):
    """A connection to that peer, which runs until the end of the block."""
    port = free_port()
    words = [word.replace("{bin}", str(ETUDE.parent)).replace("{port}", str(port))
             .replace("{cores}", "0") for word in PEERS[peer]["command"]]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        with connection_to(process, port) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=BOUND_S)


def answers(stream, count: int):
    """`count` answers as (status line, fields, body)."""
    for _ in range(count):
        status, fields = stream.readline().decode().strip(), {}
        while line := stream.readline().decode().strip():
            name, value = line.split(":", 1)
            fields[name.lower()] = value.strip()
        yield status, fields, stream.read(int(fields["content-length"])).decode()


def check_answer(path: str, answer) -> None:
    status, fields, body = answer
    assert status == "HTTP/1.1 200 OK"
    assert re.match({"/plaintext": "text/plain", "/json": "application/json"}[path],
                    fields["content-type"])
    assert body == SUITE["workloads"][path.strip("/")]["expect_body"]
    assert fields["server"]
    sent = email.utils.parsedate_to_datetime(fields["date"])
    assert abs(datetime.now(timezone.utc) - sent) < timedelta(seconds=BOUND_S)


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_answers_a_batch_and_keeps_the_connection(peer, tmp_path):
    if not is_built(peer):
        return check_that_the_lack_is_said(peer, tmp_path)
    paths = ["/plaintext", "/json"] if peer in HAVE_JSON else ["/plaintext"]
    with started(peer) as client, client.makefile("rb") as stream:
        for path in [*paths, *paths]:  # one batch after the other, on one connection
            client.sendall(REQUEST.format(path).encode() * 16)
            for answer in answers(stream, 16):
                check_answer(path, answer)


@pytest.mark.parametrize("peer", PEERS)
def test_a_trial_of_a_peer_is_ok_or_says_what_is_lacking(peer, tmp_path):
    if not is_built(peer):
        return check_that_the_lack_is_said(peer, tmp_path)
    for row in trial_rows(peer, tmp_path):
        assert row["status"] in ("ok", "nonstationary"), row["reasons"]
        assert row["errors"] == "0"
        assert int(row["requests"]) > 0
        assert float(row["server_cpu_ns_per_request"]) > 0


def check_that_the_lack_is_said(peer: str, folder) -> None:
    for row in trial_rows(peer, folder):
        assert row["status"] == "skipped_not_installed"
        assert "bash experiments/subjects/build.sh" in row["reasons"]


def trial_rows(peer: str, folder) -> list[dict[str, str]]:
    """Of a short suite that asks that peer all it knows, with the real client."""
    workloads = ["plaintext", "json"] if peer in HAVE_JSON else ["plaintext"]
    suite = {"blocks": 1, "warmup_s": 0.05, "duration_s": 0.2, "retries": 0,
             "workloads": SUITE["workloads"],
             "factors": {"subject": PEERS[peer], "placement": "shared", "connections": 32,
                         "workload": workloads, "pipeline": [1, 16]}}
    path = folder / "peer.json"
    path.write_text(json.dumps(suite))
    done = subprocess.run(run_command(path, folder / "out"), capture_output=True, text=True,
                          timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    table = rows(folder / "out")
    assert len(table) == 2 * len(workloads)
    return table


@pytest.mark.parametrize(("name", "blocks"), [("peers", 7), ("memory", 3)])
def test_the_suites_with_peers_can_be_planned_and_have_their_controls(tmp_path, name, blocks):
    suite = ROOT / "experiments" / "suites" / f"{name}.json"
    done = subprocess.run(run_command(suite, tmp_path / "out", "--dry-run"), capture_output=True,
                          text=True, timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{blocks} blocks, about" in done.stdout
    for subject in ("etude", "ceiling", *PEERS):
        assert f"subject={subject}" in done.stdout
    assert "label=A" in done.stdout


def test_the_suites_of_peers_and_of_memory_start_them_alike():
    memory = json.loads((ROOT / "experiments/suites/memory.json").read_text())
    assert subjects_of(memory) == PEERS
    assert set(PEERS) == {"nginx", "go", "hyper", "hyper-guide"}
