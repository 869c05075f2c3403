"""Goal: one line asks about a scheduler and is answered, with theory beside it; wrong lines are
refused; what is kept is a results directory like any other.
Method: `etude sim --scheduler ..` and etude_analysis.simulate(), held against closed forms that
are computed here."""

import csv
import json
import math
import subprocess
import sys

import pytest

from tests.serve.running import BUILD, LIMIT_S

ROOT = BUILD.parent
sys.path.insert(0, str(ROOT / "analysis"))
import etude_analysis  # noqa: E402
from analysis import max_load  # noqa: E402


def ask(*options):
    return subprocess.run([BUILD / "etude", "sim", *options, "--quiet"], capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)


def rows(*options):
    done = ask(*options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["rows"]


def test_an_answer_stands_beside_its_closed_form():
    alone, together, stealing = rows(
        "--scheduler", "fifo", "--scheduler", "shared-queue", "--scheduler", "work-stealing",
        "--cores", "4", "--service", "exp:10", "--load", ".7", "--requests", "150000",
        "--blocks", "2")
    assert [row["scheduler"] for row in (alone, together, stealing)] == [
        "fifo", "shared-queue", "work-stealing"]
    assert (alone["closed_form"], together["closed_form"]) == ("4 x M/M/1", "M/M/4")
    assert alone["closed_form_mean_ns"] == pytest.approx(10_000 / 0.3)
    assert together["closed_form_mean_ns"] == pytest.approx(13_572.12, rel=1e-5)
    assert together["closed_form_p99_ns"] == pytest.approx(
        10_000 * max_load.mmc_p99(4, 0.7), rel=1e-6)
    # Another order than first come: the mean alone is known.
    assert stealing["closed_form_mean_ns"] == together["closed_form_mean_ns"]
    assert stealing["closed_form_p99_ns"] is None
    for row in (alone, together, stealing):
        assert row["mean_ns"] == pytest.approx(row["closed_form_mean_ns"], rel=0.05)
        assert row["utilisation"] == pytest.approx(0.7, rel=0.02)
        assert row["efficiency"] == pytest.approx(1, abs=0.01)
    assert stealing["steals_per_request"] > 0
    assert alone["steals_per_request"] == 0


def test_slowdown_is_time_over_service_for_each_request():
    (row,) = rows("--scheduler", "fifo", "--service", "fixed:10", "--load", ".5",
                  "--requests", "200000", "--blocks", "1")
    assert row["closed_form"] == "M/D/1"
    assert row["slowdown_mean"] == pytest.approx(row["mean_ns"] / 10_000, rel=1e-3)
    assert row["slowdown_mean"] == pytest.approx(1.5, rel=0.02)
    # An arrival in order waits W = load E[S^2] / (2 E[S] (1 - load)), whatever it needs itself.
    (row,) = rows("--scheduler", "fifo", "--service", "bimodal:5,500,0.01", "--load", ".5",
                  "--requests", "1000000", "--blocks", "2")
    wait = 0.5 * (0.99 * 25 + 0.01 * 250_000) / (2 * 9.95 * 0.5)
    assert row["slowdown_mean"] == pytest.approx(1 + wait * (0.99 / 5 + 0.01 / 500), rel=0.1)


def test_several_loads_make_a_table():
    done = ask("--scheduler", "fifo", "--scheduler", "work-stealing:steal=one", "--cores", "2",
               "--service", "exp:5", "--load", "0.1:0.5:0.2", "--requests", "20000")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "mean" in lines[1] and "closed form" in lines[1]
    assert [line.split()[:2] for line in lines[2:8]] == [
        [name, load] for name in ("fifo", "work-stealing") for load in ("0.1", "0.3", "0.5")]


def test_what_is_kept_is_a_results_directory(tmp_path):
    out = tmp_path / "out"
    frame = etude_analysis.simulate(["fifo", "shared-queue"], "bimodal:5,50,0.1", [0.3, 0.6],
                                    cores=2, requests=20_000, runs=2, out=out)
    assert list(frame["load"]) == [0.3, 0.6] * 2
    kept = etude_analysis.load(out)
    assert len(kept.trials) == 8
    means = kept.trials.groupby(["scheduler", "rate_share"])["lat_intended_mean_ns"].mean()
    assert list(frame["mean_ns"]) == pytest.approx(list(means))
    # Each request is of one of two classes, and the classes' slowdowns are those of the requests.
    first = kept.trials.iloc[0]
    classes = kept.classes[kept.classes["trial_id"] == first["trial_id"]]
    assert list(classes["class"]) == ["short", "long"]
    assert classes["requests"].sum() == pytest.approx(first["requests"], rel=0.01)
    mean = (classes["requests"] * classes["slowdown_mean"]).sum() / classes["requests"].sum()
    assert mean == pytest.approx(first["slowdown_mean"], rel=1e-6)
    assert classes["slowdown_p99"].iloc[1] < classes["slowdown_p99"].iloc[0]
    hist = kept.hist[(kept.hist["trial_id"] == first["trial_id"])
                     & (kept.hist["metric"] == "slowdown_thousandths")]
    assert hist["count"].sum() == classes["requests"].sum()
    report = subprocess.run(["/usr/bin/python3", ROOT / "analysis/report.py", out, "--out",
                             tmp_path / "report"], capture_output=True, text=True, timeout=300,
                            check=False)
    assert report.returncode == 0, report.stderr


def test_python_has_the_same_answer_and_the_same_refusals():
    frame = etude_analysis.simulate("hybrid", "exp:5", 0.5, cores=2, requests=10_000, runs=1)
    assert len(frame) == 1
    assert math.isnan(frame["closed_form_mean_ns"][0])
    assert frame["closed_form"][0] == ""
    assert frame["p50_ns"].dtype == float
    with pytest.raises(etude_analysis.InputError, match="--load 1.2: has 1.2.*below 1"):
        etude_analysis.simulate("fifo", "exp:5", "1.2")


def test_a_mix_has_its_routes_apart(tmp_path):
    suite = {"blocks": 1, "warmup_s": 0.01, "duration_s": 0.2, "retries": 0,
             "models": {"t": {"costs": "zero", "delivery": "direct", "client": "ideal"}},
             "workloads": {"w": {"mix": [{"path": "/spin?us=5", "weight": 3},
                                         {"path": "/spin?us=50", "weight": 1}]}},
             "factors": {"scheduler": "fifo", "connections": 1024, "workload": "w",
                         "arrival": "poisson", "rate_rps": 20_000}}
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    done = ask(tmp_path / "suite.json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out/classes.csv").open(newline="") as file:
        short, long = csv.DictReader(file)
    assert (short["class"], long["class"]) == ("/spin?us=5", "/spin?us=50")
    assert int(short["requests"]) == pytest.approx(3 * int(long["requests"]), rel=0.15)
    assert float(short["lat_req_p50_ns"]) < float(long["lat_req_p50_ns"])
    assert float(long["slowdown_p50"]) == pytest.approx(
        float(long["lat_intended_p50_ns"]) / 50_000, rel=0.02)


@pytest.mark.parametrize("options, said", [
    ((), "neither a suite nor a scheduler"),
    (("suite.json", "--scheduler", "fifo"), "stands beside a suite"),
    (("suite.json", "--load", ".5"), "belong to --scheduler"),
    (("--scheduler", "fifo", "--service", "exp:5"), "--load: is missing"),
    (("--scheduler", "fifo", "--load", ".5"), "--service: is missing"),
    (("--scheduler", "fif", "--service", "exp:5", "--load", ".5"), "did you mean fifo"),
    (("--scheduler", "fifo:steal=one", "--service", "exp:5", "--load", ".5"), "steal"),
    (("--scheduler", "fifo", "--service", "exp", "--load", ".5"), "exp"),
    (("--scheduler", "fifo", "--service", "exp:0", "--load", ".5"), "is always 0"),
    (("--scheduler", "fifo", "--service", "exp:5", "--load", "1"), "below 1"),
    (("--scheduler", "fifo", "--service", "exp:5", "--load", "0:.5:.1"), "above 0"),
    (("--scheduler", "fifo", "--service", "exp:5", "--load", ".1:.5"), "is no range"),
    (("--scheduler", "fifo", "--service", "exp:5", "--load", "half"), "is no number"),
    (("--scheduler", "fifo", "--service", "exp:5", "--load", ".5", "--costs", "none"), "none")])
def test_a_wrong_line_is_refused_in_one_line(options, said):
    done = ask(*options)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_look_takes_its_time_when_it_happens():
    """An independent simulation that looks peer by peer, and that of NSDI 2022: mean 1.40-1.43 us,
    p50 1.12-1.16, p99 5.12-5.14. Where a whole round of looks is one moment: 1.975, 1.72, 5.92."""
    (row,) = rows("--scheduler", "work-stealing", "--cores", "32", "--service", "exp:1",
                  "--load", ".6", "--costs", "nsdi22", "--requests", "400000", "--blocks", "2")
    assert 1.40e3 * 0.98 < row["mean_ns"] < 1.43e3 * 1.02
    assert 1.12e3 * 0.98 < row["p50_ns"] < 1.16e3 * 1.02
    assert 5.12e3 * 0.98 < row["p99_ns"] < 5.14e3 * 1.02
