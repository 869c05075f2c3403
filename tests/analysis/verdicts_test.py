"""Goal: each rule of the protocol decides what it says, and nothing else does.
Method: comparisons built by hand around each threshold, then trials with one flaw each."""

import math

import numpy as np
import pandas as pd
import pytest

import synthetic
from analysis import cells, load, tables, verdicts
from analysis.stats import Interval


def comparison(estimate, low, high, *, p=0.001, floor=0.01, gates=(), n=10):
    result = verdicts.Comparison(Interval(estimate, low, high, n), 0, p, 0.9, floor, list(gates))
    verdicts.adjust([result])
    return result


@pytest.mark.parametrize("ratio, word", [
    ((1.05, 1.03, 1.07), "higher"), ((0.95, 0.93, 0.97), "lower"),
    ((1.005, 0.99, 1.015), "equivalent"), ((1.015, 1.011, 1.019), "equivalent"),
    ((1.01, 0.98, 1.0201), "undecided"), ((1.0, 0.97, 1.03), "undecided"),
])
def test_the_interval_decides(ratio, word):
    assert verdicts.judge(comparison(*ratio)).word == word


def test_an_effect_under_the_noise_floor_has_no_verdict():
    verdict = verdicts.judge(comparison(1.03, 1.01, 1.05, floor=0.04))
    assert verdict.word == "undecided" and "noise floor of 4.0 %" in verdict.reason


def test_without_a_control_there_is_no_verdict():
    verdict = verdicts.judge(comparison(1.3, 1.2, 1.4, floor=math.nan))
    assert verdict.word == "undecided" and "no valid A/A block" in verdict.reason


def test_holm_decides_over_the_family():
    family = [comparison(1.05, 1.03, 1.07, p=0.002) for _ in range(26)]
    verdicts.adjust(family)
    assert verdicts.judge(family[0]).word == "undecided"  # 26 * .002 = .052
    verdicts.adjust(family[:25])
    assert verdicts.judge(family[0]).word == "higher"  # 25 * .002 = .05


@pytest.mark.parametrize("ratio, claimed, word, reason", [
    ((1.20, 1.16, 1.24), (1.15, 1.25), "supported", ""),
    ((1.13, 1.08, 1.18), (1.15, 1.25), "supported", ""),
    ((1.40, 1.35, 1.45), (1.15, 1.25), "supported", "larger than claimed"),
    ((1.05, 1.03, 1.07), (1.15, 1.25), "refuted",
     "the whole interval falls short of the claimed size"),
    ((0.95, 0.93, 0.97), (1.15, 1.25), "refuted", "the difference goes the other way"),
    ((0.75, 0.72, 0.78), (0.70, 0.80), "supported", ""),
    ((0.90, 0.88, 0.92), (0.70, 0.80), "refuted",
     "the whole interval falls short of the claimed size"),
    ((1.00, 0.99, 1.01), (1.15, 1.25), "refuted",
     "the whole interval falls short of the claimed size"),
    ((1.00, 0.96, 1.04), (1.15, 1.25), "refuted",
     "the whole interval falls short of the claimed size"),
    ((1.00, 0.99, 1.01), (1.0, math.inf), "equivalent", "interval inside ±2 %"),
    ((1.05, 0.90, 1.20), (1.15, 1.25), "undecided", "interval spans 1 and exceeds ±2 %"),
    ((1.05, 1.03, 1.07), (1.0, math.inf), "supported", ""),
])
def test_a_claim_is_judged_by_direction_and_size(ratio, claimed, word, reason):
    verdict = verdicts.judge_claim(comparison(*ratio), *claimed)
    assert (verdict.word, verdict.reason) == (word, reason)


def test_a_direction_alone_is_not_refuted_by_what_an_aa_pair_reaches():
    wandering = comparison(0.96, 0.945, 0.977, floor=0.09)
    assert verdicts.judge_claim(wandering, 1.0, math.inf).word == "undecided"
    assert verdicts.judge_claim(wandering, 1.15, 1.25).word == "refuted"


def flawed(tmp_path, change, blocks=10):
    """The verdict on hybrid over fifo (+10 %) after `change` was applied to hybrid's trials."""
    plan = synthetic.Plan(schedulers=("fifo", "hybrid"), connections=(256,), blocks=blocks,
                          workloads=(("plaintext", 16),), effects={"hybrid": 1.1}, hist=False,
                          noise=0.004)
    folder = synthetic.write(tmp_path / "results", plan)
    frame = pd.read_csv(folder / "trials.csv")
    rows = frame.index[frame["scheduler"] == "hybrid"]
    change(frame, rows)
    frame.to_csv(folder / "trials.csv", index=False)
    trials = load.read([str(folder)]).trials
    table = tables.ratios(cells.main_trials(trials), trials, ["throughput_rps"])
    return table[table["series"] == "hybrid"].iloc[0]


def put(column, value, count):
    def change(frame, rows):
        frame.loc[rows[:count], column] = value
    return change


def test_a_sound_difference_of_ten_percent_is_found(tmp_path):
    row = flawed(tmp_path, lambda frame, rows: None)
    assert row["verdict"] == "higher" and row["words"].endswith("faster")
    assert row["low"] < 1.1 < row["high"] and row["n"] == 10


@pytest.mark.parametrize("column, value, reason", [
    ("status", "client_bound", "client-bound"), ("status", "nonstationary", "nonstationary"),
    ("cpu_steal_frac", 0.1, "CPU steal"), ("other_cpu_frac", 0.2, "on a busy machine"),
])
def test_more_than_a_fifth_of_marked_trials_voids_a_cell(tmp_path, column, value, reason):
    row = flawed(tmp_path, put(column, value, 3))
    assert row["verdict"] == "undecided" and reason in row["reason"]


@pytest.mark.parametrize("column, value", [("status", "nonstationary"), ("cpu_steal_frac", 0.1)])
def test_up_to_a_fifth_only_loses_its_blocks(tmp_path, column, value):
    row = flawed(tmp_path, put(column, value, 2))
    assert (row["verdict"], row["n"], row["dropped"]) == ("higher", 8, 2)


def both_nonstationary(drift):
    """All trials of both sides nonstationary; hybrid's throughput drifts by `drift` over blocks."""
    def change(frame, rows):
        frame["status"] = "nonstationary"
        blocks = frame.loc[rows, "block"]
        factor = np.exp(drift * (blocks / blocks.max() - 0.5))
        frame.loc[rows, "throughput_rps"] *= factor
    return change


def test_a_drift_of_both_sides_voids_no_ratio_and_a_drift_of_the_ratio_does(tmp_path):
    steady = flawed(tmp_path / "steady", both_nonstationary(0.0))
    assert (steady["verdict"], steady["n"]) == ("higher", 10)
    drifting = flawed(tmp_path / "drifting", both_nonstationary(0.1))
    assert drifting["verdict"] == "undecided" and "ratio drifts" in drifting["reason"]


def test_what_is_undecided_says_about_how_many_blocks_it_would_take(tmp_path):
    row = flawed(tmp_path, lambda frame, rows: None, 4)
    assert row["verdict"] == "undecided" and row["blocks_more"] == 2
    wide = verdicts.blocks_more(comparison(1.0, 0.96, 1.04))
    assert 20 <= wide <= 60, wide
    assert math.isnan(verdicts.blocks_more(comparison(1.0, 0.96, 1.04, gates=["client-bound"])))


def test_errors_above_one_in_ten_thousand_void_a_cell(tmp_path):
    row = flawed(tmp_path, put("errors", 2000, 1))
    assert row["verdict"] == "undecided" and "errors above 0.01 %" in row["reason"]


@pytest.mark.parametrize("blocks, word", [(3, "undecided"), (5, "undecided"), (6, "higher")])
def test_six_valid_blocks_are_needed(tmp_path, blocks, word):
    row = flawed(tmp_path, lambda frame, rows: None, blocks)
    assert row["verdict"] == word
    if word == "undecided":
        assert f"{blocks} valid blocks of the 6 needed" in row["reason"]


def test_controls_are_compared_and_not_judged(tmp_path):
    results = synthetic.load(tmp_path, synthetic.Plan(schedulers=("fifo",), connections=(256,),
                                                      hist=False))
    table = tables.ratios(cells.main_trials(results.trials), results.trials, ["throughput_rps"])
    assert set(table["series"]) == {"ceiling"} and set(table["verdict"]) == {"control"}
