"""The forms of load that a suite builds on, against `etude serve`: delays, mixes, drawn paths.

Method: the server's own routes know how long they take. A busy machine can only make an answer
later, so latencies are bounded from below, and from above with much slack.
"""

import json
import math
import re

import pytest

from tests.load.load_test import load
from tests.serve.running import serve


def measure(url, *options):
    ran = load(url, "-w", "0", "-q", "--json", "-", *options)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert sum(result["errors"].values()) == 0, result["reasons"]
    return result


def test_sleeping_reads_as_long_as_it_is():
    with serve() as server:
        result = measure(server.url + "/sleep?us=20000", "-c", "4", "-d", "400ms",
                         "--expect-body", "slept\n")
    assert result["requests"] > 0
    latency = result["lat_req_ns"]
    assert 20e6 <= latency["p50"] < 20e6 + 30e6  # the timer's slack, and a busy machine's
    assert result["requests"] <= 4 * 20


def test_a_drawn_path_takes_what_was_drawn():
    with serve() as server:
        result = measure(server.url + "/sleep?us={round:bimodal:1000,60000,0.5}", "-c", "8",
                         "-d", "500ms", "--expect-body", "slept\n")
    assert result["lat_req_ns"]["max"] >= 60e6
    assert result["requests"] > 0


def test_a_mix_and_what_runs_beside_it_are_told_apart():
    with serve() as server:
        result = measure(server.url, "-c", "4", "-d", "200ms", "--mix", "3:/plaintext",
                         "--mix", "1:/spin?us={exp:20}", "--beside", "/json",
                         "--beside-connections", "2")
    assert [route["path"] for route in result["routes"]] == ["/plaintext", "/spin?us={exp:20}"]
    assert [route["weight"] for route in result["routes"]] == [3, 1]
    assert sum(route["requests"] for route in result["routes"]) == result["requests"]
    assert all(route["lat_req_ns"]["count"] == route["requests"] for route in result["routes"])
    beside = result["beside"]
    assert (beside["path"], beside["connections"], beside["errors"]) == ("/json", 2, 0)
    assert beside["requests"] > 0


def test_a_load_in_real_time_or_why_not():
    with serve() as server:
        result = measure(server.url + "/plaintext", "-c", "2", "-d", "200ms", "-R", "200",
                         "--realtime")
    refused = [reason for reason in result["reasons"] if "refused --realtime" in reason]
    assert result["realtime"] == (not refused), result["reasons"]
    assert result["requests"] > 0


def test_think_times_and_renewed_connections_are_reported():
    with serve() as server:
        result = measure(server.url + "/plaintext", "-c", "4", "-d", "300ms", "--think", "exp:2ms",
                         "--requests-per-connection", "3", "--ramp", "40ms")
    assert result["think"] == {"mean_s": 0.002, "distribution": "exp"}
    assert result["requests_per_connection"] == 3
    assert 0 < result["renewals"] <= result["requests"] / 3 + 4
    assert result["connections_open"] == 4
    assert result["reconnects"] == 0


def test_a_body_is_posted():
    with serve() as server:
        result = measure(server.url + "/echo", "-c", "2", "-p", "4", "-d", "100ms",
                         "--body", "four words, three commas", "--expect-body",
                         "four words, three commas")
    assert result["requests"] > 0


@pytest.mark.parametrize("form", [[], ["-R", "1000", "--arrival", "fixed"]], ids=" ".join)
def test_the_percentile_listing_agrees_with_the_json(form, tmp_path):
    listing = tmp_path / "load.hgrm"
    with serve() as server:
        result = measure(server.url + "/plaintext", "-d", "200ms", "--hgrm", listing, *form)
    latency = result["lat_intended_ns" if form else "lat_req_ns"]
    text = listing.read_text()
    head, blank, *rest = text.splitlines()
    assert head.split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    assert blank == ""
    rows = [[float(word) for word in line.split()] for line in rest if not line.startswith("#")]
    assert all(row[3] == pytest.approx(1 / (1 - row[1]), abs=0.01) for row in rows[:-1])
    assert rows == sorted(rows, key=lambda row: row[:3])
    assert rows[-1] == [pytest.approx(latency["max"] / 1e6, abs=0.001), 1, latency["count"]]
    half = next(row for row in rows if row[1] >= 0.5)
    assert half[0] == pytest.approx(latency["p50"] / 1e6, abs=0.001)
    found = re.search(r"#\[Mean    = +([0-9.]+), StdDeviation   = +([0-9.]+)\]\n"
                      r"#\[Max     = +([0-9.]+), Total count    = +(\d+)\]\n"
                      r"#\[Buckets = +\d+, SubBuckets     = +\d+\]\n$", text)
    assert float(found[1]) == pytest.approx(latency["mean"] / 1e6, abs=0.001)
    assert int(found[4]) == latency["count"]
    assert math.isfinite(float(found[2]))
