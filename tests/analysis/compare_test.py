"""Goal: compare.py says what a change did, and its exit code tells a CI job.
Method: pairs of made-up runs with a known effect, run as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

import synthetic

ROOT = Path(__file__).resolve().parents[2]


def plan(run_id, seed, **changes):
    return synthetic.Plan(**{"schedulers": ("fifo", "hybrid"), "connections": (256, 1024),
                             "workloads": (("plaintext", 16),), "hist": False, "noise": 0.004,
                             "run_id": run_id, "seed": seed, "blocks": 10, **changes})


def compare(*arguments):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([sys.executable, "analysis/compare.py", *map(str, arguments)], cwd=ROOT,
                          env=environment, capture_output=True, text=True, timeout=120)


def test_a_faster_scheduler_passes_and_is_named(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1))
    new = synthetic.write(tmp_path / "new", plan("new", 2, effects={"hybrid": 1.08}))
    done = compare(old, new, "--csv", tmp_path / "change.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_csv(tmp_path / "change.csv")
    better = table[(table["metric"] == "throughput_rps") & (table["series"] == "hybrid")]
    assert set(better["verdict"]) == {"higher"} and "faster" in done.stdout
    fifo = table[(table["metric"] == "throughput_rps") & (table["series"] == "fifo")]
    assert not set(fifo["verdict"]) & {"higher", "lower"}


def test_a_slower_scheduler_fails(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1))
    new = synthetic.write(tmp_path / "new", plan("new", 2, effects={"hybrid": 0.9}))
    done = compare(old, new)
    assert done.returncode == 1 and "slower" in done.stdout


def test_a_slower_machine_is_no_slower_code(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1))
    new = synthetic.write(tmp_path / "new", plan("new", 2))
    frame = pd.read_csv(new / "trials.csv")
    for column in ("throughput_rps", "requests"):
        frame[column] = (frame[column] * 0.9).round()
    frame["inflight_mean"] *= 0.9
    frame.to_csv(new / "trials.csv", index=False)
    done = compare(old, new)
    assert done.returncode == 0 and "the machine changed" in done.stdout


def test_another_machine_gives_no_verdict(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1))
    new = synthetic.write(tmp_path / "new", plan("new", 2, effects={"hybrid": 0.9}))
    for folder, cpu in ((old, "A"), (new, "B")):
        (folder / "env.json").write_text(json.dumps({"machine": {"cpu_model": cpu}}))
    done = compare(old, new)
    assert done.returncode == 0 and "different machines (cpu_model)" in done.stdout
    assert compare(old, new, "--strict").returncode == 3


def test_too_few_blocks_pass_unless_strict(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1, blocks=3))
    new = synthetic.write(tmp_path / "new", plan("new", 2, blocks=3, effects={"hybrid": 0.5}))
    assert compare(old, new).returncode == 0
    done = compare(old, new, "--strict")
    assert done.returncode == 3 and "3 valid blocks of the 6 needed" in done.stdout


def test_runs_without_a_common_cell_are_refused(tmp_path):
    old = synthetic.write(tmp_path / "old", plan("old", 1))
    new = synthetic.write(tmp_path / "new", plan("new", 2, connections=(4096,)))
    done = compare(old, new)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
