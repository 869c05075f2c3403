"""From two groups of trials to one of four answers.

`judge` answers whether two cells differ: higher, lower, equivalent or undecided. `judge_claim`
turns that into supported, refuted, equivalent, undecided, or "cannot" (be asked of this machine)
for a statement of a given size. Undecided always carries its reasons, and is an ordinary answer.

Shapes: a Comparison is one cell against another in one metric; ratio = first / second.
Errors: none; what cannot be computed is a reason for no verdict.
Source: the project's measuring protocol, items 9 and 10; thresholds in analysis/rules.py.
"""

import math
from dataclasses import dataclass, field

import pandas as pd
from scipy import stats as scipy_stats

from analysis import cells, stats
from analysis.rules import RULES, Rules

HIGHER, LOWER, EQUIVALENT, NONE = "higher", "lower", "equivalent", "undecided"
SUPPORTED, REFUTED, CANNOT = "supported", "refuted", "cannot"
# The words of other vocabularies, older files among them, as people are told them.
FOR_PEOPLE = {HIGHER: "differs", LOWER: "differs", "no verdict": NONE}
DRIFT_P = 0.01


@dataclass
class Comparison:
    """One ratio with everything a verdict rests on. p_holm is set once the family is known."""

    ratio: stats.Interval
    blocks_dropped: int  # blocks in which a trial of either side is marked
    p: float  # sign-flip when paired, Mann-Whitney when not
    a12: float
    floor: float  # |log-ratio| an A/A pair reaches over as many blocks; NaN without a control
    gates: list[str] = field(default_factory=list)  # what may bias the ratio, this measure of it
    p_holm: float = math.nan
    family: int = 1
    shortage: str = ""  # too few blocks: costs power, biases nothing
    soft: list[str] = field(default_factory=list)  # one side nonstationary: see judge_claim
    every: stats.Interval | None = None  # over all blocks, marked ones too
    needs: str = ""  # what the machine lacks for the question
    settled: "Verdict | None" = None  # judged elsewhere, as comparisons by rounds are


@dataclass(frozen=True)
class Verdict:
    """word: one of the constants above; reason: why, in words ("" when the interval says it)."""

    word: str
    reason: str


def compare_paired(first: pd.DataFrame, second: pd.DataFrame, column: str, aa,
                   rules: Rules = RULES) -> Comparison:
    """Two cells of one run, block by block. aa: log-ratios of the run's A/A pairs."""
    first, second, waived = cells.bearing_together(first, second, column)
    pairs = cells.paired(first, second, column)
    valid = pairs[~pairs["marked"]]
    used = valid if len(valid) else pairs  # still show what was seen; the gates say why it is void
    gates, soft = quality_gates(first, second, rules), nonstationary_gate(first, second, rules)
    if used.empty:
        nothing = stats.Interval(math.nan, math.nan, math.nan, 0)
        return Comparison(nothing, 0, math.nan, math.nan, math.nan,
                          [f"{column} was not measured on both sides"])
    logs = stats.log_ratios(used["first"], used["second"])
    if waived and drifts(logs):
        gates.append("both sides are nonstationary and their ratio drifts over the blocks")
    ratio = stats.paired_ratio(used["first"], used["second"])
    every = ratio if len(pairs) == len(used) else stats.paired_ratio(pairs["first"],
                                                                     pairs["second"])
    return Comparison(ratio, len(pairs) - len(valid),
                      stats.sign_flip_p(logs), stats.a12(used["first"], used["second"]),
                      stats.noise_floor(aa, len(used)), gates,
                      shortage=shortage_text(len(valid), rules), soft=soft,
                      every=every)


def drifts(logs) -> bool:
    """Whether log-ratios, in the order of their blocks, rise or fall (Kendall's test)."""
    if len(logs) < RULES.blocks_min:
        return False
    return float(scipy_stats.kendalltau(range(len(logs)), logs).pvalue) < DRIFT_P


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
    gates, soft = quality_gates(first, second, rules), nonstationary_gate(first, second, rules)
    if min(len(side) for side in sides) == 0:
        nothing = stats.Interval(math.nan, math.nan, math.nan, 0)
        return Comparison(nothing, dropped, math.nan, math.nan, math.nan,
                          [f"{column} was not measured on both sides"])
    n = min(len(rows[(rows[column] > 0) & (rows["mark"] == "")]) for rows in (first, second))
    return Comparison(stats.unpaired_ratio(*sides), dropped, stats.mann_whitney_p(*sides),
                      stats.a12(*sides), stats.noise_floor(aa, min(map(len, sides))), gates,
                      shortage=shortage_text(n, rules), soft=soft)


def shortage_text(n: int, rules: Rules = RULES) -> str:
    """"3 valid blocks of the 6 needed"; "" when there are enough."""
    if n >= rules.blocks_min:
        return ""
    return f"{n} valid block{'' if n == 1 else 's'} of the {rules.blocks_min} needed"


def quality_gates(first: pd.DataFrame, second: pd.DataFrame, rules: Rules = RULES) -> list[str]:
    """What may bias a comparison, whatever its interval says. Marks: those that bear on it."""
    gates = []
    for mark, text in (("client-bound", "client-bound"), ("Little", "failing Little's gate"),
                       ("CPU steal", "with CPU steal"), ("busy machine", "on a busy machine")):
        # "Little" also finds "Little not measured": an open gate is not a passed one.
        gates += _shares(first, second, mark, text, rules)
    for rows in (first, second):
        tried = rows["requests"].sum() + rows["errors"].sum()
        if tried > 0 and rows["errors"].sum() / tried > rules.errors_share:
            gates.append(f"errors above 0.01 % on {_side(rows)}")
    return gates


def nonstationary_gate(first: pd.DataFrame, second: pd.DataFrame,
                       rules: Rules = RULES) -> list[str]:
    """A side that moved within its trials while the other did not."""
    return _shares(first, second, cells.NONSTATIONARY, "nonstationary", rules)


def _shares(first, second, mark: str, text: str, rules: Rules) -> list[str]:
    """["client-bound: 30 % of fifo"] where more trials of a side bear the mark than allowed."""
    sides = []
    for rows in (first, second):
        marks = rows["mark"].tolist()
        share = sum(mark in text for text in marks) / len(marks) if marks else 0.0
        if share > rules.marked_share:
            sides.append(f"{100 * share:.0f} % of {_side(rows)}")
    return [f"{text}: {' and '.join(sides)}"] if sides else []


def _side(rows: pd.DataFrame) -> str:
    head = rows.iloc[0]
    return head.get("series") or head["scheduler"] or head["subject"]


def adjust(family: list[Comparison]) -> None:
    """Sets p_holm of each comparison of one family, in place."""
    for comparison, p in zip(family, stats.holm([c.p for c in family])):
        comparison.p_holm, comparison.family = float(p), len(family)


def judge(comparison: Comparison, rules: Rules = RULES) -> Verdict:
    """Whether the two cells differ, after `adjust`."""
    if comparison.settled:
        return comparison.settled
    ratio = comparison.ratio
    gates = ([comparison.shortage] if comparison.shortage else []) + comparison.gates
    gates = gates + comparison.soft
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


def for_people(word: str) -> str:
    """One of differs, equivalent, undecided, cannot."""
    return FOR_PEOPLE.get(word, word)


def blocks_more(comparison: Comparison, rules: Rules = RULES) -> float:
    """About how many more blocks would put an undecided interval inside the margin or off 1.

    From the interval's own width, which shrinks with the root of the blocks; NaN when blocks are
    not what is missing, or when it is not undecided.
    """
    ratio = comparison.ratio
    if (judge(comparison, rules).word != NONE or comparison.gates or comparison.soft
            or math.isnan(comparison.floor) or math.isnan(ratio.low)):
        return math.nan
    reach = math.log(ratio.high / ratio.low) / 2
    margin = math.log(1 + rules.equivalence)
    effect = abs(math.log(ratio.estimate))
    wanted = max(effect - comparison.floor, margin - effect, margin / 4)
    total = max(rules.blocks_min, math.ceil(ratio.n * (reach / wanted) ** 2))
    return float(max(1, total - ratio.n))


def judge_claim(comparison: Comparison, low: float, high: float, rules: Rules = RULES) -> Verdict:
    """Whether first / second is what a claim says: a ratio between low and high (inf: open).

    The claim's direction is the side of 1 its range lies on. It is refuted by an interval that
    lies wholly short of the range, whatever else is open: blocks that are missing, other claims of
    the family or the A/A floor cost power and bias nothing. A side that moved within its trials
    may bias: then the interval with and the one without those trials both have to say it. A
    difference in the claim's direction supports it unless the whole interval falls short.
    """
    ratio = comparison.ratio
    if comparison.needs:
        return Verdict(CANNOT, comparison.needs)
    if math.isnan(ratio.low) or comparison.gates:
        return judge(comparison, rules)
    upward = low >= 1
    # A claim of a direction alone ends at 1, where an A/A pair wanders: it takes a difference.
    if (low if upward else high) == 1 and abs(math.log(ratio.estimate)) < comparison.floor:
        return judge(comparison, rules)
    seen = [ratio] + ([comparison.every] if comparison.soft and comparison.every else [])
    if all(side.high < low if upward else side.low > high for side in seen):
        away = all(side.high < 1 if upward else side.low > 1 for side in seen)
        return Verdict(REFUTED, "the difference goes the other way" if away
                       else "the whole interval falls short of the claimed size")
    verdict = judge(comparison, rules)
    if verdict.word in (NONE, EQUIVALENT):
        return verdict
    if upward != (verdict.word == HIGHER):
        return Verdict(REFUTED, "the difference goes the other way")
    if (ratio.low > high) if upward else (ratio.high < low):
        return Verdict(SUPPORTED, "larger than claimed")
    return Verdict(SUPPORTED, "")
