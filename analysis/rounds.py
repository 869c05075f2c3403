"""What single rounds say: one ratio each, their drift, and whether solo trials say the same.

Shapes: per_round() has one row per comparison, metric and round: comparison_id, metric, control,
        design, load, candidate, round, ratio. agreement() one row per comparison that was measured
        solo as well.
Units:  ratio: candidate / baseline.
Errors: none; what was not measured gives no row.
Source: a duet is a ratio under mutual contention: Bulej et al., ICPE 2020
        (doi 10.1145/3358960.3379132).
"""

import math

import pandas as pd
from scipy import stats as scipy_stats

from analysis import cells, memo, stats
from analysis.comparisons_file import load_names
from analysis.rules import RULES

ROUND_COLUMNS = ["comparison_id", "metric", "column", "control", "design", "load", "load_order",
                 "candidate", "round", "ratio"]
AGREEMENT_COLUMNS = ["load", "candidate", "metric", "design", "ratio", "low", "high", "solo_ratio",
                     "solo_low", "solo_high", "blocks", "agree"]


@memo.by_object
def per_round(results) -> pd.DataFrame:
    """Every measured round of every comparison, in order, whether or not the harness used it."""
    found, rows = results.comparisons, []
    sides = {key: part for key, part in results.rounds.groupby(["run_id", "cell_id"])}
    for row, (order, load) in zip(found.itertuples(), load_names(found)):
        pair = [sides.get((row.run_id, cell)) for cell in (row.baseline_cell_id,
                                                           row.candidate_cell_id)]
        if pair[0] is None or pair[1] is None:
            continue
        first, second = (part.set_index("pair_id")[[row.column, "round"]] for part in pair)
        both = first.join(second[row.column], how="inner", rsuffix="_candidate")
        both = both.dropna().sort_values("round")
        for line in both.itertuples(index=False):
            if line[0] > 0 and line[2] > 0:
                rows.append((row.comparison_id, row.metric, row.column, row.control, row.design,
                             load, order, row.candidate, line[1], line[2] / line[0]))
    return pd.DataFrame(rows, columns=ROUND_COLUMNS)


def drift_p(part: pd.DataFrame) -> float:
    """Two-sided p of "the ratio does not rise or fall over the rounds" (Kendall); NaN below 6."""
    if len(part) < 6:
        return math.nan
    return float(scipy_stats.kendalltau(part["round"], part["ratio"]).pvalue)


@memo.by_object
def drifting(results) -> pd.DataFrame:
    """comparison_id, metric, control, design, load, candidate, p, drifts: of each comparison.

    drifts: p below 0.01 over the number of comparisons (Bonferroni), so that one in a hundred
    reports of a steady machine says so.
    """
    keys = ["comparison_id", "metric", "control", "design", "load", "candidate"]
    rows = [(*key, drift_p(part))
            for key, part in per_round(results).groupby(keys, sort=False)]
    table = pd.DataFrame(rows, columns=[*keys, "p"])
    return table.assign(drifts=table["p"] * max(1, table["p"].notna().sum()) < 0.01)


@memo.by_object
def agreement(results) -> pd.DataFrame:
    """Ratios by rounds beside those of the same cells measured solo in blocks.

    solo_ratio: geometric mean over blocks with its BCa interval. agree: the two 95 % intervals
    have a value in common.
    """
    solo = results.trials[results.trials["design"] == "solo"]
    found, rows = results.comparisons, []
    wanted = found[(found["control"] != "aa") & found["low"].notna()]
    for row, (_, load) in zip(wanted.itertuples(), load_names(wanted)):
        sides = [cells.bearing_on(solo[(solo["cell_id"] == cell) & (solo["run_id"] == row.run_id)],
                                  row.column)
                 for cell in (row.candidate_cell_id, row.baseline_cell_id)]
        pairs = cells.paired(*sides, row.column)
        pairs = pairs[~pairs["marked"]]
        if len(pairs) < 3:
            continue
        alone = stats.paired_ratio(pairs["first"], pairs["second"])
        agree = row.low <= alone.high and alone.low <= row.high
        rows.append((load, row.candidate, row.metric, row.design, row.ratio, row.low, row.high,
                     alone.estimate, alone.low, alone.high, alone.n, agree))
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def agreement_text(table: pd.DataFrame) -> str:
    """"duet and solo agree within their intervals in 5 of 6 cells", of each design; "" without."""
    parts = []
    for design, part in table.groupby("design", sort=True):
        parts.append(f"{design} and solo agree within their {RULES.level * 100:.0f} % intervals in "
                     f"{int(part['agree'].sum())} of {len(part)} cells")
    return "; ".join(parts)
