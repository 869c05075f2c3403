"""etude load and etude_ceiling as a user meets them: files, exit codes, one line for a mistake.

Method: both programs are run as they are, against each other. Nothing is asserted about speed.
"""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
LIMIT_S = 60


@contextmanager
def ceiling(*options, prefix=()):
    """A running ceiling server; yields its URL. It must end on SIGTERM, with exit code 0."""
    server = subprocess.Popen([*prefix, BUILD / "etude_ceiling", "--port", "0", *options],
                              stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        yield re.search(r"http://127\.0\.0\.1:\d+", line).group() + "/plaintext"
        assert server.poll() is None, "the server ended before it was told to"
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(timeout=LIMIT_S)
        server.stdout.close()
    assert code == 0, f"the server ended with {code}"


def load(*options, **more):
    return subprocess.run([BUILD / "etude", "load", *options], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False, **more)


@pytest.mark.parametrize("answer, reason", [
    (b"", "read"), (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "status")])
def test_a_load_that_was_answered_nothing_fails_and_keeps_its_result(tmp_path, answer, reason):
    """A server that closes at once, and one whose answers are all errors or none at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def refuse():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(4096)
                    peer.sendall(answer)
        threading.Thread(target=refuse, daemon=True).start()
        result = tmp_path / "result.json"
        ran = load(f"http://127.0.0.1:{listener.getsockname()[1]}/", "-c", "2", "-d", "200ms",
                   "-w", "0", "-q", "--json", result)
        listener.shutdown(socket.SHUT_RDWR)
    found = json.loads(result.read_text())
    assert found["errors"][reason] > 0
    if found["requests"] == 0:
        assert ran.returncode == 1
        assert "not one request was answered" in ran.stderr and ran.stderr.count("\n") == 1
    else:
        assert ran.returncode == 0


def test_json_holds_what_was_promised(tmp_path):
    keys = {"schema", "url", "connections", "threads", "pipeline", "mode", "arrival",
            "rate_target_rps", "duration_s", "requests", "throughput_rps", "bytes", "lat_req_ns",
            "lat_batch_ns", "lat_intended_ns", "send_lag_ns", "inflight_mean", "little_err",
            "idle_frac", "errors", "connections_open", "fairness", "client_cpu", "status",
            "reasons", "windows", "routes", "beside", "think", "requests_per_connection",
            "renewals", "realtime"}
    latency_keys = {"mean", "p50", "p90", "p99", "p999", "p9999", "max", "count"}
    result_path, histogram_path = tmp_path / "result.json", tmp_path / "histogram.csv"
    with ceiling() as url:
        ran = load(url, "-c", "50", "-t", "2", "-p", "16", "-d", "1", "-w", "200ms",
                   "--expect-body", "Hello, World!", "--json", result_path,
                   "--hist", histogram_path)
    assert ran.returncode == 0, ran.stderr
    assert "Requests/sec:" in ran.stdout
    result = json.loads(result_path.read_text())
    assert keys <= result.keys(), keys - result.keys()
    assert set(result["errors"]) == {"connect", "read", "write", "timeout", "status", "body"}
    assert set(result["errors"].values()) == {0}, result["reasons"]
    assert set(result["lat_req_ns"]) == set(result["lat_batch_ns"]) == latency_keys
    assert (result["connections"], result["threads"], result["pipeline"]) == (50, 2, 16)
    assert (result["mode"], result["arrival"], result["duration_s"]) == ("batch", "closed", 1.0)
    assert result["connections_open"] == 50
    assert 0 < result["requests"] == result["lat_req_ns"]["count"]
    assert result["requests"] == result["throughput_rps"]
    assert len(result["windows"]) == 10
    assert sum(window["requests"] for window in result["windows"]) == result["requests"]
    assert result["fairness"]["min_requests"] <= result["requests"] / 50
    assert result["fairness"]["max_requests"] >= result["requests"] / 50
    assert 0 < result["inflight_mean"] <= 50 * 16
    with histogram_path.open() as file:
        rows = list(csv.DictReader(file))
    for metric in ("lat_req_ns", "lat_batch_ns"):
        counted = sum(int(row["count"]) for row in rows if row["metric"] == metric)
        assert counted == result[metric]["count"]
    assert not list(tmp_path.glob("*.part"))


def test_json_on_stdout_is_alone_there():
    with ceiling() as url:
        ran = load(url, "-d", "50ms", "-w", "0", "--json", "-")
    assert json.loads(ran.stdout)["schema"] == 1
    assert "Requests/sec:" in ran.stderr


def test_quiet_says_nothing(tmp_path):
    with ceiling() as url:
        ran = load(url, "-d", "50ms", "-w", "0", "--quiet", "--json", tmp_path / "result.json")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_events_come_in_order():
    reading, writing = os.pipe()
    with ceiling() as url, os.fdopen(reading) as events:
        ran = load(url, "-d", "50ms", "-w", "0", "--events", str(writing), pass_fds=[writing])
        os.close(writing)
        assert ran.returncode == 0, ran.stderr
        assert events.read().split() == ["connected", "warm", "measure", "measured", "done"]


def test_open_loop_has_its_own_latency():
    with ceiling() as url:
        ran = load(url, "-c", "20", "-d", "300ms", "-w", "0", "-R", "1000", "--arrival", "fixed",
                   "-q", "--json", "-")
    result = json.loads(ran.stdout)
    assert result["rate_target_rps"] == 1000
    assert result["lat_batch_ns"] is None
    assert result["lat_intended_ns"]["count"] == 299  # at 1, 2, .. 299 ms
    assert result["send_lag_ns"]["count"] == 299


@pytest.mark.parametrize("arguments", [
    [],
    ["ftp://127.0.0.1/"],
    ["http://127.0.0.1:1/", "-c", "0"],
    ["http://127.0.0.1:1/", "-c", "-1"],
    ["http://127.0.0.1:1/", "-c", "many"],
    ["http://127.0.0.1:1/", "-c", "4000000000"],
    ["http://127.0.0.1:1/", "-t", "11"],
    ["http://127.0.0.1:1/", "-p", "0"],
    ["http://127.0.0.1:1/", "-d", "soon"],
    ["http://127.0.0.1:1/", "-d", "0"],
    ["http://127.0.0.1:1/", "-d", "nan"],
    ["http://127.0.0.1:1/", "-w", "-1s"],
    ["http://127.0.0.1:1/", "-T", "2h"],
    ["http://127.0.0.1:1/", "-H", "no colon"],
    ["http://127.0.0.1:1/", "--mode", "both"],
    ["http://127.0.0.1:1/", "--arrival", "fixed"],
    ["http://127.0.0.1:1/", "-R", "0"],
    ["http://127.0.0.1:1/", "--mix", "/plaintext"],
    ["http://127.0.0.1:1/", "--mix", "0:/plaintext"],
    ["http://127.0.0.1:1/", "--mix", "1:plaintext"],
    ["http://127.0.0.1:1/", "--beside", "json"],
    ["http://127.0.0.1:1/", "--beside-connections", "2"],
    ["http://127.0.0.1:1/spin?us={normal:5}"],
    ["http://127.0.0.1:1/spin?us={exp:5"],
    ["http://127.0.0.1:1/", "--think", "long"],
    ["http://127.0.0.1:1/", "--think", "1ms", "-R", "10"],
    ["http://127.0.0.1:1/", "--think", "1ms", "--mode", "window"],
    ["http://127.0.0.1:1/", "--realtime"],
    ["http://127.0.0.1:1/", "--ramp", "2h"],
    ["http://127.0.0.1:1/", "--hgrm", "no/such/directory/file"],
    ["http://127.0.0.1:1/", "-R", "100", "--mode", "batch"],
    ["http://127.0.0.1:1/", "--events", "77"],
    ["http://127.0.0.1:1/", "--hist", "no/such/directory/file"],
    ["http://127.0.0.1:1/", "--unknown"],
    ["http://name.invalid/"],
], ids=" ".join)
def test_a_mistake_is_one_line_and_writes_nothing(arguments, tmp_path):
    result_path = tmp_path / "result.json"
    ran = load(*arguments, "--json", result_path, cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.startswith("etude: ")
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert ran.stdout == ""
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_not_there_is_exit_1(tmp_path):
    with ceiling() as url:
        pass
    ran = load(url, "--quiet", "--json", tmp_path / "result.json")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "refused" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_ceiling_answers_pipelined_requests_one_by_one():
    with ceiling("--cores", "0") as url:
        for depth in ("1", "300"):  # 300: more than one write of canned bytes holds
            ran = load(url, "-c", "3", "-p", depth, "-d", "100ms", "-w", "0", "-q", "--json", "-",
                       "--expect-body", "Hello, World!", "-H", "X-Padding: " + "x" * 1000)
            result = json.loads(ran.stdout)
            assert result["requests"] > 0
            assert sum(result["errors"].values()) == 0, result["reasons"]


def test_ceiling_survives_having_no_descriptors_left():
    with ceiling(prefix=["prlimit", "--nofile=40:40"]) as url:
        crowd = load(url, "-c", "80", "-d", "200ms", "-w", "0", "-q", "--json", "-")
        assert json.loads(crowd.stdout)["status"] == "errors"
        few = load(url, "-c", "5", "-d", "100ms", "-w", "0", "-q", "--json", "-")
        assert sum(json.loads(few.stdout)["errors"].values()) == 0, few.stdout


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"], ["--cores", "1023"],
                                       ["--unknown"]], ids=" ".join)
def test_ceiling_refuses_bad_input_in_one_line(arguments):
    ran = subprocess.run([BUILD / "etude_ceiling", *arguments], capture_output=True, text=True,
                         timeout=LIMIT_S, check=False)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""
