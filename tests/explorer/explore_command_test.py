"""Goal: `etude explore` keeps its part of the contract: exit codes, one line on a mistake, nothing
half-written. That it finds errors is shown by the mutants, which replay what they found.
"""

import json
import subprocess

import pytest

from tests.tidy_sources import BUILD, scheduler_names

ETUDE = BUILD / "etude"


def explore(*arguments, folder):
    return subprocess.run([ETUDE, "explore", *arguments], cwd=folder, capture_output=True,
                          text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", scheduler_names())
def test_each_scheduler_and_alias_passes_a_thousand_schedules(name, tmp_path):
    run = explore("--scheduler", name, "--schedules", "1000", folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1000 schedules" in run.stdout and "0 failures" in run.stdout
    assert not list(tmp_path.iterdir()), "no failure, no file"


def test_an_exhaustive_search_says_that_it_came_to_its_end(tmp_path):
    run = explore("--scheduler", "fifo", "--exhaustive", "--workers", "2", "--tasks", "1",
                  "--preemptions", "1", folder=tmp_path)
    assert run.returncode == 0 and "all there are" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("arguments", [
    ["--scheduler", "fofi"],
    ["--scheduler", "fifo", "--set", "order=lifo"],
    ["--scheduler", "fifo", "--workers", "3", "--threads-per-core", "2"],
    ["--replay", "missing.json"],
    [],
])
def test_a_mistake_is_one_line_and_exit_2(arguments, tmp_path):
    run = explore(*arguments, folder=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert len(run.stderr.strip().splitlines()) == 1 and run.stdout == ""


def test_a_file_that_holds_no_finding_is_a_mistake(tmp_path):
    (tmp_path / "no.json").write_text(json.dumps({"schema": 1}))
    run = explore("--replay", "no.json", folder=tmp_path)
    assert run.returncode == 2 and "no.json" in run.stderr
