"""Goal: the last line of a test run never says more than what ran, and a slow test is named.
Method: tests/tally.py over made-up reports in the forms of ctest and of pytest.
"""

import pytest

from tests import tally

CASE = '<testcase classname="{place}" name="{name}" time="{time}" {more}>{inside}</testcase>'
OUTCOMES = {
    "pytest-passed": ("passed", "", ""),
    "pytest-failure": ("failed", "", "<failure/>"),
    "pytest-error": ("failed", "", "<error/>"),
    "pytest-skipped": ("skipped", "", "<skipped/>"),
    "ctest-run": ("passed", 'status="run"', ""),
    "ctest-fail": ("failed", 'status="fail"', ""),
    "ctest-not-there": ("failed", 'status="notrun"', "<skipped/>"),
    "ctest-disabled": ("skipped", 'status="disabled"', "<skipped/>"),
}


def case(name, time=1.0, more="", inside="", place="room"):
    return CASE.format(place=place, name=name, time=time, more=more, inside=inside)


@pytest.fixture
def report(tmp_path):
    def write(*cases, name="build", text="<testsuite>{}</testsuite>"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "report.xml").write_text(text.format("".join(cases)))
        return str(folder / "report.xml")
    return write


@pytest.mark.parametrize("form", OUTCOMES)
def test_each_outcome_is_counted_as_what_it_is(report, capsys, form):
    outcome, more, inside = OUTCOMES[form]
    path = report(case("it", more=more, inside=inside), case("other"))
    failed = int(outcome == "failed")
    assert tally.main([path]) == failed
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == f"{1 + (outcome == 'passed')} passed, {failed} failed"
    assert (f"{outcome}: {path}: room.it" in said) == (outcome != "passed")


@pytest.mark.parametrize("broken", ["missing", "empty", "cut short"])
def test_a_report_that_is_not_there_is_a_failure(report, tmp_path, capsys, broken):
    whole = report(case("it"))
    path = {"missing": lambda: str(tmp_path / "none.xml"),
            "empty": lambda: report(name="empty"),
            "cut short": lambda: report(case("it"), name="cut", text="<testsuite>{}")}[broken]()
    assert tally.main([whole, path]) == 1
    said = capsys.readouterr().out
    assert f"failed: {path}: empty" in said
    assert said.splitlines()[-1] == "1 passed, 1 failed"


def test_skips_alone_are_no_success(report, capsys):
    assert tally.main([report(case("it", inside="<skipped/>"))]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"


def test_the_ten_slowest_of_all_reports_are_named_slowest_first(report, capsys):
    tally.main([report(*[case(f"p{i}", time=i) for i in range(20)]),
                report(*[case(f"a{i}", time=i + 0.5) for i in range(18)], name="build-address")])
    lines = [line for line in capsys.readouterr().out.splitlines() if "slowest" in line]
    assert [line.split(".")[-1] for line in lines] == [
        "p19", "p18", "a17", "p17", "a16", "p16", "a15", "p15", "a14", "p14"]
    assert lines[2].split() == ["17.5", "s", "slowest:", "build-address:", "room.a17"]


def test_parts_are_told_with_their_wall_and_their_cores_time(report, tmp_path, capsys):
    times = tmp_path / "times.tsv"
    times.write_text("build build/\t61\t100.4\t19.8\nPython tests\t30\t12\t3\n")
    assert tally.main(["--times", str(times), report(case("it"))]) == 0
    parts = capsys.readouterr().out.splitlines()[:2]
    assert [part.split() for part in parts] == [
        ["61", "s", "120", "core", "s", "build", "build/"],
        ["30", "s", "15", "core", "s", "Python", "tests"]]
