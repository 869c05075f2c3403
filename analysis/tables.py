"""The numbers behind each figure, as tidy tables; every shown number of a report comes from here.

Shapes: summary() has one row per slice, series, connections, rate and metric; ratios() one per
        such cell and its baseline. Numeric columns hold base units (ns, requests per second,
        ratios); the column `shown` holds the text that report and LaTeX print.
Errors: none; unmeasured metrics give no row.
"""

import math

import pandas as pd

from analysis import cells, memo, stats, verdicts
from analysis.metrics import JUDGED_CLOSED, JUDGED_OPEN, METRICS, Metric, shown

CELL = ["slice", "series", "connections", "rate_target_rps"]


def interval_text(metric: Metric, value: stats.Interval) -> str:
    """"1,240 [1,210, 1,260]", in the metric's shown unit; without interval below 3 values."""
    text = shown(value.estimate * metric.scale)
    if math.isnan(value.low):
        return text
    return f"{text} [{shown(value.low * metric.scale)}, {shown(value.high * metric.scale)}]"


def summary(trials: pd.DataFrame, columns) -> pd.DataFrame:
    """Medians over blocks with intervals. trials: from cells.main_trials."""
    rows = []
    for key, cell in trials.groupby(CELL, dropna=False, sort=True):
        for column in columns:
            values = cell[column].dropna()
            if values.empty:
                continue
            metric = METRICS[column]
            value = stats.bca(values)
            rows.append((*key, cell["source"].iloc[0], column, len(values), value.estimate,
                         value.low, value.high, int((cell["mark"] != "").sum()), metric.unit,
                         interval_text(metric, value)))
    table = pd.DataFrame(rows, columns=[*CELL, "source", "metric", "n", "median", "low", "high",
                                        "marked", "unit", "shown"])
    return _in_order(table)


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by slice, then in the fixed order of series, then by connections."""
    place = {name: i for i, name in enumerate(cells.series_order(table["series"]))}
    return table.sort_values(["slice", "series", "connections", "rate_target_rps"],
                             key=lambda c: c.map(place) if c.name == "series" else c,
                             kind="stable").reset_index(drop=True)


@memo.by_content
def ratios(trials: pd.DataFrame, every_trial: pd.DataFrame, columns,
           baseline: str = "") -> pd.DataFrame:
    """Each series against the baseline, cell by cell, with its verdict.

    trials: from cells.main_trials; every_trial: with the A/A twins. A family (Holm) is one metric
    in one slice; open and closed loop are each compared in their own metrics only. Subjects
    without a scheduler are controls: they get a ratio and no verdict.
    """
    rows = []
    for column in columns:
        metric = METRICS[column]
        allowed = cells.open_loop(trials).map({True: column in JUDGED_OPEN,
                                               False: column in JUDGED_CLOSED})
        for name, part in cells.slices(trials[trials[column].notna() & allowed]):
            aa = cells.aa_log_ratios(every_trial, column, part["source"].iloc[0])
            rows += _slice_ratios(name, part, metric, aa, cells.baseline_of(part, baseline))
    table = pd.DataFrame(rows, columns=[
        *CELL, "baseline", "source", "metric", "n", "dropped", "ratio", "low", "high", "p",
        "p_holm", "family", "a12", "floor_ratio", "verdict", "reason", "blocks_more", "shown",
        "words"])
    return _in_order(table)


def _slice_ratios(name, part, metric, aa, baseline) -> list[tuple]:
    found, family = [], []
    base = part[part["series"] == baseline]
    for key, cell in part[part["series"] != baseline].groupby(CELL, dropna=False, sort=True):
        same = base[(base["connections"] == key[2])
                    & ((base["rate_target_rps"] == key[3]) | math.isnan(key[3]))]
        if same.empty:
            continue
        comparison = verdicts.compare_paired(cell, same, metric.column, aa)
        control = cells.is_control(cell)
        found.append((key, cell, comparison, control))
        if not control:
            family.append(comparison)
    verdicts.adjust(family)
    rows = []
    for key, cell, comparison, control in found:
        verdict = (verdicts.Verdict("control", "not a scheduler: compared, not judged") if control
                   else verdicts.judge(comparison))
        ratio = comparison.ratio
        rows.append((*key, baseline, cell["source"].iloc[0], metric.column, ratio.n,
                     comparison.blocks_dropped, ratio.estimate, ratio.low, ratio.high,
                     comparison.p, comparison.p_holm, comparison.family, comparison.a12,
                     math.exp(comparison.floor), verdict.word, verdict.reason,
                     math.nan if control else verdicts.blocks_more(comparison),
                     ratio_text(ratio), words(metric, ratio, verdict)))
    return rows


def ratio_text(ratio: stats.Interval) -> str:
    """"1.031 [1.019, 1.042]"."""
    if math.isnan(ratio.estimate):
        return "not measured"
    if math.isnan(ratio.low):
        return f"{ratio.estimate:.3f}"
    return f"{ratio.estimate:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def words(metric: Metric, ratio: stats.Interval, verdict: verdicts.Verdict) -> str:
    """"3.1 % [1.9, 4.2] faster", "equivalent", "undecided": the verdict as a predicate."""
    if verdict.word not in (verdicts.HIGHER, verdicts.LOWER):
        return verdict.word
    change = [100 * (value - 1) for value in (ratio.estimate, ratio.low, ratio.high)]
    if verdict.word == verdicts.LOWER:
        change = [-change[0], -change[2], -change[1]]
    good = (verdict.word == verdicts.HIGHER) == metric.higher_is_better
    return (f"{change[0]:.1f} % [{change[1]:.1f}, {change[2]:.1f}] "
            f"{metric.better if good else metric.worse}")


def little_floor(part: pd.DataFrame) -> pd.DataFrame:
    """Per connection count of one closed-loop slice: connections, floor_ns.

    The mean latency that the population in flight forces at the best throughput the slice shows:
    L(N) / X_best. L is the measured number in flight where it is there, else N x pipeline.
    """
    best = part.groupby(["series", "connections"])["throughput_rps"].median().max()
    full = part["connections"] * part["pipeline"].fillna(1)
    inflight = part["inflight_mean"].where(part["inflight_mean"] > 0, full)
    floor = inflight.groupby(part["connections"]).median() / best * 1e9
    return floor.rename("floor_ns").rename_axis("connections").reset_index()


def write_csv(table: pd.DataFrame, path) -> None:
    """Floats with 10 significant digits: enough to redraw, few enough to repeat byte by byte."""
    table.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")
