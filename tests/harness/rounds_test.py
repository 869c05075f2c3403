"""`etude run` on a suite that compares by rounds, over scripted servers and clients.

Method: the scripted client gives the same throughput for equal cells, so every ratio is 1 and
the verdict is known; interleaved rounds run all servers at once, as duets do.
"""

import random
import subprocess

import pytest

from tests.harness.kill_test import whole_lines
from tests.harness.runs import BOUND_S, environment, rows, run, run_command, write_suite

ROUNDS = {"design": "interleaved", "aa": "fifo", "retries": 0,
          "compare": {"baseline": "fifo", "metrics": ["throughput"], "together": 3},
          "until": {"pairs_min": 6, "pairs_max": 8}}


def rounds_suite(directory, **changes):
    return write_suite(directory, **(ROUNDS | changes))


def verdicts(out):
    """What does not depend on how long things took."""
    timed = ("seconds_more",)
    return [{name: value for name, value in row.items() if name not in timed}
            for row in rows(out, "comparisons")]


def test_it_compares_until_the_evidence_is_there(tmp_path):
    out = tmp_path / "out"
    ran = run(rounds_suite(tmp_path), out)
    assert ran.returncode == 0, ran.stderr
    found = rows(out, "comparisons")
    assert [(row["candidate"], row["control"]) for row in found] == 2 * [
        ("fifo", "aa"), ("work-stealing:order=fifo", "")]
    for row in found:
        assert (row["verdict"], row["ratio"], row["pairs"]) == ("equivalent", "1", "6"), row
        assert row["metric"] == "throughput" and row["column"] == "throughput_rps"
    trials = rows(out)
    assert len(trials) == 2 * 6 * 3
    for row in trials:
        assert row["design"] == "interleaved" and float(row["round_s"]) > 0
        sides = [other["side"] for other in trials if other["pair_id"] == row["pair_id"]]
        assert sorted(sides) == ["0", "1", "2"]
    assert "equivalent" in ran.stdout, "the closing table goes to stdout"


def test_all_sides_of_a_round_begin_together(tmp_path):
    words = tmp_path / "words"
    assert run(rounds_suite(tmp_path), tmp_path / "out", FAKE_WORDS=str(words)).returncode == 0
    loads = [line for line in words.read_text().splitlines() if line.startswith("load")]
    assert loads and all("--start-fd" in line for line in loads)
    turns = {word for line in loads for word in line.split() if word.startswith("100ms:")}
    assert turns == {"100ms:0/3", "100ms:1/3", "100ms:2/3"}


def test_a_paired_round_runs_its_sides_back_to_back(tmp_path):
    words, out = tmp_path / "words", tmp_path / "out"
    ran = run(rounds_suite(tmp_path, design="paired"), out, FAKE_WORDS=str(words))
    assert ran.returncode == 0, ran.stderr
    kinds = [line.split()[0] for line in words.read_text().splitlines()]
    assert kinds == ["serve", "load"] * (len(kinds) // 2), "never two servers at once"
    assert {row["design"] for row in rows(out)} == {"paired"}


def test_kill_9_changes_no_decision(tmp_path):
    suite, whole, broken = rounds_suite(tmp_path), tmp_path / "whole", tmp_path / "broken"
    assert run(suite, whole).returncode == 0
    rng = random.Random(5)
    finished = []
    for _ in range(8):
        harness = subprocess.Popen(run_command(suite, broken, "--quiet"), env=environment())
        try:
            harness.wait(timeout=rng.uniform(0.1, 1.0))
        except subprocess.TimeoutExpired:
            harness.kill()
        harness.wait(timeout=BOUND_S)
        now = whole_lines(broken)
        assert now[:len(finished)] == finished
        finished = now
    assert run(suite, broken).returncode == 0
    assert verdicts(broken) == verdicts(whole)


def test_a_torn_round_is_run_again_as_another_attempt(tmp_path):
    suite, out = rounds_suite(tmp_path), tmp_path / "out"
    assert run(suite, out).returncode == 0
    journal = out / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))  # as a kill between two sides leaves it
    assert run(suite, out).returncode == 0
    again = [row for row in rows(out) if row["attempt"] == "2"]
    assert len(again) == 3 and len({row["pair_id"] for row in again}) == 1
    assert again[0]["pair_id"].endswith("-a2")
    assert all(row["verdict"] == "equivalent" and row["pairs"] == "6"
               for row in rows(out, "comparisons"))


def test_shards_merge_to_the_table_of_one_run(tmp_path):
    suite = rounds_suite(tmp_path)
    assert run(suite, tmp_path / "whole").returncode == 0
    for shard in ("1/2", "2/2"):
        assert run(suite, tmp_path / shard[0], "--shard", shard).returncode == 0
    merged = subprocess.run(
        [run_command(suite, tmp_path)[0], "merge", tmp_path / "1", tmp_path / "2", "--out",
         tmp_path / "merged"], capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert merged.returncode == 0, merged.stderr
    assert verdicts(tmp_path / "merged") == verdicts(tmp_path / "whole")


def test_a_server_that_crashes_is_an_undecided_comparison_and_no_endless_run(tmp_path):
    out = tmp_path / "out"
    ran = run(rounds_suite(tmp_path), out, FAKE_SERVE="crash")
    assert ran.returncode == 1
    for row in rows(out, "comparisons"):
        assert row["verdict"] == "undecided" and row["pairs"] == "0"
        assert row["void_reasons"] == "a side gave no result (6)"


def test_a_client_that_is_gone_before_the_start_is_a_void_round(tmp_path):
    out = tmp_path / "out"
    ran = run(rounds_suite(tmp_path), out, FAKE_LOAD="vanish")
    assert ran.returncode == 1, ran.stderr
    assert all("called away" in row["reasons"] for row in rows(out))
    assert all(row["pairs"] == "0" for row in rows(out, "comparisons"))


def test_a_budget_ends_the_run_and_says_what_it_would_take(tmp_path):
    out = tmp_path / "out"
    until = {"pairs_min": 6, "pairs_max": 8, "budget_s": 1}
    assert run(rounds_suite(tmp_path, until=until), out).returncode == 0
    open_ones = [row for row in rows(out, "comparisons") if row["verdict"] == "undecided"]
    assert open_ones and all(int(row["pairs_more"]) > 0 for row in open_ones)


@pytest.mark.parametrize("changes, problem", [
    ({"design": "trio"}, "trio"),
    ({"design": "blocks"}, "needs a design of rounds"),
    ({"compare": {"baseline": "fifi"}}, '"fifi" is no level of scheduler (did you mean "fifo"?)'),
    ({"compare": {"factor": "colour"}}, '"colour" is no factor'),
    ({"compare": {"together": 1}}, "together"),
    ({"until": {"pairs_min": 9, "pairs_max": 8}}, "below"),
    ({"until": {"ratio_within": 0}}, "ratio_within"),
    ({"aa": "work-stealing:order=fifo"}, "is not the baseline"),
])
def test_a_mistake_in_the_design_is_one_line_and_writes_nothing(tmp_path, changes, problem):
    out = tmp_path / "out"
    ran = run(rounds_suite(tmp_path, **changes), out)
    assert ran.returncode == 2, ran.stderr
    assert problem in ran.stderr and ran.stderr.count("\n") <= 2, ran.stderr
    assert not out.exists()


def test_a_mistake_in_a_set_is_one_line_of_a_dry_run(tmp_path):
    sets = [{"baseline": ["conections=16"], "only": []}]
    done = run(rounds_suite(tmp_path, compare={"sets": sets}), tmp_path / "out", "--dry-run")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "did you mean \"connections\"" in done.stderr
