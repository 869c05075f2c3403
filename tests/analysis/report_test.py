"""Goal: the command builds a whole report from a clone, and answers bad input in one line.
Method: run it as a user does, on made-up results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import synthetic

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments, python=sys.executable, cwd=ROOT):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([python, "analysis/report.py", *map(str, arguments)], cwd=cwd,
                          env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A three-block run of two schedulers, and its report."""
    folder = synthetic.write(tmp_path_factory.mktemp("quick") / "results", synthetic.Plan(
        schedulers=("fifo", "hybrid"), connections=(256, 1024), workloads=(("plaintext", 16),),
        blocks=3, hist=False))
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder / "report"


def test_three_blocks_print_no_verdict(quick):
    page = (quick / "report.html").read_text()
    assert "no verdict at 256 and 1,024 (3 valid blocks of the 6 needed)" in page
    assert "A quick look: 3 blocks" in page


@pytest.mark.parametrize("name", ["throughput", "latency", "cpu-per-request", "run-queue-delay"])
def test_each_figure_has_both_widths_three_formats_and_a_caption(quick, name):
    for width in ("3.33in", "7in"):
        for kind in ("pdf", "svg", "png"):
            path = quick / "figures" / f"{name}--plaintext-x16-batch-{width}.{kind}"
            assert path.stat().st_size > 1000
    assert "n = 3 blocks" in (quick / "figures" / f"{name}--plaintext-x16-batch.txt").read_text()


def test_the_page_needs_no_other_file_and_no_network(quick):
    page = (quick / "report.html").read_text()
    assert "<svg" in page
    for word in ('src="', "@import", "url(http", '<link rel="stylesheet"'):
        assert word not in page


@pytest.mark.parametrize("arguments, text", [
    (["/nonexistent"], "is not a directory"),
    ([], "the following arguments are required: DIR"),
])
def test_bad_input_answers_with_exit_2(arguments, text):
    done = run(*arguments)
    assert done.returncode == 2
    assert text in done.stderr.strip().splitlines()[-1]


def test_a_foreign_directory_is_not_overwritten(quick, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    done = run(quick.parent, "--out", tmp_path)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
