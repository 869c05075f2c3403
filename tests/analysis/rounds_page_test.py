"""Goal: a run by rounds opens with its answer: sentences, then a matrix that says the same to the
eye, in grey, on a phone and to a screen reader.
Method: made-up rounds with known effects; the written page, and the page in a real Chromium."""

import argparse
import re

import pandas as pd
import pytest

import browser
import synthetic_rounds
from analysis import contents, findings, load, matrix

EFFECTS = {"work-stealing": 1.10, "hybrid": 0.93, "ceiling": 0.85}
LOADS = (("plaintext", 16, 256), ("plaintext", 16, 16384), ("json", 1, 256))


def built(folder, plan):
    results = load.read([str(synthetic_rounds.write(folder / "results", plan))])
    options = argparse.Namespace(baseline="", claims=[])
    contents.write(results, folder / "report", "report", options, lambda text: None)
    return folder / "report"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return built(tmp_path_factory.mktemp("rounds"), synthetic_rounds.Plan(
        loads=LOADS, effects=EFFECTS, metrics=("cpu", "p99"), solo_blocks=6,
        needs={("json", 1, 256): "8 server cores"}))


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    return built(tmp_path_factory.mktemp("moved"), synthetic_rounds.Plan(
        loads=LOADS[:1], effects=EFFECTS, aa=1.05))


def test_the_page_opens_with_sentences_then_the_matrix_then_figures(report):
    page = (report / "report.html").read_text()
    places = [page.index(mark) for mark in ('class="answer"', 'class="matrix"', "<figure",
                                            'id="details"')]
    assert places == sorted(places)
    said = list(pd.read_csv(report / "tables" / "sentences.csv")["sentence"])
    assert 1 <= len(said) <= 5 and all(text in page for text in said)
    assert said[0].startswith("work-stealing costs ") and "more server CPU" in said[0]
    assert "cannot be asked of this machine (needs 8 server cores)" in said[-1]


def test_each_cell_of_the_matrix_is_a_row_of_the_findings(report):
    page = (report / "report.html").read_text()
    found = pd.read_csv(report / "tables" / "findings.csv", keep_default_na=False)
    body = page[page.index('class="matrix"'):page.index('class="legend"')]
    assert body.count("<td ") == len(found) + len(found[["metric", "load"]].drop_duplicates())
    for row in found[found["shown"] != ""].itertuples():
        ratio, ends = row.shown.split(" ", 1)
        assert f"</span> {ratio}</span> <span class=\"ends\">{ends}</span>" in body


def test_a_verdict_is_told_in_words_beside_its_colour_and_glyph(report):
    page = (report / "report.html").read_text()
    cells = re.findall(r'<td role="cell" class="([^"]*)" data-name="[^"]*">(.*?)</td>', page)
    words = {"better": "cheaper|lower", "worse": "dearer|higher", "equivalent": "equal within",
             "undecided": "undecided", "cannot": "needs 8 server cores"}
    seen = set()
    for kind, text in cells:
        if kind in words:
            seen.add(kind)
            assert re.search(words[kind], text), (kind, text)
            assert 'class="glyph"' in text
    assert {"better", "worse", "cannot"} <= seen


def test_what_to_use_is_the_best_that_was_found(report):
    advice = pd.read_csv(report / "tables" / "advice.csv")
    cpu = advice[(advice["metric"] == "cpu")].set_index("load")["best"]
    assert set(cpu[cpu.index.str.startswith("plaintext")]) == {"hybrid"}
    assert cpu["json, 256 connections"] == "not asked"


def test_controls_are_no_candidates(report):
    page = (report / "report.html").read_text()
    assert "control: A/A pair" in page and "control: bare server" in page
    said = " ".join(pd.read_csv(report / "tables" / "sentences.csv")["sentence"])
    assert "ceiling" not in said and "bare" not in said


def test_where_the_control_moves_nothing_is_concluded_and_it_is_said(moved):
    page = (moved / "report.html").read_text()
    found = pd.read_csv(moved / "tables" / "findings.csv", keep_default_na=False)
    assert set(found.loc[found["control"] == "", "verdict"]) == {"undecided"}
    assert "Nothing is concluded of server CPU per request under plaintext ×16" in page
    said = " ".join(pd.read_csv(moved / "tables" / "sentences.csv")["sentence"])
    assert "because a control moved" in said and "costs" not in said


def test_limitations_say_what_a_duet_is_and_whether_solo_agrees(report):
    text = (report / "tables" / "limitations.csv").read_text()
    assert "mutual contention" in text and "arXiv 2511.03533" in text
    agreement = pd.read_csv(report / "tables" / "agreement.csv")
    agreed = (agreement["low"] <= agreement["solo_high"]) & (agreement["solo_low"]
                                                             <= agreement["high"])
    assert list(agreed) == list(agreement["agree"]) and len(agreement) >= 6
    assert f"in {agreed.sum()} of {len(agreement)} cells" in text


def test_the_design_and_its_reason_stand_below_the_matrix(report):
    page = (report / "report.html").read_text()
    assert "Duet under 2 loads, 10 pairs: one worker that its load keeps busy." in page


def test_solo_trials_are_in_no_comparison(report):
    assert pd.read_csv(report / "tables" / "ratios.csv").empty
    found = pd.read_csv(report / "tables" / "findings.csv")
    assert set(found["design"]) == {"duet"}


def drift(tmp_path, size):
    results = synthetic_rounds.load(tmp_path, synthetic_rounds.Plan(
        loads=LOADS[:1], rounds=20, drift=size, noise=0.01))
    from analysis import rounds
    return rounds.drifting(results)


def test_a_ratio_that_drifts_is_named_and_a_steady_one_is_not(tmp_path):
    assert not drift(tmp_path / "steady", 0.0)["drifts"].any()
    table = drift(tmp_path / "drifting", 0.2)
    assert table.loc[table["control"] == "", "drifts"].all()
    assert not table.loc[table["control"] == "aa", "drifts"].any()


def test_advice_never_proposes_what_was_found_worse():
    row = {"metric": "cpu", "load": "x", "control": "", "baseline": "fifo", "ratio": 1.1,
           "low": 1.05, "high": 1.15, "verdict": "differs", "direction": "dearer"}
    table = pd.DataFrame([{**row, "candidate": "a"},
                          {**row, "candidate": "b", "verdict": "equivalent", "direction": ""},
                          {**row, "candidate": "c", "verdict": "undecided", "direction": ""}])
    assert matrix.best_of(table) == "fifo or b"
    assert matrix.best_of(table.iloc[2:]) == "undecided"


needs_browser = pytest.mark.skipif(not browser.found(), reason="chromium is not installed")


@pytest.fixture(scope="module")
def page():
    with browser.Browser() as running:
        yield running


@needs_browser
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_it_fits_the_window_without_an_error(page, report, width):
    page.open((report / "report.html").as_uri(), width)
    assert page.run("document.documentElement.dataset.ready") == "yes" and not page.complaints()
    assert page.run("document.documentElement.scrollWidth") <= width


@needs_browser
@pytest.mark.parametrize("width, height", [(375, 812), (1280, 900)])
def test_the_first_screen_holds_the_answer(page, report, width, height):
    page.open((report / "report.html").as_uri(), width, height)
    for what in (".answer li", ".matrix .metric", ".matrix td"):
        top = page.run(f"document.querySelector('{what}').getBoundingClientRect().bottom")
        assert top < height, what


@needs_browser
def test_a_screen_reader_finds_a_table_with_its_headers_on_a_phone(page, report):
    page.open((report / "report.html").as_uri(), 375)
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node.get("ignored")]
    assert "table" in roles and roles.count("rowheader") >= 4 and "columnheader" in roles
    found = len(findings.COLUMNS)
    assert roles.count("cell") >= found


def test_a_factor_compared_under_several_schedulers_names_them():
    found = pd.DataFrame({"factor": ["acceptor"] * 2, "baseline_cell_id": ["a", "b"]})
    trials = pd.DataFrame({"cell_id": ["a", "b"], "scheduler": ["fifo", "hybrid"]})
    loads = [(1, "spin, 64 connections")] * 2
    assert findings.with_schedulers(found, trials, loads) == [
        (1, "spin, 64 connections, fifo"), (1, "spin, 64 connections, hybrid")]
    assert findings.with_schedulers(found.iloc[:1], trials, loads[:1]) == loads[:1]
    assert findings.with_schedulers(found.assign(factor="scheduler"), trials, loads) == loads
