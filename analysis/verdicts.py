"""From two groups of trials to one of four answers, or rather five words.

`judge` answers whether two cells differ: higher, lower, equivalent or no verdict. `judge_claim`
turns that into supported, refuted, equivalent or no verdict for a statement of a given size.
`no verdict` always carries its reasons, and is an ordinary answer.

Shapes: a Comparison is one cell against another in one metric; ratio = first / second.
Errors: none; what cannot be computed is a reason for no verdict.
Source: the project's measuring protocol, items 9 and 10; thresholds in analysis/rules.py.
"""

import math
from dataclasses import dataclass, field

import pandas as pd

from analysis import cells, stats
from analysis.rules import RULES, Rules

HIGHER, LOWER, EQUIVALENT, NONE = "higher", "lower", "equivalent", "no verdict"
SUPPORTED, REFUTED = "supported", "refuted"


@dataclass
class Comparison:
    """One ratio with everything a verdict rests on. p_holm is set once the family is known."""

    ratio: stats.Interval
    blocks_dropped: int  # blocks in which a trial of either side is marked
    p: float  # sign-flip when paired, Mann-Whitney when not
    a12: float
    floor: float  # |log-ratio| an A/A pair reaches over as many blocks; NaN without a control
    gates: list[str] = field(default_factory=list)  # reasons why no verdict is possible
    p_holm: float = math.nan
    family: int = 1


@dataclass(frozen=True)
class Verdict:
    """word: one of the constants above; reason: why, in words ("" when the interval says it)."""

    word: str
    reason: str


def compare_paired(first: pd.DataFrame, second: pd.DataFrame, column: str, aa,
                   rules: Rules = RULES) -> Comparison:
    """Two cells of one run, block by block. aa: log-ratios of the run's A/A pairs."""
    first, second = cells.bearing_on(first, column), cells.bearing_on(second, column)
    pairs = cells.paired(first, second, column)
    valid = pairs[~pairs["marked"]]
    used = valid if len(valid) else pairs  # still show what was seen; the gates say why it is void
    gates = quality_gates(first, second, rules)
    if used.empty:
        nothing = stats.Interval(math.nan, math.nan, math.nan, 0)
        return Comparison(nothing, 0, math.nan, math.nan, math.nan,
                          [f"{column} was not measured on both sides"])
    logs = stats.log_ratios(used["first"], used["second"])
    if len(valid) < rules.blocks_min:
        gates.insert(0, blocks_text(len(valid), rules))
    return Comparison(stats.paired_ratio(used["first"], used["second"]), len(pairs) - len(valid),
                      stats.sign_flip_p(logs), stats.a12(used["first"], used["second"]),
                      stats.noise_floor(aa, len(used)), gates)


def compare_unpaired(first: pd.DataFrame, second: pd.DataFrame, column: str, aa,
                     rules: Rules = RULES) -> Comparison:
    """Two cells of different runs: no block is common to both."""
    first, second = cells.bearing_on(first, column), cells.bearing_on(second, column)
    sides, dropped = [], 0
    for rows in (first, second):
        measured = rows[rows[column] > 0]
        valid = measured[measured["mark"] == ""]
        dropped += len(measured) - len(valid)
        sides.append((valid if len(valid) else measured)[column].to_numpy(dtype=float))
    gates = quality_gates(first, second, rules)
    if min(len(side) for side in sides) == 0:
        nothing = stats.Interval(math.nan, math.nan, math.nan, 0)
        return Comparison(nothing, dropped, math.nan, math.nan, math.nan,
                          [f"{column} was not measured on both sides"])
    n = min(len(rows[(rows[column] > 0) & (rows["mark"] == "")]) for rows in (first, second))
    if n < rules.blocks_min:
        gates.insert(0, blocks_text(n, rules))
    return Comparison(stats.unpaired_ratio(*sides), dropped, stats.mann_whitney_p(*sides),
                      stats.a12(*sides), stats.noise_floor(aa, min(map(len, sides))), gates)


def blocks_text(n: int, rules: Rules = RULES) -> str:
    """"3 valid blocks of the 6 needed"."""
    return f"{n} valid block{'' if n == 1 else 's'} of the {rules.blocks_min} needed"


def quality_gates(first: pd.DataFrame, second: pd.DataFrame, rules: Rules = RULES) -> list[str]:
    """Reasons that void a comparison, whatever its interval says."""
    gates = []
    for mark, text in (("client-bound", "client-bound"), ("nonstationary", "nonstationary"),
                       ("Little", "failing Little's gate"), ("CPU steal", "with CPU steal"),
                       ("busy machine", "on a busy machine")):
        sides = []
        for rows in (first, second):
            # "Little" also finds "Little not measured": an open gate is not a passed one.
            share = rows["mark"].str.contains(mark, regex=False).mean() if len(rows) else 0.0
            if share > rules.marked_share:
                sides.append(f"{100 * share:.0f} % of {_side(rows)}")
        if sides:
            gates.append(f"{text}: {' and '.join(sides)}")
    for rows in (first, second):
        tried = rows["requests"].sum() + rows["errors"].sum()
        if tried > 0 and rows["errors"].sum() / tried > rules.errors_share:
            gates.append(f"errors above 0.01 % on {_side(rows)}")
    return gates


def _side(rows: pd.DataFrame) -> str:
    head = rows.iloc[0]
    return head.get("series") or head["scheduler"] or head["subject"]


def adjust(family: list[Comparison]) -> None:
    """Sets p_holm of each comparison of one family, in place."""
    for comparison, p in zip(family, stats.holm([c.p for c in family])):
        comparison.p_holm, comparison.family = float(p), len(family)


def judge(comparison: Comparison, rules: Rules = RULES) -> Verdict:
    """Whether the two cells differ, after `adjust`."""
    ratio, gates = comparison.ratio, list(comparison.gates)
    if math.isnan(comparison.floor):
        gates.append("no valid A/A block in this run")
    if gates:
        return Verdict(NONE, "; ".join(gates))
    if 1 - rules.equivalence <= ratio.low and ratio.high <= 1 + rules.equivalence:
        return Verdict(EQUIVALENT, "interval inside ±2 %")
    if ratio.low <= 1 <= ratio.high:
        return Verdict(NONE, "interval spans 1 and exceeds ±2 %")
    if abs(math.log(ratio.estimate)) < comparison.floor:
        return Verdict(NONE, f"under the A/A noise floor of {100 * comparison.floor:.1f} %")
    if comparison.p_holm > rules.alpha:
        return Verdict(NONE, f"p = {comparison.p_holm:.3f} after Holm over {comparison.family}")
    return Verdict(HIGHER if ratio.estimate > 1 else LOWER, "")


def judge_claim(comparison: Comparison, low: float, high: float, rules: Rules = RULES) -> Verdict:
    """Whether first / second is what a claim says: a ratio between low and high (inf: open).

    The claim's direction is the side of 1 its range lies on. A difference the other way refutes
    it; one in its direction supports it unless the whole interval falls short of the range.
    """
    verdict = judge(comparison, rules)
    ratio = comparison.ratio
    if verdict.word in (NONE, EQUIVALENT):
        if math.isnan(ratio.low) or comparison.gates:
            return verdict
        if ratio.high < low or ratio.low > high:
            return Verdict(verdict.word, f"{verdict.reason}; the claimed size lies outside")
        return verdict
    upward = low >= 1
    if upward != (verdict.word == HIGHER):
        return Verdict(REFUTED, "the difference goes the other way")
    if (ratio.high < low) if upward else (ratio.low > high):
        return Verdict(REFUTED, "a difference, but smaller than claimed")
    if (ratio.low > high) if upward else (ratio.high < low):
        return Verdict(SUPPORTED, "larger than claimed")
    return Verdict(SUPPORTED, "")
