"""Goal: `pip install ./analysis` gives a package that reads results and draws reports under its own
interpreter, and hides no other package that is called `analysis`.
Method: Debian's pip and setuptools, without a network, in a virtual environment that sees Debian's
libraries; reports of made-up results.
"""

import shutil
import sys
from pathlib import Path

import pytest

from tests.packaging.installed import ROOT, run

MAKE = ("import sys; sys.path[:0] = sys.argv[2:]; import synthetic; from pathlib import Path;"
        "synthetic.write(Path(sys.argv[1]), synthetic.Plan(schedulers=('fifo', 'hybrid'), blocks=1,"
        "connections=(256,), workloads=(('plaintext', 16),), hist=False, ceiling=False))")


@pytest.fixture(scope="module", name="python")
def in_an_environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "analysis"
    shutil.copytree(ROOT / "analysis", source, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", folder / "venv")
    python = folder / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index",
        "--disable-pip-version-check", source)
    return python


@pytest.fixture(scope="module", name="results")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "made-up"
    run(sys.executable, "-c", MAKE, folder, ROOT, ROOT / "tests/analysis")
    return folder


def test_a_report_is_drawn_by_the_installed_package(python, results):
    run(python, "-m", "etude_analysis", "report", results.name, "--quiet", cwd=results.parent)
    page = (results / "report/report.html").read_text()
    assert "<svg" in page and "<style" in page


def test_the_command_has_a_name_of_its_own(python):
    said = run(Path(python).parent / "etude-analysis", "--help")
    assert "etude_analysis report DIR" in said


def test_tables_are_read(python, results):
    said = run(python, "-c", "import sys, etude_analysis\n"
               "print(len(etude_analysis.load(sys.argv[1]).trials))\n"
               "from analysis import figures\nprint(figures.__file__)", results, cwd=results.parent)
    count, place = said.split()
    assert int(count) > 0 and "/site-packages/etude_analysis/tree/" in place


def test_another_package_named_analysis_is_not_hidden(python, tmp_path):
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis/__init__.py").write_text("mine = 1\n")
    assert run(python, "-c", "import etude_analysis, analysis; print(analysis.mine)",
               cwd=tmp_path) == "1\n"


@pytest.mark.parametrize(("words", "said"), [
    ((), "no command: is none of report"), (("draw",), "draw: is none of report"),
    (("report", "--quiet", "none"), "none: is not a directory")])
def test_bad_input_is_one_line(python, tmp_path, words, said):
    line = run(python, "-m", "etude_analysis", *words, code=2, cwd=tmp_path)
    assert line.count("\n") == 1 and said in line, line
