"""Goal: a suite that a model cannot carry out faithfully is refused, ends with its reason or has a
status that says so; its neighbours run.
Method: small suites through `etude sim`, held against what theory says of them."""

import csv
import json
import subprocess

import pytest

from tests.serve.running import BUILD, LIMIT_S


def suite(rates, service="exp:10", **more):
    factors = {"scheduler": "fifo", "connections": 64, "workload": "w", "arrival": "poisson",
               "rate_rps": rates} | more.pop("factors", {})
    return {"blocks": 1, "warmup_s": 0.05, "duration_s": 60, "retries": 0,
            "models": {"t": {"costs": "zero", "delivery": "direct", "client": "ideal",
                             "assignment": "each_request", "requests_max": 100_000}},
            "workloads": {"w": {"simulated": {"service": service}}}, "factors": factors} | more


def sim(tmp_path, document, *options):
    (tmp_path / "suite.json").write_text(json.dumps(document))
    return subprocess.run([BUILD / "etude", "sim", tmp_path / "suite.json", *options],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)


def trials(tmp_path, document):
    done = sim(tmp_path, document, "--out", tmp_path / "out", "--quiet")
    with (tmp_path / "out/trials.csv").open(newline="") as file:
        rows = {float(row["rate_target_rps"]): row for row in csv.DictReader(file)}
    return done.returncode, rows


@pytest.mark.parametrize("service, remedy", [
    ("lognormal:5,10", "sigma of at most 3.27"), ("pareto:5,1.1", "alpha of at least 1.32"),
    ("exp:0.001", "grid of 1 ns"), ("exp:0", "is always 0")])
def test_what_draws_distort_is_refused(tmp_path, service, remedy):
    done = sim(tmp_path, suite([1000], service), "--dry-run")
    assert done.returncode == 2
    assert remedy in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_rate_beside_a_closed_loop_is_refused(tmp_path):
    done = sim(tmp_path, suite([1000], factors={"arrival": "closed"}), "--dry-run")
    assert done.returncode == 2
    assert "rate_rps" in done.stderr and "closed loop" in done.stderr
    mixed = suite([1000], factors={"arrival": ["closed", "poisson"]})
    assert sim(tmp_path, mixed, "--dry-run").returncode == 0


def test_a_backlog_that_nobody_serves_ends_its_trial_alone(tmp_path):
    code, rows = trials(tmp_path, suite([5_000, 1_000_000_000, 4_000]))
    assert code == 1
    assert [rows[rate]["status"] for rate in (5_000, 1e9, 4_000)] == ["ok", "failed", "ok"]
    assert "wait for one of 64 connections" in rows[1e9]["reasons"]


def test_overload_and_too_short_a_run_have_a_status(tmp_path):
    code, rows = trials(tmp_path, suite([50_000, 99_900, 100_500], factors={"connections": 16384}))
    assert code == 0
    assert [rows[rate]["status"] for rate in (50_000, 99_900, 100_500)] == [
        "ok", "nonstationary", "overloaded"]
    # 4 load / (mu (1 - load)^2) of M/M/1.
    assert "relaxation time, 40 s" in rows[99_900]["reasons"]
    assert float(rows[50_000]["offered_load"]) == pytest.approx(0.5)
    assert float(rows[50_000]["utilisation"]) == pytest.approx(0.5, rel=0.02)
    assert float(rows[50_000]["service_mean_ns"]) == pytest.approx(10_000)


def test_the_estimate_follows_the_arrivals(tmp_path):
    def memory_gb(rate):
        said = sim(tmp_path, suite([rate]), "--dry-run", "--jobs", "1").stdout
        return float(said.split("memory: about ")[1].split(" GB")[0])
    assert memory_gb(50_000) < 0.01 < memory_gb(1_000_000_000)
