"""Every command says when what it writes is not taken: a full disk, a reader that went away.

Method: /dev/full refuses each write with ENOSPC; a pipe whose reader has closed refuses with EPIPE.
"""

import json
import os
import subprocess

import pytest

from tests.load.load_test import BUILD, ROOT, ceiling, load

TABLE = ROOT / "experiments/claims/guide-tables.csv"
SUITE = ROOT / "experiments/suites/quick.json"
COMMANDS = {
    "schedulers": ["schedulers"],
    "schedulers-json": ["schedulers", "--json"],
    "lint": ["lint", TABLE],
    "lint-json": ["lint", TABLE, "--json"],
    "run-dry": ["run", SUITE, "--dry-run"],
    "sim-dry": ["sim", SUITE, "--dry-run"],
    "explore": ["explore", "--scheduler", "fifo", "--schedules", "20", "--quiet"],
    "help": ["--help"],
    "load-help": ["load", "--help"],
}


def run(words, stdout):
    return subprocess.run([BUILD / "etude", *words], stdout=stdout, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_line_and_exit_1(name):
    with open("/dev/full", "w") as full:
        ran = run(COMMANDS[name], full)
    assert ran.returncode == 1, ran.stderr
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("etude: stdout: No space left on device"), ran.stderr


@pytest.mark.parametrize("name", ["schedulers-json", "lint", "help"])
def test_a_reader_that_went_away_is_one_line_and_exit_1(name):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        ran = run(COMMANDS[name], pipe)
    assert ran.returncode == 1, "not the signal"
    assert ran.stderr.splitlines()[-1].startswith("etude: stdout: Broken pipe"), ran.stderr


def test_a_server_that_cannot_say_where_it_is_ends():
    for words in (["etude", "serve", "--scheduler", "fifo", "--port", "0"],
                  ["etude_ceiling", "--port", "0"]):
        with open("/dev/full", "w") as full:
            ran = subprocess.run([BUILD / words[0], *words[1:]], stdout=full, timeout=60,
                                 stderr=subprocess.PIPE, text=True, check=False)
        assert ran.returncode == 1, ran.stderr
        assert "stdout: " in ran.stderr


def test_what_was_measured_is_not_lost_to_stdout(tmp_path):
    out = tmp_path / "r.json"
    with ceiling() as url, open("/dev/full", "w") as full:
        ran = run(["load", url, "-d", "50ms", "-w", "0", "--json", out], full)
    assert ran.returncode == 1
    assert json.loads(out.read_text())["requests"] > 0


@pytest.mark.parametrize("option", ["--json", "--hist", "--hgrm"])
def test_a_file_that_is_refused_is_exit_1_and_the_others_are_written(option, tmp_path):
    kept = tmp_path / "kept"
    other = "--hist" if option == "--json" else "--json"
    with ceiling() as url:
        ran = load(url, "-d", "50ms", "-w", "0", "-q", option, "/dev/full", other, kept)
    assert ran.returncode == 1
    assert ran.stderr.startswith("etude: /dev/full: No space left on device")
    assert kept.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


STDERR = {"full": "2>/dev/full", "closed": "2>&-", "no reader": "2> >(exec true)"}


def shell(words, redirections):
    line = " ".join(f'"{word}"' for word in words) + f" {redirections}"
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("redirection", STDERR.values(), ids=STDERR)
def test_a_mistake_is_exit_2_where_nobody_reads_what_it_was(redirection):
    assert shell([BUILD / "etude", "nonsense"], redirection).returncode == 2


@pytest.mark.parametrize("redirection", STDERR.values(), ids=STDERR)
def test_a_campaign_is_finished_where_nobody_reads_its_progress(redirection, tmp_path):
    suite = {"name": "two", "seed": 1, "blocks": 1, "warmup_s": 0.01, "duration_s": 0.1,
             "models": {"free": {"costs": "zero"}},
             "workloads": {"w": {"simulated": {"service": "fixed:10"}}},
             "factors": {"workload": "w", "scheduler": ["fifo", "hybrid"], "connections": 8}}
    (tmp_path / "two.json").write_text(json.dumps(suite))
    out = tmp_path / "out"
    ran = shell([BUILD / "etude", "sim", tmp_path / "two.json", "--out", out], redirection)
    assert ran.returncode == 0, ran
    assert len((out / "trials.csv").read_text().splitlines()) == 3


def test_a_closed_stdout_is_no_free_number_for_a_socket():
    ran = shell([BUILD / "etude", "serve", "--scheduler", "fifo", "--port", "0"], ">&-")
    assert ran.returncode == 1
    assert "stdout" in ran.stderr


def test_a_name_that_is_no_text_is_told_on_one_line():
    ran = shell([BUILD / "etude", "lint"], r"$'/nowhere\xff\n.csv'")
    assert ran.returncode == 2
    assert ran.stderr.startswith(r"etude: /nowhere\xff\x0a.csv: "), ran.stderr
    assert ran.stderr.count("\n") == 1
