"""Goal: the guide's suite has every cell that the claims about the guide name, one for each role.
Method: run it over scripted programs, one block of it, and ask what a report would say of each claim.
"""

import re

import pytest

from analysis import cells, claims, claims_file, load
from tests.harness.runs import ROOT, run

SUITE = ROOT / "experiments" / "suites" / "guide.json"
CLAIMS = claims_file.read(str(ROOT / "experiments" / "claims" / "guide.json"))
GUIDE_LINES = 228
# What the scripted client does not report; and what only the longest sweeps hold.
NOT_SCRIPTED = re.compile(r"latency .*was not measured|not measured: needs \d+ (open files|client)")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    out = tmp_path_factory.mktemp("guide") / "out"
    done = run(SUITE, out, "--blocks", "1", "--quiet")
    assert done.returncode == 0, done.stderr
    results = load.read([str(out)])
    return claims.judged(CLAIMS, cells.with_names(results.trials), results.every,
                         results.environments).set_index("claim")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_suite_has_the_cells_of_the_claim(judged, claim):
    row = judged.loc[claim.id]
    if claim.kind == "unchecked":
        assert row["reason"] == claim.reason
    elif not NOT_SCRIPTED.search(row["reason"]):
        assert "valid block" in row["reason"], row["reason"]
        assert row["n"] == 1, row["reason"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_claim_names_its_lines_in_the_guide(claim):
    lines = [int(number) for number in re.findall(r"\d+", claim.source_line)]
    assert lines and all(1 <= line <= GUIDE_LINES for line in lines)


def test_the_suite_lasts_about_as_long_as_it_says(tmp_path):
    done = run(SUITE, tmp_path / "out", "--dry-run")
    last = done.stdout.splitlines()[-1]
    assert re.search(r"10 blocks, about (3\d|40) min", last), last
