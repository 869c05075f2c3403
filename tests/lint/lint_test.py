"""Goal: `etude lint` says of the guide's own figures what Little's law says, and keeps its part of
the contract. Method: the shipped table, and tables with one mistake each.
"""

import json
import subprocess

import pytest

from tests.tidy_sources import BUILD, ROOT

GUIDE = ROOT / "experiments" / "claims" / "guide-tables.csv"
HEAD = "connections,pipeline,throughput_rps,latency_ms\n"


def lint(*arguments):
    return subprocess.run([BUILD / "etude", "lint", *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, check=False)


def written(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_three_rows_of_the_guide_cannot_be_raw_batch_latencies():
    run = lint(GUIDE, "--json")
    assert run.returncode == 1, run.stderr
    rows = json.loads(run.stdout)["rows"]
    busy = {(row["series"], row["connections"]): row["batch"]["busy_connections_least"]
            for row in rows if not row["batch"]["possible"]}
    assert {key: round(value) for key, value in busy.items()} == {
        ("plaintext", 256): 288, ("json", 256): 425, ("json", 512): 681}
    for row in rows:
        assert row["in_flight"] == pytest.approx(row["throughput_rps"] * row["latency_ms"] / 1000)
        assert row["request"]["possible"] == row["batch"]["possible"]


def test_population_explains_64_fold_of_a_claimed_39_9_fold():
    growth = {(step["series"], step["to_line"]): step
              for step in json.loads(lint(GUIDE, "--json").stdout)["growth"]}
    step = growth["plaintext", 5]
    assert step["population"] == 64
    assert step["latency"] == pytest.approx(39.9, abs=0.05)
    assert step["population"] * step["throughput"] == pytest.approx(85.1, abs=0.05)
    assert step["busy_share"] < 0.5, "fewer of the connections were busy"


def test_the_table_for_people_names_rows_reasons_and_growth():
    run = lint(GUIDE)
    assert run.returncode == 1 and run.stderr == ""
    assert "line 2: not as request or batch: 288 connections must have been busy, of 256" \
        in run.stdout
    assert "population alone x64.0" in run.stdout
    assert "3 of 7 rows cannot be a mean latency" in run.stdout


def test_a_possible_table_exits_0(tmp_path):
    assert lint(written(tmp_path, HEAD + "100,1,10000,10\n")).returncode == 0


@pytest.mark.parametrize(("text", "named"), [
    (HEAD + "256,16,fast,1.2\n", "table.csv: line 2: throughput_rps: \"fast\""),
    (HEAD + "1,1,1,1\n256,16,100,1.24ms\n", "line 3: latency_ms"),
    (HEAD + "0,16,100,1\n", "line 2: connections"),
    (HEAD + "256,1.5,100,1\n", "line 2: pipeline"),
    (HEAD + "256,16,-1,1\n", "throughput_rps"),
    (HEAD + "256,16,inf,1\n", "throughput_rps"),
    (HEAD + "256,16,3,719,758,1.24\n", "has 6 fields, the first line 4"),
    (HEAD + "256,16,\"1,1\n", "a quote is left open"),
    ("connections,throughput_rps,latency_ms\n", "pipeline: is missing"),
    ("speed," + HEAD, "\"speed\": is no column"),
    ("pipeline," + HEAD, "is there twice"),
    (HEAD, "has no row"), ("", "has no row")])
def test_a_bad_table_is_one_line_with_its_place_and_exit_2(tmp_path, text, named):
    run = lint(written(tmp_path, text))
    assert run.returncode == 2, run.stdout
    assert named in run.stderr and len(run.stderr.splitlines()) == 1 and run.stdout == ""


def test_a_missing_file_is_one_line(tmp_path):
    run = lint(tmp_path / "none.csv")
    assert run.returncode == 2 and "none.csv" in run.stderr
