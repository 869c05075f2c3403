"""Goal: the guide's suite has every cell that the claims about the guide name, one for each role.
Method: run two rounds of it over scripted programs, and ask what a report would say of each claim.
"""

import json
import re

import pandas as pd
import pytest

from analysis import cells, claims, claims_file, load
from tests.harness.runs import ROOT, run

SUITE = ROOT / "experiments" / "suites" / "guide.json"
CLAIMS = claims_file.read(str(ROOT / "experiments" / "claims" / "guide.json"))
GUIDE_LINES = 228
MINUTES_MAX = 40


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    out, short = folder / "out", folder / "guide.json"
    suite = json.loads(SUITE.read_text())
    short.write_text(json.dumps(suite | {"until": {"pairs_min": 2, "pairs_max": 2}}))
    done = run(short, out, "--quiet")
    assert done.returncode == 0, done.stderr
    # The scripted client makes up its throughput; a report believes what follows from requests.
    table = pd.read_csv(out / "trials.csv", dtype=str, keep_default_na=False)
    measured = table["requests"] != ""
    rates = table["requests"][measured].astype(float) / table["duration_s"][measured].astype(float)
    table.loc[measured, "throughput_rps"] = rates.map("{:.1f}".format)
    table.to_csv(out / "trials.csv", index=False)
    results = load.read([str(out)])
    return claims.judged(CLAIMS, cells.with_names(results.trials), results.every,
                         results.environments, results.rounds, results.comparisons,
                         results.suites).set_index("claim")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_suite_has_the_cells_of_the_claim(judged, claim):
    row = judged.loc[claim.id]
    if claim.kind == "unchecked":
        assert row["reason"] == claim.reason
    else:
        # Skipped for what the machine lacks, or not reported by the script, is another matter.
        assert "has no cell" not in row["reason"], row["reason"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_claim_names_its_lines_in_the_guide(claim):
    lines = [int(number) for number in re.findall(r"\d+", claim.source_line)]
    assert lines and all(1 <= line <= GUIDE_LINES for line in lines)


def test_the_scripted_run_reaches_the_claims(judged):
    assert (judged["n"] >= 2).sum() > len(CLAIMS) / 3, judged["reason"].to_dict()


def test_the_suite_is_no_longer_than_it_says(tmp_path):
    done = run(SUITE, tmp_path / "out", "--dry-run")
    last = done.stdout.splitlines()[-1]
    assert int(re.search(r"at most (\d+) min", last)[1]) <= MINUTES_MAX, last
