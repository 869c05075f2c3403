"""Judges claims: statements of others against what this run measured.

Shapes: judged() gives a frame with one row per claim, in the order given.
Errors: failure.InputError for a claim whose filters leave several cells. A claim whose cells this
        run lacks is no error: it gets no verdict, and says what was missing.
"""

import math

import numpy as np
import pandas as pd

from analysis import cells, schema, stats, verdicts
from analysis.claims_file import RATIOS, SYSCTL, Claim
from analysis.failure import InputError
from analysis.metrics import METRICS, percent, shown
from analysis.rules import RULES

COLUMNS = ["claim", "source", "source_line", "statement", "metric", "kind", "claimed", "seen", "n",
           "value", "low", "high", "p", "p_holm", "floor_ratio", "verdict", "reason"]


def judged(claims: list[Claim], trials: pd.DataFrame, every: pd.DataFrame | None = None,
           environments: list[dict] | None = None) -> pd.DataFrame:
    """The verdict on each claim. trials: cells.with_names, twins included; Holm per family.

    every: also the rows that were not measured, whose reasons are quoted. environments: the runs'
    env.json, for what a claim needs of the machine.
    """
    run = _Run(trials, trials.iloc[:0] if every is None else every, environments or [])
    compared = [_compare(claim, run) for claim in claims]
    families: dict[str, list] = {}
    for claim, comparison in zip(claims, compared):
        if not math.isnan(comparison.p) and not claim.sized:
            families.setdefault(claim.family, []).append(comparison)
    for family in families.values():
        verdicts.adjust(family)
    rows = []
    for claim, comparison in zip(claims, compared):
        verdict = (_unmeasured(comparison) if math.isnan(comparison.ratio.estimate)
                   else verdicts.judge_claim(comparison, claim.low, claim.high)
                   if claim.kind in RATIOS and not claim.sized else _judge_size(claim, comparison))
        value = comparison.ratio
        rows.append((claim.id, claim.source, claim.source_line, claim.statement, claim.metric,
                     claim.kind, claimed_text(claim), seen_text(claim, value), value.n,
                     value.estimate, value.low, value.high, comparison.p, comparison.p_holm,
                     math.exp(comparison.floor), verdict.word, verdict.reason))
    return pd.DataFrame(rows, columns=COLUMNS)


class _Run:
    """What claims are held against: measured trials, all rows, the machines."""

    def __init__(self, trials, every, environments):
        self.trials, self.every, self.environments = trials, every, environments

    def has(self, name: str, rows: pd.DataFrame) -> float:
        """The run's value of something a claim needs; NaN when it was not recorded."""
        if name.startswith(SYSCTL):
            values = [env.get("sysctl", {}).get(name.removeprefix(SYSCTL))
                      for env in self.environments] or [None]
            return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").min()
        return pd.to_numeric(rows[name], errors="coerce").max()

    def why_none(self, chosen: dict) -> str:
        """Why there is no measured cell of these factors: what its trials say, or that none was."""
        rows = _chosen(self.every[self.every["throughput_rps"].isna()], chosen)
        said = sorted(set(rows["reasons"].where(rows["reasons"] != "", rows["status"])))
        if said:
            return f"not measured: {said[0]}"
        asked = ", ".join(f"{name} {value}" for name, value in chosen.items())
        return f"this run has no cell with {asked}"


def _compare(claim: Claim, run: _Run) -> verdicts.Comparison:
    if claim.kind == "unchecked":
        return _nothing(claim.reason)
    sides = {}
    for role, chosen in claim.cells.items():
        rows = _cell(claim, role, chosen, run.trials)
        if rows.empty:
            return _nothing(run.why_none(chosen))
        if rows[claim.metric].isna().all():
            return _nothing(f"{METRICS[claim.metric].name} was not measured")
        sides[role] = cells.bearing_on(rows, claim.metric)
    aa = cells.aa_log_ratios(run.trials, claim.metric, sides["first"]["source"].iloc[0])
    if claim.kind == "value":
        comparison = _value(sides["first"], claim.metric)
    elif claim.kind == "difference":
        comparison = _difference(sides["first"], sides["second"], claim.metric)
    elif claim.kind == "ratio":
        comparison = verdicts.compare_paired(sides["first"], sides["second"], claim.metric, aa)
    else:
        comparison = _two_ratios(sides, claim.metric, aa)
    for name, least in claim.needs.items():
        has = run.has(name, sides["first"])
        if not has >= least:
            value = "does not tell" if math.isnan(has) else f"has {has:,.0f}"
            comparison.gates.insert(0, f"needs {name.replace('_', ' ')} {least:,}, "
                                       f"this run {value}")
    return comparison


def _cell(claim: Claim, role: str, chosen: dict, trials: pd.DataFrame) -> pd.DataFrame:
    """The trials of the one cell a role names; InputError when it names several."""
    rows = _chosen(trials[trials["twin"] == 0], chosen)
    differing = [name for name in schema.FACTORS if rows[name].nunique(dropna=False) > 1]
    if differing:
        raise InputError(f"{claim.where}.{role}", f"names several cells, which differ in "
                         f"{', '.join(differing)}", "add that to the claim's cell")
    return rows


def _chosen(rows: pd.DataFrame, chosen: dict) -> pd.DataFrame:
    if "source" not in chosen:
        rows = rows[rows["source"] == "real"]
    for name, wanted in chosen.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        same = pd.Series(False, index=rows.index)
        for value in values:
            same |= (rows[name] == float(value) if rows[name].dtype == float
                     and isinstance(value, (int, float)) else rows[name] == str(value))
        rows = rows[same]
    return rows


def _unmeasured(comparison: verdicts.Comparison) -> verdicts.Verdict:
    return verdicts.Verdict(verdicts.NONE, "; ".join(comparison.gates))


def _nothing(reason: str) -> verdicts.Comparison:
    return verdicts.Comparison(stats.Interval(math.nan, math.nan, math.nan, 0), 0, math.nan,
                               math.nan, math.nan, [reason])


def _value(rows: pd.DataFrame, column: str) -> verdicts.Comparison:
    """The median of one cell with its interval; there is no null to test, so no p."""
    measured = rows[rows[column].notna()]
    valid = measured[measured["mark"] == ""]
    return _sized(measured[column], valid[column], verdicts.quality_gates(rows, rows.iloc[:0]))


def _difference(first: pd.DataFrame, second: pd.DataFrame, column: str) -> verdicts.Comparison:
    """The median of first - second over blocks, with its interval."""
    pairs = cells.paired(first, second, column)
    if pairs.empty:
        return _nothing("no block has both cells")
    gaps = pairs["first"] - pairs["second"]
    return _sized(gaps, gaps[~pairs["marked"]], verdicts.quality_gates(first, second))


def _sized(measured: pd.Series, valid: pd.Series, gates: list[str]) -> verdicts.Comparison:
    if len(valid) < RULES.blocks_min:
        gates.insert(0, verdicts.blocks_text(len(valid)))
    used = valid if len(valid) else measured
    return verdicts.Comparison(stats.bca(used), len(measured) - len(valid), math.nan, math.nan,
                               math.nan, gates)


def _two_ratios(sides: dict, column: str, aa) -> verdicts.Comparison:
    """(first / first_base) / (second / second_base), in blocks that have all four."""
    pairs = [cells.paired(sides[role], sides[f"{role}_base"], column).set_index("block_id")
             for role in ("first", "second")]
    both = pairs[0].join(pairs[1], how="inner", rsuffix="_2")
    marked = both["marked"] | both["marked_2"]
    used = both[~marked] if (~marked).any() else both
    gates = [gate for role in ("first", "second")
             for gate in verdicts.quality_gates(sides[role], sides[f"{role}_base"])]
    if used.empty:
        return _nothing("no block has all four cells")
    if (~marked).sum() < RULES.blocks_min:
        gates.insert(0, verdicts.blocks_text(int((~marked).sum())))
    logs = stats.log_ratios(used["first"], used["second"]) - stats.log_ratios(used["first_2"],
                                                                              used["second_2"])
    # Two independent ratios: their noise adds as squares.
    floor = math.sqrt(2) * stats.noise_floor(aa, len(used))
    return verdicts.Comparison(stats.bca(logs, np.mean).exp(), int(marked.sum()),
                               stats.sign_flip_p(logs), math.nan, floor, gates)


def _judge_size(claim: Claim, comparison: verdicts.Comparison) -> verdicts.Verdict:
    """Supported when the whole interval lies in the claimed range, refuted when none of it does."""
    value = comparison.ratio
    if comparison.gates:
        return verdicts.Verdict(verdicts.NONE, "; ".join(comparison.gates))
    if claim.low <= value.low and value.high <= claim.high:
        return verdicts.Verdict(verdicts.SUPPORTED, "")
    if value.high < claim.low or value.low > claim.high:
        return verdicts.Verdict(verdicts.REFUTED, "the whole interval lies outside the claim")
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
