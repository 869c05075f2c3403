"""The answer in at most five sentences of plain English, generated from the verdicts.

Shapes: generate() takes findings.table and returns the sentences in order.
Errors: none.
Rules (tests/analysis/sentences_test.py holds them; analysis/README.md repeats them for readers):
  1. What differs comes first: one sentence per candidate, metric and direction, at most three, by
     metric (CPU, throughput, p99, p50) and then by size. Where there are more, the third says how
     many comparisons differ besides and within which sizes.
  2. Then what does not differ: "Nothing else differs by more than 2 %" only when every other
     comparison is equivalent; else how many are.
  3. Then what is undecided and what cannot be asked of this machine, counted apart, in one
     sentence; controls that moved join it. Nothing of it stands before 1 or 2.
  4. Controls are no candidates: none is ever a subject of 1 or 2.
"""

import pandas as pd

from analysis import findings
from analysis.words import joined

FINDINGS_MAX = 3
COSTS = {("cpu", "dearer"): "costs {size} more server CPU per request than",
         ("cpu", "cheaper"): "costs {size} less server CPU per request than",
         ("throughput", "faster"): "serves {size} more requests per second than",
         ("throughput", "slower"): "serves {size} fewer requests per second than",
         ("p99", "lower"): "has a {size} lower p99 latency than",
         ("p99", "higher"): "has a {size} higher p99 latency than",
         ("p50", "lower"): "has a {size} lower p50 latency than",
         ("p50", "higher"): "has a {size} higher p50 latency than"}
# In reasons: of findings.moved_controls, or of the harness. "Under what an A/A pair reaches" is
# another thing: the pair is still.
MOVED = "A/A pair differs|A/A control moved|ratio of the (?:A/A pair|bare server) drifts"
NAMES = {"cpu": "server CPU per request", "throughput": "throughput", "p99": "p99 latency",
         "p50": "p50 latency"}


def generate(table: pd.DataFrame) -> list[str]:
    """At most five sentences. table: of findings.table."""
    asked = table[table["control"] == ""]
    if asked.empty:
        return ["There is nothing to compare: the trials hold one scheduler."]
    found = _differences(asked)
    return found + _no_difference(asked, bool(found)) + _open(asked)


def _differences(asked: pd.DataFrame) -> list[str]:
    differ = asked[asked["verdict"] == findings.DIFFERS]
    keys = ["metric", "candidate", "baseline", "direction"]
    groups = sorted((part for _, part in differ.groupby(keys, sort=False)),
                    key=lambda part: (findings.METRIC_ORDER.index(part["metric"].iloc[0]),
                                      -_percent(part).max(), part["candidate"].iloc[0]))
    if len(groups) <= FINDINGS_MAX:
        return [_difference(part, asked) for part in groups]
    rest = pd.concat(groups[FINDINGS_MAX - 1:])
    low, high = _percent(rest).min(), _percent(rest).max()
    subject = (f"{len(rest)} further comparisons differ" if len(rest) > 1
               else "1 further comparison differs")
    return [_difference(part, asked) for part in groups[:FINDINGS_MAX - 1]] + [
        f"{subject}, {_span(low, high)} ({joined(_metrics(rest))})."]


def _difference(part: pd.DataFrame, asked: pd.DataFrame) -> str:
    """"work-stealing costs 9.1 % more server CPU per request than fifo with plaintext ..."."""
    head = part.iloc[0]
    low, high = _percent(part).min(), _percent(part).max()
    size = _size(low, high)
    text = COSTS[head["metric"], head["direction"]].format(size=size)
    same = asked[(asked["metric"] == head["metric"]) & (asked["candidate"] == head["candidate"])
                 & (asked["baseline"] == head["baseline"])]
    return f"{head['candidate']} {text} {head['baseline']} {_where(part, same)}."


def _where(part: pd.DataFrame, same: pd.DataFrame) -> str:
    """Which loads: all that this candidate was asked about, or their names, or how many."""
    loads = list(part["load"])
    if len(part) == len(same):
        return f"under all {len(loads)} loads" if len(loads) > 2 else f"with {joined(loads)}"
    if len(loads) <= 2:
        return f"with {joined(loads)}"
    widest = part.iloc[_percent(part).to_numpy().argmax()]["load"]
    return f"under {len(loads)} of {len(same)} loads, most with {widest}"


def _no_difference(asked: pd.DataFrame, found: bool) -> list[str]:
    equal = asked[asked["verdict"] == findings.EQUIVALENT]
    rest = asked[asked["verdict"] != findings.DIFFERS]
    if equal.empty:
        return []
    margin = f"{100 * equal['margin'].max():g} %"
    if len(equal) == len(rest):
        if found:
            return [f"Nothing else differs by more than {margin}."]
        names = joined(sorted(set(equal["baseline"])))
        return [f"Nothing differs from {names} by more than {margin} "
                f"in {joined(_metrics(equal))}."]
    verb = "comparison is" if len(equal) == 1 else "comparisons are"
    return [f"{len(equal)} of {len(asked)} {verb} equivalent within {margin} "
            f"({joined(_metrics(equal))})."]


def _open(asked: pd.DataFrame) -> list[str]:
    undecided = asked[asked["verdict"] == findings.UNDECIDED]
    cannot = asked[asked["verdict"] == findings.CANNOT]
    parts = []
    if len(undecided):
        parts.append(f"{len(undecided)} of {len(asked)} {_are(undecided)} undecided"
                     f"{_takes(undecided)}")
    moved = undecided[undecided["reason"].str.contains(MOVED)]
    if len(moved):
        parts.append(f"nothing is concluded in {len(moved)} of these, because a control moved")
    if len(cannot):
        needs = joined(sorted(set(cannot["needs"]) - {""}))
        parts.append(f"{len(cannot)} cannot be asked of this machine (needs {needs})")
    return [f"{'; '.join(parts)}."] if parts else []


def _takes(undecided: pd.DataFrame) -> str:
    """" (about 14 more pairs, 36 s, for the nearest)", from the least that any of them takes."""
    known = undecided[undecided["pairs_more"] > 0].sort_values("pairs_more", kind="stable")
    if known.empty:
        return ""
    least = known.iloc[0]
    what = "blocks" if least["design"] == "blocks" else "pairs"
    seconds = least["seconds_more"]
    time = f", {seconds:,.0f} s," if seconds == seconds and seconds > 0 else ""
    return f" (about {least['pairs_more']:,.0f} more {what}{time} for the nearest)"


def _are(rows) -> str:
    return "is" if len(rows) == 1 else "are"


def _percent(part: pd.DataFrame) -> pd.Series:
    return (100 * (part["ratio"] - 1)).abs()


def _size(low: float, high: float) -> str:
    one, two = f"{low:.1f}", f"{high:.1f}"
    return f"{one} %" if one == two else f"{one} to {two} %"


def _span(low: float, high: float) -> str:
    return f"by {_size(low, high)}"


def _metrics(rows: pd.DataFrame) -> list[str]:
    return [NAMES[name] for name in findings.METRIC_ORDER if name in set(rows["metric"])]
