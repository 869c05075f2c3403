"""Goal: whatever refuses or dies, finished trials stay, exactly once, and failed ones say why.

Method: let the disk refuse at each of many places (a file-size limit, a full file system, an fsync
that fails from its n-th call on), let a server or client be killed in the middle of a trial; look
at what is there, then run the same command again with everything well and count.
"""

import json
import os
import resource
import subprocess

import pytest

from tests.harness.runs import (BOUND_S, ROOT, environment, journal_ids, rows, run, run_command,
                                write_suite)

FAILING_FSYNC = ROOT / "build" / "tests" / "harness" / "libfailing_fsync.so"
BLOCKS = 2
TRIALS = 4 * BLOCKS


def finished(out) -> list[str]:
    return journal_ids(out) if (out / "journal.jsonl").exists() else []


def completes(suite, out, kept: list[str]) -> None:
    """The same command again keeps what was there and adds the rest, each trial once."""
    done = run(suite, out)
    assert done.returncode == 0, done.stderr
    assert journal_ids(out)[:len(kept)] == kept
    assert len(set(journal_ids(out))) == len(journal_ids(out)) == TRIALS
    assert sorted(row["trial_id"] for row in rows(out)) == sorted(journal_ids(out))
    assert not list(out.glob("*.tmp"))


def is_told_in_a_line(done: subprocess.CompletedProcess) -> None:
    complaints = [line for line in done.stderr.splitlines() if line.startswith("etude: ")]
    assert any("cannot be written" in line and "room" in line for line in complaints), done.stderr


# The calls of a run: suite, environment, five tables, then one per record, then tables again.
@pytest.mark.parametrize("call", [1, 2, 3, 7, 8, 9, 11, 15, 16, 19])
def test_an_fsync_that_fails_ends_the_run_and_loses_nothing(tmp_path, call):
    suite, out = write_suite(tmp_path, blocks=BLOCKS), tmp_path / "out"
    bad = environment(LD_PRELOAD=str(FAILING_FSYNC), ETUDE_FSYNC_FAILS_FROM=str(call))
    done = subprocess.run(run_command(suite, out), env=bad, capture_output=True, text=True,
                          timeout=BOUND_S, check=False)
    assert done.returncode == (2 if call == 1 else 1), done.stderr
    assert "Input/output error" in done.stderr
    is_told_in_a_line(done)
    kept = finished(out)
    assert len(kept) == max(0, min(call - 8, TRIALS)), "a record is there once its fsync succeeded"
    completes(suite, out, kept)


@pytest.mark.parametrize("limit_bytes", [0, 900, 3_000, 5_000, 9_000])
def test_a_file_that_may_not_grow_ends_the_run_and_loses_nothing(tmp_path, limit_bytes):
    suite, out = write_suite(tmp_path, blocks=BLOCKS), tmp_path / "out"
    done = subprocess.run(
        run_command(suite, out), env=environment(), capture_output=True, text=True, check=False,
        timeout=BOUND_S,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)))
    assert done.returncode in (1, 2), done.stderr
    is_told_in_a_line(done)
    completes(suite, out, finished(out))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 28 KiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=28k", "none", disk],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a file system can be mounted by root only: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_ends_the_run_and_with_room_it_goes_on(tmp_path, small_disk):
    suite, out = write_suite(tmp_path, blocks=BLOCKS), small_disk / "out"
    done = run(suite, out)
    assert done.returncode in (1, 2), done.stderr
    assert "No space left on device" in done.stderr
    is_told_in_a_line(done)
    kept = finished(out)
    assert len(kept) < TRIALS
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    completes(suite, out, kept)


@pytest.mark.parametrize(("manner", "reason"), [
    ({"FAKE_SERVE": "killed"}, "the server ended under load: signal 9"),
    ({"FAKE_LOAD": "killed"}, "the client ended with signal 9")])
def test_who_is_killed_in_a_trial_is_in_its_record_and_in_no_average(tmp_path, manner, reason):
    suite, out = write_suite(tmp_path, blocks=BLOCKS), tmp_path / "out"
    done = run(suite, out, **manner)
    assert done.returncode == 1
    table = rows(out)
    assert [row["status"] for row in table] == ["failed"] * TRIALS
    for row in table:
        assert reason in row["reasons"]
        assert (row["throughput_rps"], row["lat_req_mean_ns"], row["requests"]) == ("", "", "")
    again = run(suite, out)  # a failed trial is finished: it is not tried until it looks better
    assert again.returncode == 1
    assert len(journal_ids(out)) == TRIALS
    records = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    assert all(record["trial"]["status"] == "failed" for record in records)


def test_the_preloaded_fsync_fails_from_the_call_it_is_told():
    script = "import os; f = os.open('/tmp', os.O_RDONLY); os.fsync(f); os.fsync(f)"
    bad = os.environ | {"LD_PRELOAD": str(FAILING_FSYNC), "ETUDE_FSYNC_FAILS_FROM": "2"}
    done = subprocess.run(["/usr/bin/python3", "-c", script], env=bad, capture_output=True,
                          text=True, check=False, timeout=BOUND_S)
    assert "Input/output error" in done.stderr
