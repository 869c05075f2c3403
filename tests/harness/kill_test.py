"""Goal: kill -9 of a run at any moment loses no finished trial, doubles none, leaves no process.

Method: start a run, kill it after a random time, look at what is there, start it again, fifty
times; then let it finish. The random times come from a seed; nothing waits for more than the run.
"""

import os
import random
import subprocess
import time

from tests.harness.runs import BOUND_S, environment, journal_ids, rows, run_command, write_suite

KILLS = 50
BLOCKS = 40  # of four cells: more than fifty short runs finish


def whole_lines(out) -> list[str]:
    """The journal's finished lines, as they are on the disk."""
    path = out / "journal.jsonl"
    text = path.read_text() if path.exists() else ""
    return text[:text.rfind("\n") + 1].splitlines()


def running(pids: list[str]) -> list[str]:
    """Those processes that still run; a zombie waits for its new parent and does nothing."""
    alive = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                    alive.append(pid)
        except OSError:
            continue
    return alive


def test_kill_9_at_random_moments_loses_and_doubles_nothing(tmp_path):
    suite, out, pids = write_suite(tmp_path, blocks=BLOCKS), tmp_path / "out", tmp_path / "pids"
    pids.mkdir()
    rng = random.Random(11)
    finished: list[str] = []
    for kill in range(KILLS):
        harness = subprocess.Popen(run_command(suite, out, "--quiet"),
                                   env=environment(FAKE_PIDS=str(pids)))
        try:
            harness.wait(timeout=rng.uniform(0.02, 0.7))
        except subprocess.TimeoutExpired:
            harness.kill()
        harness.wait(timeout=BOUND_S)
        now = whole_lines(out)
        assert now[:len(finished)] == finished, f"kill {kill} changed what was finished"
        finished = now

        deadline = time.monotonic() + 20
        while left := running(os.listdir(pids)):
            assert time.monotonic() < deadline, f"processes {left} outlived kill {kill}"

    done = subprocess.run(run_command(suite, out), env=environment(), capture_output=True,
                          text=True, timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    assert whole_lines(out)[:len(finished)] == finished
    ids = journal_ids(out)
    assert len(ids) == len(set(ids)) == 4 * BLOCKS
    assert sorted(row["trial_id"] for row in rows(out)) == sorted(ids)
