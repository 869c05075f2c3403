"""Judges claims: statements of others against what this run measured.

Shapes: judged() gives a frame with one row per claim, in the order given; summary() a sentence.
Errors: failure.InputError for a claim whose filters leave several cells. A claim whose cells this
        run lacks is no error: it stays undecided, and says what was missing; one that this machine
        cannot be asked says what it needs.
"""

import math
from collections import Counter

import pandas as pd

from analysis import stats, verdicts
from analysis.claims_file import RATIOS, Claim
from analysis.claims_run import Run
from analysis.metrics import METRICS, percent, shown

COLUMNS = ["claim", "source", "source_line", "statement", "metric", "kind", "claimed", "seen", "n",
           "value", "low", "high", "p", "p_holm", "floor_ratio", "verdict", "reason"]


def judged(claims: list[Claim], trials: pd.DataFrame, every: pd.DataFrame | None = None,
           environments: list[dict] | None = None, rounds: pd.DataFrame | None = None,
           comparisons: pd.DataFrame | None = None, suites: list[dict] = ()) -> pd.DataFrame:
    """The verdict on each claim. trials: cells.with_names, twins included; Holm per family.

    every: also the rows that were not measured, whose reasons are quoted. environments: the runs'
    env.json, for what a claim needs of the machine. rounds, comparisons: of load.Results; where
    the harness compared a claim's cells by rounds, that interval decides; where they ran in the
    same rounds otherwise, the ratios of these. suites: suite.json of the runs.
    """
    run = Run(trials, trials.iloc[:0] if every is None else every, environments or [], rounds,
              comparisons, suites)
    sizes = Counter(claim.family for claim in claims if claim.kind in RATIOS)
    compared = [run.compare(claim, sizes[claim.family]) for claim in claims]
    families: dict[str, list] = {}
    for claim, comparison in zip(claims, compared):
        if not math.isnan(comparison.p) and not claim.sized:
            families.setdefault(claim.family, []).append(comparison)
    for family in families.values():
        verdicts.adjust(family)
    rows = []
    for claim, comparison in zip(claims, compared):
        verdict, value = _verdict(claim, comparison), comparison.ratio
        rows.append((claim.id, claim.source, claim.source_line, claim.statement, claim.metric,
                     claim.kind, claimed_text(claim), seen_text(claim, value), value.n,
                     value.estimate, value.low, value.high, comparison.p, comparison.p_holm,
                     math.exp(comparison.floor), verdict.word, verdict.reason))
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(table: pd.DataFrame) -> str:
    """"Of 74 claims 12 are supported, 30 refuted, ...; 4 cannot be asked of this machine."

    table: of judged(), or an older claims.csv.
    """
    count = table["verdict"].map(verdicts.for_people).value_counts()
    found = [f"{int(count.get(word, 0))} {'are ' if i == 0 else ''}{word}" for i, word in enumerate(
        (verdicts.SUPPORTED, verdicts.REFUTED, verdicts.EQUIVALENT))]
    return (f"Of {len(table)} claims {', '.join(found)} (no effect of the claimed kind); "
            f"{int(count.get(verdicts.NONE, 0))} are undecided. "
            f"{int(count.get(verdicts.CANNOT, 0))} cannot be asked of this machine.")


def _verdict(claim: Claim, comparison: verdicts.Comparison) -> verdicts.Verdict:
    if comparison.needs:
        return verdicts.Verdict(verdicts.CANNOT, comparison.needs)
    if math.isnan(comparison.ratio.estimate):
        return verdicts.Verdict(verdicts.NONE, "; ".join(comparison.gates))
    if claim.kind in RATIOS and not claim.sized:
        return verdicts.judge_claim(comparison, claim.low, claim.high)
    return _judge_size(claim, comparison)


def _judge_size(claim: Claim, comparison: verdicts.Comparison) -> verdicts.Verdict:
    """Supported when the whole interval lies in the claimed range, refuted when none of it does.

    A refutation needs no number of blocks: too few of them make the interval wide, not wrong.
    """
    value = comparison.ratio
    if comparison.gates:
        return verdicts.Verdict(verdicts.NONE, "; ".join(comparison.gates))
    seen = [value] + ([comparison.every] if comparison.soft and comparison.every else [])
    if all(side.high < claim.low or side.low > claim.high for side in seen):
        return verdicts.Verdict(verdicts.REFUTED, "the whole interval lies outside the claim")
    open_ends = ([comparison.shortage] if comparison.shortage else []) + comparison.soft
    if open_ends:
        return verdicts.Verdict(verdicts.NONE, "; ".join(open_ends))
    if claim.low <= value.low and value.high <= claim.high:
        return verdicts.Verdict(verdicts.SUPPORTED, "")
    return verdicts.Verdict(verdicts.NONE, "interval and claimed range overlap in part")


def claimed_text(claim: Claim) -> str:
    """"+15.0 % to +25.0 %", "at least 1,000,000 per s"."""
    if claim.kind == "unchecked":
        return "no number"
    metric = METRICS[claim.metric]
    if claim.kind not in RATIOS:
        ends = [shown(end * metric.scale) + f" {metric.unit}" for end in (claim.low, claim.high)]
    else:
        ends = [f"×{shown(end)}" if end >= 2 else percent(end) for end in (claim.low, claim.high)]
    ratio = claim.kind in RATIOS
    if math.isinf(claim.high):
        return "an increase" if ratio and claim.low == 1 else f"at least {ends[0]}"
    if claim.low in (0.0, -math.inf) and (ratio or math.isinf(claim.low)):
        return "a decrease" if ratio and claim.high == 1 else f"at most {ends[1]}"
    return ends[0] if claim.low == claim.high else f"{ends[0]} to {ends[1]}"


def seen_text(claim: Claim, value: stats.Interval) -> str:
    """What this run shows, in the claim's own terms."""
    if math.isnan(value.estimate):
        return "not measured"
    metric = METRICS[claim.metric]
    if claim.kind not in RATIOS:
        ends = [shown(v * metric.scale) for v in (value.estimate, value.low, value.high)]
        unit = f" {metric.unit}"
    elif value.estimate >= 2:
        ends, unit = [f"×{shown(v)}" for v in (value.estimate, value.low, value.high)], ""
    else:
        ends, unit = [percent(v) for v in (value.estimate, value.low, value.high)], ""
    if math.isnan(value.low):
        return f"{ends[0]}{unit}"
    return f"{ends[0]} [{ends[1]}, {ends[2]}]{unit}"
