"""`etude run` and `etude merge` as a user meets them, over a scripted server and client."""

import os
import resource
import signal
import subprocess

import pytest

from tests.harness.runs import (BOUND_S, content, environment, journal_ids, rows, run, run_command,
                                write_suite, ETUDE)

VOLATILE = {"started_at", "server_cpu_s", "server_user_s", "server_sys_s", "ctx_voluntary",
            "server_cpu_ns_per_request", "ctx_involuntary", "rss_max_bytes", "cpu_steal_frac",
            "machine_cpu_ns_per_request", "other_cpu_frac", "reasons"}


def steady(table: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows without what two runs of one plan may differ in."""
    return [{name: value for name, value in row.items() if name not in VOLATILE} for row in table]


def test_a_run_leaves_every_file_and_a_row_per_trial(tmp_path):
    done = run(write_suite(tmp_path), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "suite.json", "env.json", "journal.jsonl", "trials.csv", "workers.csv", "windows.csv",
        "hist.csv", "classes.csv"}
    table = rows(tmp_path / "out")
    assert len(table) == 8
    for row in table:
        assert row["status"] == "ok", row["reasons"]
        assert row["steals"] == "10", "the difference of two answers of /stats"
        assert row["throughput_rps"] == {"16": "164", "32": "328"}[row["connections"]]
        assert float(row["server_cpu_ns_per_request"]) >= 0
        assert row["lat_batch_p99_ns"] == "", "not measured is empty"
        assert row["client_cpu_s"] == "0.75"
        assert row["node"] == os.uname().nodename
    assert len({row["trial_id"] for row in table}) == 8
    assert [(int(r["block"]), int(r["order"])) for r in table] == [
        (block, order) for block in range(2) for order in range(4)]
    for table_name in ("workers", "windows", "hist"):
        assert len(rows(tmp_path / "out", table_name)) == 8
    spread = {(row["accepted"], row["connections"]) for row in rows(tmp_path / "out", "workers")}
    assert spread == {("0", "64")}, "open as the measured time begins, not what is left at its end"


def test_running_again_adds_nothing(tmp_path):
    suite, out = write_suite(tmp_path), tmp_path / "out"
    run(suite, out)
    before = content(out)
    assert run(suite, out).returncode == 0
    assert content(out) == before


def test_shards_merge_into_the_table_of_one_run(tmp_path):
    suite = write_suite(tmp_path)
    run(suite, tmp_path / "whole")
    shards = [tmp_path / f"shard{i}" for i in (1, 2, 3)]
    for number, shard in enumerate(shards, 1):
        assert run(suite, shard, "--shard", f"{number}/3").returncode == 0
    merged = tmp_path / "merged"
    command = [ETUDE, "merge", *shards, "--out", merged]
    for _ in range(2):  # merging again changes nothing
        subprocess.run(command, check=True, capture_output=True, timeout=BOUND_S)
        assert steady(rows(merged)) == steady(rows(tmp_path / "whole"))
        for table in ("windows", "hist"):
            assert (merged / f"{table}.csv").read_bytes() == (
                tmp_path / "whole" / f"{table}.csv").read_bytes()
        assert journal_ids(merged) == journal_ids(tmp_path / "whole")


def test_merging_two_runs_of_one_trial_is_refused(tmp_path):
    suite = write_suite(tmp_path)
    run(suite, tmp_path / "a", "--shard", "1/2")
    run(suite, tmp_path / "b", FAKE_LOAD="garbage")
    done = subprocess.run([ETUDE, "merge", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c"],
                          capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert done.returncode == 2
    assert "another record of trial" in done.stderr
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(("what", "options", "changes"), [
    ("suite", [], {"duration_s": 0.2}), ("seed", ["--seed", "7"], {}),
    ("blocks", ["--blocks", "3"], {})])
def test_a_directory_of_another_run_is_refused_and_unchanged(tmp_path, what, options, changes):
    out = tmp_path / "out"
    run(write_suite(tmp_path), out, "--only", "connections=16")
    before = content(out)
    done = run(write_suite(tmp_path, **changes), out, *options)
    assert done.returncode == 2, what
    assert "another suite" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert content(out) == before


def test_a_directory_with_other_files_is_refused_and_unchanged(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    before = content(out)
    assert run(write_suite(tmp_path), out).returncode == 2
    assert content(out) == before


@pytest.mark.parametrize(("changes", "named"), [
    ({"factors": {"scheduler": "fifa", "connections": 16, "workload": "plaintext"}}, "fifa"),
    ({"factors": {"scheduler": "fifo:speed=9", "connections": 16, "workload": "plaintext"}},
     "speed"),
    ({"warmup": 3}, "did you mean \"warmup_s\""),
    ({"blocks": "three"}, "blocks")])
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, changes, named):
    done = run(write_suite(tmp_path, **changes), tmp_path / "out")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "small.json" in done.stderr
    assert named in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path):
    done = run(write_suite(tmp_path), tmp_path / "out", "--dry-run")
    assert done.returncode == 0
    assert "8 trials, seed 1, 2 blocks, about" in done.stdout
    assert not (tmp_path / "out").exists()


def test_quiet_says_nothing(tmp_path):
    done = run(write_suite(tmp_path, blocks=1), tmp_path / "out", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("manner", "reason"), [
    ({"FAKE_SERVE": "crash"}, "before it was ready: exit 1: fake server: no such luck"),
    ({"FAKE_SERVE": "die"}, "ended under load: exit 1: fake server: struck by lightning"),
    ({"FAKE_LOAD": "garbage"}, "no JSON object")])
def test_a_failed_trial_is_a_row_with_its_reason(tmp_path, manner, reason):
    done = run(write_suite(tmp_path, blocks=1), tmp_path / "out", **manner)
    assert done.returncode == 1
    table = rows(tmp_path / "out")
    assert len(table) == 4
    for row in table:
        assert row["status"] == "failed"
        assert reason in row["reasons"]
        assert row["throughput_rps"] == ""


def test_a_nonstationary_trial_is_retried_once_and_both_are_kept(tmp_path):
    out = tmp_path / "out"
    done = run(write_suite(tmp_path, blocks=1), out, FAKE_LOAD="nonstationary")
    assert done.returncode == 0, done.stderr
    assert [row["attempt"] for row in rows(out)] == ["1", "2"] * 4
    assert len(set(journal_ids(out))) == 8


def test_what_the_machine_cannot_hold_is_a_row_and_not_shrunk(tmp_path):
    factors = {"scheduler": "fifo", "workload": "plaintext", "placement": "shared",
               "connections": [16, 1_000_000]}
    done = run(write_suite(tmp_path, blocks=1, factors=factors), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    by_connections = {row["connections"]: row for row in rows(tmp_path / "out")}
    assert by_connections["16"]["status"] == "ok"
    skipped = by_connections["1000000"]
    assert skipped["status"] == "skipped_machine_limit"
    assert "needs" in skipped["reasons"]
    assert skipped["throughput_rps"] == ""


def test_any_command_line_can_be_a_subject(tmp_path):
    subject = {"name": "files", "ready": "port",
               "command": ["/usr/bin/python3", "-m", "http.server", "{port}", "-b", "127.0.0.1"]}
    factors = {"subject": subject, "connections": 16, "workload": "plaintext",
               "placement": "shared"}
    done = run(write_suite(tmp_path, blocks=1, factors=factors), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "out")
    assert (row["subject"], row["scheduler"], row["status"]) == ("files", "", "ok")


def test_a_subject_that_is_not_installed_is_a_row_that_says_what_to_install(tmp_path):
    subject = {"name": "other", "ready": "port", "command": ["{bin}/subjects/no-such-server"],
               "provided_by": "no-such-package: bash build-it.sh"}
    factors = {"subject": ["etude", subject], "connections": 16, "workload": "plaintext",
               "placement": "shared", "scheduler": "fifo"}
    suite, out = write_suite(tmp_path, blocks=1, factors=factors), tmp_path / "out"
    listed = run(suite, out, "--dry-run")
    reason = (f"{ETUDE.parent}/subjects/no-such-server is not there; "
              "it is provided by no-such-package: bash build-it.sh")
    assert f"skipped: {reason}" in listed.stdout
    done = run(suite, out)
    assert done.returncode == 0, done.stderr
    assert "skipped_not_installed" in done.stderr
    by_subject = {row["subject"]: row for row in rows(out)}
    assert by_subject["etude"]["status"] == "ok"
    assert by_subject["other"]["status"] == "skipped_not_installed"
    assert by_subject["other"]["reasons"] == reason
    assert by_subject["other"]["throughput_rps"] == ""


def test_a_subject_that_nobody_provides_has_to_be_there(tmp_path):
    subject = {"name": "other", "ready": "port", "command": ["no-such-server"]}
    factors = {"subject": subject, "connections": 16, "workload": "plaintext",
               "placement": "shared"}
    done = run(write_suite(tmp_path, blocks=1, factors=factors), tmp_path / "out")
    assert done.returncode == 1
    (row,) = rows(tmp_path / "out")
    assert row["status"] == "failed"
    assert "cannot be started" in row["reasons"]


def test_a_program_on_the_path_is_there(tmp_path):
    subject = {"name": "files", "ready": "port", "provided_by": "python3",
               "command": ["python3", "-m", "http.server", "{port}", "-b", "127.0.0.1"]}
    factors = {"subject": subject, "connections": 16, "workload": "plaintext",
               "placement": "shared"}
    done = run(write_suite(tmp_path, blocks=1, factors=factors), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    (row,) = rows(tmp_path / "out")
    assert row["status"] == "ok", row["reasons"]


def test_a_second_harness_on_the_directory_is_refused(tmp_path):
    suite, out = write_suite(tmp_path), tmp_path / "out"
    first = subprocess.Popen(run_command(suite, out), env=environment(FAKE_LOAD="hang"),
                             stderr=subprocess.PIPE, text=True)
    try:
        while not (out / "trials.csv").exists():  # from then on it holds the lock
            assert first.poll() is None
        done = run(suite, out)
        assert done.returncode == 2
        assert "another etude" in done.stderr
    finally:
        first.send_signal(signal.SIGINT)
        while "once more abandons" not in first.stderr.readline():
            assert first.poll() is None
        first.send_signal(signal.SIGINT)
        assert first.wait(timeout=BOUND_S) == 130
        first.stderr.close()
    assert journal_ids(out) == [], "the abandoned trial is no record"


def test_ctrl_c_finishes_the_trial_and_says_how_to_go_on(tmp_path):
    suite, out = write_suite(tmp_path, blocks=50), tmp_path / "out"
    running = subprocess.Popen(run_command(suite, out), env=environment(),
                               stderr=subprocess.PIPE, text=True)
    assert running.stderr.readline(), "the line of the first finished trial"
    running.send_signal(signal.SIGINT)
    _, talk = running.communicate(timeout=BOUND_S)
    assert running.returncode == 130
    assert "run the same command again" in talk
    table = rows(out)
    assert 1 <= len(table) < 200
    assert all(row["status"] == "ok" for row in table)
    assert [row["trial_id"] for row in table] == journal_ids(out)


def test_a_full_disk_stops_the_run_and_keeps_what_is_there(tmp_path):
    suite, out = write_suite(tmp_path, blocks=5), tmp_path / "out"

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    full = subprocess.run(run_command(suite, out), env=environment(), capture_output=True,
                          text=True, timeout=BOUND_S, check=False, preexec_fn=small_files_only)
    assert full.returncode == 1, full.stderr
    assert "cannot be written" in full.stderr
    kept = journal_ids(out)
    assert 1 <= len(kept) < 20
    assert run(suite, out).returncode == 0
    assert journal_ids(out)[:len(kept)] == kept
    assert len(set(journal_ids(out))) == len(journal_ids(out)) == 20
