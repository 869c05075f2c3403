"""`etude calibrate` as a user meets it. No time is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.runs import BOUND_S, ETUDE, environment

SUITES = Path(__file__).resolve().parents[2] / "experiments" / "suites"
# Answers as etude_bench does, with 10 ns for each benchmark that is asked for.
BENCH = """
import json, sys
names = sys.argv[-1].removeprefix("--benchmark_filter=^(").removesuffix(")$").split("|")
print(json.dumps({"benchmarks": [{"name": name, "cpu_time": 10, "real_time": 10,
                                  "time_unit": "ns"} for name in names]}))
"""


@pytest.fixture
def bench(tmp_path: Path) -> dict[str, str]:
    script = tmp_path / "bench.py"
    script.write_text(BENCH)
    return {"ETUDE_BENCH": f"{sys.executable} {script}"}


def calibrate(suite: Path, out: Path, *options: str, env: dict[str, str]):
    command = [ETUDE, "calibrate", suite, "--out", out, "--runs", out.parent / "runs", *options]
    return subprocess.run([str(word) for word in command], env=env, capture_output=True, text=True,
                          timeout=BOUND_S, check=False)


def small_suite(tmp_path: Path) -> Path:
    suite = json.loads((SUITES / "calibrate.json").read_text())
    suite |= {"blocks": 1, "warmup_s": 0.05, "points": [
        {"connections": [8, 16]}, {"connections": 8, "pipeline": 1},
        {"connections": 8, "pipeline": 1, "workload": "json"}]}
    path = tmp_path / "small.json"
    path.write_text(json.dumps(suite))
    return path


def test_real_runs_become_a_file_of_costs_with_their_sources(tmp_path, bench):
    out = tmp_path / "costs.json"
    done = calibrate(small_suite(tmp_path), out, "--seconds", "0.1", env=os.environ | bench)
    assert done.returncode == 0, done.stderr
    costs = json.loads(out.read_text())
    assert costs["machine"] and costs["git_rev"]
    assert costs["costs"]["visit_ns"]["value"] > 0
    assert costs["costs"]["switch_ns"] == {"value": 10,
                                           "source": "etude_bench: context/there_and_back"}
    assert all(entry["source"] for entry in costs["costs"].values())
    assert [point[0] for point in costs["visit_growth"]["points"]] == [8, 16]
    again = calibrate(small_suite(tmp_path), out, "--seconds", "0.1", env=os.environ | bench)
    assert again.returncode == 0 and json.loads(out.read_text()) == costs, "it only fits again"


@pytest.mark.parametrize("cause,message", [
    ("no suite", "cannot be read"), ("no directory", "cannot be written"),
    ("a directory", "is a directory"), ("no bench", "cannot be started"),
    ("failing bench", "failed: exit 3")])
def test_a_mistake_is_one_line_and_leaves_no_costs(tmp_path, bench, cause, message):
    suite, out, env = small_suite(tmp_path), tmp_path / "costs.json", environment() | bench
    if cause == "no suite":
        suite = tmp_path / "none.json"
    if cause == "no directory":
        out = tmp_path / "none" / "costs.json"
    if cause == "a directory":
        out.mkdir()
    if cause == "no bench":
        env["ETUDE_BENCH"] = str(tmp_path / "none")
    if cause == "failing bench":
        (tmp_path / "bench.py").write_text("raise SystemExit(3)")
    done = calibrate(suite, out, "--quiet", env=env)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not out.is_file()
