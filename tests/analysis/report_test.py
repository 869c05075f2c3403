"""Goal: the command builds a whole report from a clone, and answers bad input in one line.
Method: run it as a user does, on made-up results."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import synthetic

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments, python=sys.executable, cwd=ROOT):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run([python, "analysis/report.py", *map(str, arguments)], cwd=cwd,
                          env=environment, capture_output=True, text=True, timeout=900)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A three-block run of two schedulers, and its report."""
    folder = synthetic.write(tmp_path_factory.mktemp("quick") / "results", synthetic.Plan(
        schedulers=("fifo", "hybrid"), connections=(256, 1024), workloads=(("plaintext", 16),),
        blocks=3, hist=False))
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder / "report"


def test_three_blocks_leave_all_undecided(quick):
    page = (quick / "report.html").read_text()
    assert ("hybrid against fifo: undecided at 256 and 1,024 (3 valid blocks of the 6 needed"
            in page)
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Real and simulated trials, open and closed loop, with a claims file: every part is there."""
    folder = tmp_path_factory.mktemp("whole")
    real = synthetic.write(folder / "real", synthetic.Plan(
        connections=(256, 4096), blocks=10, workloads=(("plaintext", 16),), open_rates=(0.3, 0.6),
        effects={"hybrid": 1.05}))
    frame = pd.read_csv(real / "trials.csv", dtype=str, keep_default_na=False)
    frame.loc[5, ["throughput_rps", "status", "reasons"]] = ["", "failed", "port 4711 was taken"]
    frame.loc[9, "status"] = "nonstationary"
    frame.to_csv(real / "trials.csv", index=False)
    model = synthetic.write(folder / "model", synthetic.Plan(
        connections=(256, 4096), blocks=2, workloads=(("plaintext", 16),), source="simulated",
        run_id="sim", control=False, ceiling=False, hist=False, effects={"work-stealing": 0.7}))
    (folder / "claims.json").write_text(json.dumps({"schema": 1, "source": "guide.md", "claims": [
        {"id": "faster", "source_line": "12", "statement": "hybrid gains", "kind": "ratio",
         "metric": "throughput_rps", "claimed": [1.02, 1.25],
         "cell": {"connections": 4096, "arrival": "closed"},
         "first": {"scheduler": "hybrid"}, "second": {"scheduler": "fifo"}}]}))
    done = run(real, model, "--claims", folder / "claims.json", "--out", folder / "report")
    assert done.returncode == 0, done.stderr
    return folder / "report"


NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> set[str]:
    """Number tokens without thousands separators and signs; "95", "1.031", "16384"."""
    found = set()
    for token in NUMBER.findall(text):
        digits = token.lstrip("+-\u2212").rstrip(",").replace(",", "")
        found.add(digits.rstrip("0").rstrip(".") if "." in digits else digits)
    return found


def fields_of(path) -> set[str]:
    """The number tokens of a CSV, field by field: its commas are no thousands separators."""
    with path.open(newline="") as lines:
        return {number for row in csv.reader(lines) for field in row for number in numbers(field)}


class Text(HTMLParser):
    """What a reader can see: text, hover values and labels; not scripts, styles or drawings."""

    def __init__(self):
        super().__init__()
        self.parts, self._hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self._hidden += tag in ("script", "style")
        self.parts += [value for name, value in attributes
                       if name in ("data-tip", "aria-label", "alt", "title")]

    def handle_endtag(self, tag):
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._hidden:
            self.parts.append(data)


def test_every_number_of_the_page_is_found_in_a_csv_beside_it(whole):
    page = Text()
    page.feed((whole / "report.html").read_text())
    known = set()
    for path in (whole / "tables").glob("*.csv"):
        known |= fields_of(path)
    unknown = {number: part for part in page.parts for number in numbers(part) - known}
    assert not unknown, unknown
    assert len(numbers(" ".join(page.parts))) > 200  # the walk walked


def test_shown_text_follows_from_the_numbers_beside_it(whole):
    """The text columns are no second truth: they round the numeric columns of their row."""
    for row in pd.read_csv(whole / "tables" / "ratios.csv").itertuples():
        assert row.shown.startswith(f"{row.ratio:.3f}")
        if row.verdict in ("higher", "lower"):
            assert f"{abs(100 * (row.ratio - 1)):.1f} %" in row.words
    for row in pd.read_csv(whole / "tables" / "summary.csv").itertuples():
        scale = {"k req/s": 1e-3, "k req": 1e-3, "ms": 1e-6, "µs": 1e-3,
                 "MiB": 2**-20}.get(row.unit, 1)
        first = float(row.shown.split()[0].replace(",", ""))
        assert first == pytest.approx(row.median * scale, rel=0.01, abs=6e-4)


def test_a_second_run_gives_the_same_bytes(whole, tmp_path):
    folder = whole.parent
    done = run(folder / "real", folder / "model", "--claims", folder / "claims.json", "--out",
               tmp_path / "again", "--quiet")
    assert done.returncode == 0 and done.stderr == ""
    first = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    second = sorted(path.relative_to(tmp_path / "again")
                    for path in (tmp_path / "again").rglob("*") if path.is_file())
    assert first == second
    for path in first:
        # These three name the directory the report was written to.
        if path.name not in ("report.html", "reproduce.csv"):
            assert (whole / path).read_bytes() == (tmp_path / "again" / path).read_bytes(), path


def test_excluded_and_marked_trials_stand_on_the_page(whole):
    page = (whole / "report.html").read_text()
    assert "not measured: port 4711 was taken" in page and "nonstationary" in page
    assert len(pd.read_csv(whole / "tables" / "excluded.csv")) == 1
    assert len(pd.read_csv(whole / "tables" / "marked.csv")) == 1


def test_a_model_that_is_far_off_is_named(whole):
    table = pd.read_csv(whole / "tables" / "simulated.csv")
    far = table[table["too_far"]]
    assert set(far["series"]) == {"work-stealing"}
    page = (whole / "report.html").read_text()
    assert "These cells disagree by more than the rules allow" in page


def test_every_figure_has_csv_latex_and_caption(whole):
    names = pd.read_csv(whole / "tables" / "figures.csv")["name"]
    kinds = {name.split("--")[0] for name in names}
    assert {"throughput", "latency", "throughput-p99", "ccdf", "growth", "stages", "cpu-split",
            "forest-throughput", "forest-p99", "aa-strip", "iso-load", "simulated",
            "cpu-per-request", "run-queue-delay"} <= kinds
    for name in names:
        assert (whole / "figures" / f"{name}.txt").read_text().count("n = ") >= 1
        swept = name.split("--")[0] in ("throughput", "latency", "iso-load", "cpu-per-request",
                                        "run-queue-delay")
        for kind in ("csv", "tex"):
            assert swept or (whole / "tables" / f"{name}.{kind}").is_file()
    for column in ("throughput-rps", "lat-req-p99-ns", "lat-intended-p99-ns",
                   "server-cpu-ns-per-request", "sched-delay-p99-ns"):
        assert list((whole / "tables").glob(f"sweep-{column}--*.tex"))


def test_claims_are_judged_on_the_page_and_in_latex(whole):
    row = pd.read_csv(whole / "tables" / "claims.csv").iloc[0]
    assert row["verdict"] == "supported"
    assert "hybrid gains" in (whole / "report.html").read_text()
    assert r"\toprule" in (whole / "tables" / "claims.tex").read_text()


def test_the_page_says_how_to_reproduce_it(whole):
    text = (whole / "tables" / "reproduce.csv").read_text()
    for part in ("git checkout 0123abc", "build/etude run", "build/etude sim",
                 "analysis/report.py", "--claims"):
        assert part in text


def test_a_failed_run_leaves_an_older_report_alone(whole, tmp_path):
    before = (whole / "report.html").read_bytes()
    bad = synthetic.write(tmp_path / "bad", synthetic.Plan(blocks=1, hist=False))
    (bad / "trials.csv").write_text("schema\n9\n")
    done = run(bad, "--out", whole)
    assert done.returncode == 2 and (whole / "report.html").read_bytes() == before
    assert not [path for path in whole.parent.iterdir() if path.name.startswith(".report-")]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="texlive is not installed")
def test_the_paper_compiles(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "paper")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
                          cwd=tmp_path / "paper", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]


def test_another_python_without_the_libraries_goes_on_with_debians(tmp_path):
    """`-S` hides every installed package: the interpreter is then one without pandas."""
    probe = ("import sys; sys.path.insert(0, '.'); sys.argv = ['analysis/report.py', '--help'];"
             "from analysis import interpreter; interpreter.ensure(sys.argv); print('stayed')")
    done = subprocess.run([sys.executable, "-S", "-c", probe], cwd=ROOT, capture_output=True,
                          text=True, timeout=60, env={"PATH": os.environ["PATH"]})
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        assert done.returncode == 2 and "apt-get install python3-numpy" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    else:
        assert "usage: report.py" in done.stdout
