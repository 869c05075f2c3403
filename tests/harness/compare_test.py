"""`etude compare` as a user meets it, over scripted servers and clients; one short real run.

The scripted ones answer FAKE_SPEED times the requests of one another, so that throughput has a
verdict that no machine can disturb.
"""

import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys

import pytest

from tests.harness.runs import BOUND_S, ETUDE, FAKE, content, environment, journal_ids, rows

SLOWER = {"FAKE_SPEED": "work-stealing=0.9"}
# A budget that no machine is too slow for: the evidence ends each run.
THROUGHPUT = ("--metric", "throughput", "--placement", "shared", "-d", "0.1", "-w", "0",
              "--budget", "1h")


def compare(directory, *words: str, **manners: str) -> subprocess.CompletedProcess:
    """Runs it in `directory`, where its default results directory then is."""
    return subprocess.run([ETUDE, "compare", *words], cwd=directory, env=environment(**manners),
                          capture_output=True, text=True, timeout=BOUND_S, check=False)


def test_a_slower_candidate_is_found_and_the_results_are_kept(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", *THROUGHPUT, "--out", "out", **SLOWER)
    assert done.returncode == 0, done.stderr
    heading, line = done.stdout.splitlines()
    assert heading == ("requests per second against fifo: plaintext x16, 256 connections, "
                       "1 server core, paired")
    assert re.fullmatch(r"  work-stealing  -\d+\.\d % \[-\d+\.\d, -\d+\.\d\]  slower \(\d+ pairs\)",
                        line)
    assert "results: out;" in done.stderr
    table = rows(tmp_path / "out", "comparisons")
    assert [(row["candidate"], row["verdict"], row["direction"]) for row in table] == [
        ("work-stealing", "differs", "slower")]
    assert 0.88 < float(table[0]["ratio"]) < 0.92
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "suite.json", "env.json", "journal.jsonl", "trials.csv", "comparisons.csv"}


def test_the_same_again_is_a_control_and_equivalent(tmp_path):
    done = compare(tmp_path, "fifo", "fifo", *THROUGHPUT, **SLOWER)
    assert done.returncode == 0, done.stderr
    assert "fifo again" in done.stdout
    assert "equivalent within 2 %" in done.stdout
    (out,) = (tmp_path / "results").iterdir()
    assert re.fullmatch(r"compare-fifo-\d{8}-\d{6}", out.name)
    assert {row["label"] for row in rows(out)} == {"A", "B"}


def test_a_control_beside_the_question_is_told_with_it(tmp_path):
    done = compare(tmp_path, "fifo", "fifo", "work-stealing", "-c", "16,32", *THROUGHPUT, **SLOWER)
    assert done.returncode == 0, done.stderr
    _, *lines = done.stdout.splitlines()
    assert [re.split(r"  +", line.strip())[:2] for line in lines] == [
        ["fifo again", "16 connections"], ["work-stealing", "16 connections"],
        ["fifo again", "32 connections"], ["work-stealing", "32 connections"]]
    assert sum("slower" in line for line in lines) == 2


def test_json_is_one_document_on_stdout(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", *THROUGHPUT, "--out", "out", "--json",
                   "--fail-if", "slower:2%", **SLOWER)
    answer = json.loads(done.stdout)
    assert done.returncode == answer["exit_code"] == 3
    assert answer["results"] == "out"
    assert answer["fail_if"] == {"condition": "slower:2%", "result": "shown"}
    (found,) = answer["comparisons"]
    assert (found["baseline"], found["candidate"], found["metric"]) == (
        "fifo", "work-stealing", "throughput")
    assert (found["verdict"], found["direction"]) == ("differs", "slower")
    assert found["low"] < found["ratio"] < found["high"] < 1
    assert found["pairs"] >= 6


@pytest.mark.parametrize(("condition", "speed", "code"), [
    ("slower:2%", "0.9", 3), ("worse:5%", "0.9", 3), ("differs", "0.9", 3), ("slower", "0.9", 3),
    ("slower:20%", "0.9", 0),  # shown to differ, by less
    ("slower:2%", "1.1", 0),   # the other way
    ("differs:2%", "1.1", 3), ("slower:2%", "1", 0)])
def test_fail_if_ends_with_3_when_it_is_shown_and_else_with_0(tmp_path, condition, speed, code):
    done = compare(tmp_path, "fifo", "work-stealing", *THROUGHPUT, "--fail-if", condition,
                   FAKE_SPEED=f"work-stealing={speed}")
    assert done.returncode == code, done.stdout + done.stderr


def test_fail_if_ends_with_4_when_nothing_was_decided(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", "--metric", "throughput", "--placement",
                   "shared", "-d", "2", "--budget", "1s", "--fail-if", "slower:2%", **SLOWER)
    assert "undecided: " in done.stdout
    assert done.returncode == 4
    assert "some will stay undecided" in done.stderr


def test_failed_trials_end_with_1_and_say_why(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", *THROUGHPUT, "--fail-if", "slower:2%",
                   FAKE_SERVE="crash")
    assert done.returncode == 1
    assert "undecided: no pair counts: " in done.stdout
    assert "trials.csv" in done.stderr


@pytest.mark.parametrize(("words", "named"), [
    (["fifo"], "is alone"),
    ([], "nothing to compare"),
    (["fifo", "wrok-stealing"], "did you mean work-stealing"),
    (["fifo", "hybrid:speed=9"], "speed"),
    (["fifo", "hybrid", "hybrid"], "named twice"),
    (["fifo", "hybrid", "--budget", "soon"], "'soon' is no duration"),
    (["fifo", "hybrid", "--budget", "0"], "less than one pair"),
    (["fifo", "hybrid", "-c", "256;512"], "no list of whole numbers"),
    (["fifo", "hybrid", "-c", "0"], "connections"),
    (["fifo", "hybrid", "--within", "0"], "--within"),
    (["fifo", "hybrid", "--within", "2"], "write it as 2%"),
    (["fifo", "hybrid", "--fail-if", "slower:abc"], "'abc' is no share"),
    (["fifo", "hybrid", "--fail-if", "slowr:2%"], "did you mean \"slower\""),
    (["fifo", "hybrid", "--fail-if", "higher:2%"], "--metric cpu"),
    (["fifo", "hybrid", "--fail-if", "slower:1%", "--within", "2%"], "lower --within"),
    (["fifo", "hybrid", "--metric", "speed"], "--metric"),
    (["fifo", "hybrid", "--metric", "p99", "--design", "duet"], "--design paired"),
    (["fifo", "hybrid", "--cores", "1000"], "--placement shared"),
    (["fifo", "hybrid", "--server-cores", "0"], "--client-cores"),
    (["fifo", "hybrid", "--workload", "users"], "begin a path with /"),
    (["fifo", "hybrid", "--arrival", "fixed"], "-R"),
    (["--subject", "no/such/etude", "--subject", "no/such/etude"], "there is no program"),
    (["fifo", "--subject", "sh -c true"], "{port}"),
    (["fifo", "--subject", "sh 'a"], "quote")])
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, words, named):
    done = compare(tmp_path, *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert named in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_quiet_says_the_verdicts_and_nothing_else(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", *THROUGHPUT, "--quiet", **SLOWER)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


def test_running_again_measures_nothing_and_says_the_same(tmp_path):
    words = ("fifo", "work-stealing", *THROUGHPUT, "--out", "out", "--quiet")
    first = compare(tmp_path, *words, **SLOWER)
    before = content(tmp_path)
    again = compare(tmp_path, *words, **SLOWER)
    assert again.returncode == 0
    assert again.stdout == first.stdout
    assert content(tmp_path) == before


def test_ctrl_c_stops_behind_a_round_and_the_same_command_goes_on(tmp_path):
    command = [ETUDE, "compare", "fifo", "hybrid", *THROUGHPUT, "--out", "out"]
    running = subprocess.Popen(command, cwd=tmp_path, env=environment(FAKE_SPEED="hybrid=1"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while "1 pair)" not in (line := running.stderr.readline()):
        assert line, "it ended before its first round"
    running.send_signal(signal.SIGINT)
    stdout, talk = running.communicate(timeout=BOUND_S)
    assert running.returncode == 130
    assert "undecided" in stdout
    assert "to go on, give the same command" in talk
    kept = journal_ids(tmp_path / "out")
    assert len(kept) in (2, 4)
    done = compare(tmp_path, *command[2:], FAKE_SPEED="hybrid=1")
    assert done.returncode == 0, done.stderr
    assert "equivalent" in done.stdout
    assert journal_ids(tmp_path / "out")[:len(kept)] == kept


def test_on_a_terminal_the_lines_renew_themselves_and_fit_it(tmp_path):
    terminal, far_end = pty.openpty()
    os.set_blocking(terminal, True)
    command = ["sh", "-c", 'stty cols 40 rows 10 <&2; exec "$@"', "sh", str(ETUDE), "compare",
               "fifo", "work-stealing", *THROUGHPUT]
    running = subprocess.Popen(command, cwd=tmp_path, env=environment(**SLOWER),
                               stdout=subprocess.PIPE, stderr=far_end, text=True)
    os.close(far_end)
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
    except OSError:  # Linux: the far end is closed
        pass
    os.close(terminal)
    stdout, _ = running.communicate(timeout=BOUND_S)
    assert running.returncode == 0
    assert "slower" in stdout
    blocks = seen.decode().split("\x1b[3A\r\x1b[J")
    assert len(blocks) > 6, "one for each round"
    for block in blocks[:-1]:
        heading, line, left = block.strip().splitlines()
        assert heading.startswith("requests per second")
        assert "work-stealing" in line
        assert "left" in left
        assert max(len(heading), len(line), len(left)) < 40


def test_builds_and_command_lines_can_be_compared(tmp_path):
    build = tmp_path / "old-etude"
    build.write_text(f"#!/bin/sh\nexec {sys.executable} {FAKE} \"$@\"\n")
    build.chmod(build.stat().st_mode | stat.S_IXUSR)
    words = tmp_path / "words"
    done = compare(tmp_path, "--subject", f"old={build}", "--subject", f"new={build}",
                   "--scheduler", "work-stealing:order=fifo", "--out", "out", *THROUGHPUT,
                   FAKE_WORDS=str(words), **SLOWER)
    assert done.returncode == 0, done.stderr
    assert "requests per second against old:" in done.stdout
    assert "  new" in done.stdout
    served = [line for line in words.read_text().splitlines() if line.startswith("serve")]
    assert served
    assert all("--scheduler work-stealing --set order=fifo --host 127.0.0.1 --port 0" in line
               for line in served)

    server = f"'{sys.executable}' -m http.server {{port}} -b 127.0.0.1"
    done = compare(tmp_path, "fifo", "--subject", server, *THROUGHPUT, "--out", "mixed", "--json",
                   "-p", "1", "--workload", "/")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["comparisons"]
    assert found["baseline"] == "fifo"
    assert found["candidate"].startswith("'")
    assert len(found["candidate"]) == 24


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path):
    done = compare(tmp_path, "fifo", "work-stealing", "-c", "16,32", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "2 comparisons in 2 groups" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_real_duet_of_a_scheduler_with_itself(tmp_path):
    done = subprocess.run([ETUDE, "compare", "fifo", "fifo", "-c", "16", "--budget", "3s",
                           "--json", "--out", "out"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["comparisons"]
    assert (found["metric"], found["control"]) == ("cpu", "aa")
    assert found["pairs"] + found["pairs_void"] >= 1
    assert len(rows(tmp_path / "out")) == 2 * (found["pairs"] + found["pairs_void"])
