"""Claims: statements of others, each with the cells that would show it, judged by this run.

The file format is in analysis/README.md. A claim compares a `first` with a `second` cell
(kind "ratio"), two such ratios ("ratio_of_ratios"), or one cell with a number ("value").

Shapes: read() gives a list of Claim; judged() a frame with one row per claim, in file order.
Errors: failure.InputError with file, claim, field and remedy for anything malformed or ambiguous. A
        claim whose cells this run lacks is no error: it gets no verdict, and says so.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import cells, schema, stats, verdicts
from analysis.failure import InputError
from analysis.metrics import METRICS, percent, shown
from analysis.rules import RULES

KINDS = {"ratio": ("first", "second"), "value": ("first",),
         "ratio_of_ratios": ("first", "second", "first_base", "second_base")}
TEXTS = ("id", "statement", "metric", "kind")
FIELDS = {*TEXTS, "source_line", "cell", "claimed", "needs", "note", "first", "second",
          "first_base", "second_base"}
COLUMNS = ["claim", "source", "source_line", "statement", "metric", "kind", "claimed", "seen", "n",
           "value", "low", "high", "p", "p_holm", "floor_ratio", "verdict", "reason"]


@dataclass(frozen=True)
class Claim:
    """One claim of a file. low, high: the claimed range of the ratio or value (inf: open)."""

    where: str  # file and claim, for complaints
    id: str
    source: str
    source_line: str
    statement: str
    metric: str
    kind: str
    low: float
    high: float
    cells: dict  # role -> {column: value or list of values}
    needs: dict = field(default_factory=dict)  # column -> the least value the run must have


def read(path: str) -> list[Claim]:
    """The claims of a file, checked."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, error.strerror, "name a claims file") from error
    except ValueError as error:
        raise InputError(f"{path}: line {getattr(error, 'lineno', 1)}", "is not JSON",
                         "correct it") from error
    if not isinstance(document, dict) or document.get("schema") != 1:
        raise InputError(f"{path}: schema", "is not 1", "write {\"schema\": 1, \"claims\": [..]}")
    if not isinstance(document.get("claims"), list) or not document["claims"]:
        raise InputError(f"{path}: claims", "is not a list of claims", "see analysis/README.md")
    claims = [_claim(path, i, raw, str(document.get("source", "")))
              for i, raw in enumerate(document["claims"])]
    for claim in claims:
        if sum(other.id == claim.id for other in claims) > 1:
            raise InputError(claim.where, "has the id of another claim", "rename one")
    return claims


def _claim(path: str, index: int, raw, source: str) -> Claim:
    where = f"{path}: claims[{index}]"
    if not isinstance(raw, dict):
        raise InputError(where, "is not an object", "see analysis/README.md")
    for name in raw:
        if name not in FIELDS:
            raise InputError(f"{where}.{name}", "is unknown",
                             f"use one of {', '.join(sorted(FIELDS))}")
    for name in TEXTS:
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise InputError(f"{where}.{name}", "is missing or no text", "write it")
    if raw["kind"] not in KINDS:
        raise InputError(f"{where}.kind", f"\"{raw['kind']}\" is unknown",
                         f"use one of {', '.join(KINDS)}")
    if raw["metric"] not in METRICS:
        raise InputError(f"{where}.metric", f"\"{raw['metric']}\" is unknown",
                         f"use one of {', '.join(METRICS)}")
    low, high = _range(where, raw.get("claimed"), raw["kind"])
    common = raw.get("cell", {})
    roles = {role: {**common, **_filter(where, role, raw.get(role))} for role in KINDS[raw["kind"]]}
    for name in {name for chosen in [*roles.values(), raw.get("needs", {})] for name in chosen}:
        if name not in schema.FACTORS:
            raise InputError(f"{where}: {name}", "is not a factor",
                             f"use some of {', '.join(schema.FACTORS)}")
    return Claim(where, raw["id"], source, str(raw.get("source_line", "")), raw["statement"],
                 raw["metric"], raw["kind"], low, high, roles, raw.get("needs", {}))


def _filter(where: str, role: str, chosen) -> dict:
    if not isinstance(chosen, dict):
        raise InputError(f"{where}.{role}", "is missing or no object",
                         "write {\"connections\": 256, ..}; {} when `cell` says it all")
    return chosen


def _range(where: str, claimed, kind: str) -> tuple[float, float]:
    if (not isinstance(claimed, list) or len(claimed) != 2
            or not all(end is None or isinstance(end, (int, float)) for end in claimed)):
        raise InputError(f"{where}.claimed", "is not [low, high]",
                         "write two numbers; null leaves an end open")
    low = -math.inf if claimed[0] is None else float(claimed[0])
    high = math.inf if claimed[1] is None else float(claimed[1])
    if kind != "value":
        low = 0.0 if low == -math.inf else low
        if not (0 <= low <= high) or low < 1 < high:
            raise InputError(f"{where}.claimed", "is not a range of ratios on one side of 1",
                             "write [1.15, 1.25] for +15 to +25 %, [null, 0.8] for -20 % or more")
    elif low > high:
        raise InputError(f"{where}.claimed", "falls", "write the smaller number first")
    return low, high


def judged(claims: list[Claim], trials: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each claim. trials: cells.with_names, twins included; Holm over the file."""
    compared = [_compare(claim, trials) for claim in claims]
    verdicts.adjust([comparison for comparison in compared if not math.isnan(comparison.p)])
    rows = []
    for claim, comparison in zip(claims, compared):
        verdict = (_judge_value(claim, comparison) if claim.kind == "value"
                   else verdicts.judge_claim(comparison, claim.low, claim.high))
        value = comparison.ratio
        rows.append((claim.id, claim.source, claim.source_line, claim.statement, claim.metric,
                     claim.kind, claimed_text(claim), seen_text(claim, value), value.n,
                     value.estimate, value.low, value.high, comparison.p, comparison.p_holm,
                     math.exp(comparison.floor), verdict.word, verdict.reason))
    return pd.DataFrame(rows, columns=COLUMNS)


def _compare(claim: Claim, trials: pd.DataFrame) -> verdicts.Comparison:
    sides = {}
    for role, chosen in claim.cells.items():
        rows = _cell(claim, role, chosen, trials)
        if rows.empty:
            asked = ", ".join(f"{name} {value}" for name, value in chosen.items())
            return _nothing(f"this run has no cell with {asked}")
        if rows[claim.metric].isna().all():
            return _nothing(f"{METRICS[claim.metric].name} was not measured")
        sides[role] = rows
    source = sides["first"]["source"].iloc[0]
    aa = cells.aa_log_ratios(trials, claim.metric, source)
    if claim.kind == "value":
        comparison = _value(sides["first"], claim.metric)
    elif claim.kind == "ratio":
        comparison = verdicts.compare_paired(sides["first"], sides["second"], claim.metric, aa)
    else:
        comparison = _two_ratios(sides, claim.metric, aa)
    for name, least in claim.needs.items():
        has = pd.to_numeric(sides["first"][name], errors="coerce").max()
        if not has >= least:
            comparison.gates.insert(0, f"needs {name.replace('_', ' ')} {least:,}, "
                                       f"this run has {has:,.0f}")
    return comparison


def _cell(claim: Claim, role: str, chosen: dict, trials: pd.DataFrame) -> pd.DataFrame:
    """The trials of the one cell a role names; InputError when it names several."""
    rows = trials[trials["twin"] == 0]
    if "source" not in chosen:
        rows = rows[rows["source"] == "real"]
    for name, wanted in chosen.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        same = pd.Series(False, index=rows.index)
        for value in values:
            same |= (rows[name] == float(value) if rows[name].dtype == float
                     and isinstance(value, (int, float)) else rows[name] == str(value))
        rows = rows[same]
    differing = [name for name in schema.FACTORS if rows[name].nunique(dropna=False) > 1]
    if differing:
        raise InputError(f"{claim.where}.{role}", f"names several cells, which differ in "
                         f"{', '.join(differing)}", "add that to the claim's cell")
    return rows


def _nothing(reason: str) -> verdicts.Comparison:
    return verdicts.Comparison(stats.Interval(math.nan, math.nan, math.nan, 0), 0, math.nan,
                               math.nan, math.nan, [reason])


def _value(rows: pd.DataFrame, column: str) -> verdicts.Comparison:
    """The median of one cell with its interval; there is no null to test, so no p."""
    measured = rows[rows[column].notna()]
    valid = measured[measured["mark"] == ""]
    gates = verdicts.quality_gates(rows, rows.iloc[:0])
    if len(valid) < RULES.blocks_min:
        gates.insert(0, verdicts.blocks_text(len(valid)))
    used = valid if len(valid) else measured
    return verdicts.Comparison(stats.bca(used[column]), len(measured) - len(valid), math.nan,
                               math.nan, math.nan, gates)


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


def _judge_value(claim: Claim, comparison: verdicts.Comparison) -> verdicts.Verdict:
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
    metric = METRICS[claim.metric]
    if claim.kind == "value":
        ends = [shown(end * metric.scale) + f" {metric.unit}" for end in (claim.low, claim.high)]
    else:
        ends = [f"×{shown(end)}" if end >= 2 else percent(end) for end in (claim.low, claim.high)]
    if math.isinf(claim.high):
        return "an increase" if claim.kind != "value" and claim.low == 1 else f"at least {ends[0]}"
    if claim.low == (-math.inf if claim.kind == "value" else 0):
        return "a decrease" if claim.kind != "value" and claim.high == 1 else f"at most {ends[1]}"
    return ends[0] if claim.low == claim.high else f"{ends[0]} to {ends[1]}"


def seen_text(claim: Claim, value: stats.Interval) -> str:
    """What this run shows, in the claim's own terms."""
    if math.isnan(value.estimate):
        return "not measured"
    metric = METRICS[claim.metric]
    if claim.kind == "value":
        ends = [shown(v * metric.scale) for v in (value.estimate, value.low, value.high)]
        unit = f" {metric.unit}"
    elif value.estimate >= 2:
        ends, unit = [f"×{shown(v)}" for v in (value.estimate, value.low, value.high)], ""
    else:
        ends, unit = [percent(v) for v in (value.estimate, value.low, value.high)], ""
    if math.isnan(value.low):
        return f"{ends[0]}{unit}"
    return f"{ends[0]} [{ends[1]}, {ends[2]}]{unit}"
