"""Every comparison of a report in one table, whatever design it comes from, with four verdicts.

differs, equivalent (within the margin), undecided (with what it would take), cannot (be asked on
this machine, with what it needs). Comparisons by rounds are the harness's (comparisons.csv); those
of blocks are judged by analysis/verdicts.py and translated here.

Shapes: table() gives one row per comparison and metric, columns COLUMNS, in the order of the
        matrix: metric, load, candidate. control: "" or "aa", "bare": never a candidate.
        load: the words of what both sides were given; load_order: its place.
        low, high: the interval that the verdict rests on (decision_low .. of comparisons.csv).
Errors: none.
"""

import math

import pandas as pd

from analysis import cells, rounds, verdicts
from analysis.comparisons_file import DIRECTIONS, decision, load_names
from analysis.metrics import METRICS
from analysis.rules import RULES

COLUMNS = ["metric", "column", "control", "load", "load_order", "baseline", "candidate", "design",
           "design_reason", "n", "ratio", "low", "high", "margin", "verdict", "direction", "reason",
           "pairs_more", "seconds_more", "needs", "shown", "said"]
# The order in which questions stand. requests per core-second is the inverse of the first.
METRIC_ORDER = ("cpu", "throughput", "p99", "p50")
COLUMN_METRIC = {"server_cpu_ns_per_request": "cpu", "throughput_rps": "throughput",
                 "lat_req_p99_ns": "p99", "lat_intended_p99_ns": "p99", "lat_req_p50_ns": "p50",
                 "lat_intended_p50_ns": "p50"}
DIFFERS, EQUIVALENT, UNDECIDED, CANNOT = "differs", "equivalent", "undecided", "cannot"
BETTER = ("cheaper", "faster", "lower")


def table(results, ratios: pd.DataFrame) -> pd.DataFrame:
    """All comparisons. ratios: tables.ratios of what was measured in blocks."""
    rows = _from_rounds(results) + _from_blocks(ratios)
    frame = pd.DataFrame(rows, columns=COLUMNS[:-2])
    frame = _hold_back(frame)
    frame["shown"] = [ratio_text(row) for row in frame.itertuples()]
    frame["said"] = [said(row) for row in frame.itertuples()]
    place = {name: i for i, name in enumerate(cells.series_order(frame["candidate"]))}
    return frame.sort_values(
        ["metric", "load_order", "load", "control", "candidate"], kind="stable",
        key=lambda c: c.map(place) if c.name == "candidate" else
        c.map(METRIC_ORDER.index) if c.name == "metric" else c).reset_index(drop=True)


def _from_rounds(results) -> list[tuple]:
    found = results.comparisons
    loads = with_schedulers(found, results.rounds, load_names(found))
    rows = []
    for row, (order, load) in zip(found.itertuples(), loads):
        low, high = decision(row)
        rows.append((row.metric, row.column, row.control, load, order, row.baseline, row.candidate,
                     row.design, row.design_reason, row.pairs, row.ratio, low, high, row.margin,
                     row.verdict, row.direction, row.reason, row.pairs_more, row.seconds_more,
                     row.needs))
    return rows


def with_schedulers(found: pd.DataFrame, trials: pd.DataFrame, loads: list) -> list[tuple]:
    """`loads`, each with its scheduler where another factor is compared under several of them.

    found: comparisons; trials: sides of rounds; loads: (order, words) per comparison.
    """
    known = dict(zip(trials["cell_id"], trials["scheduler"])) if "cell_id" in trials else {}
    names = [known.get(cell, "") if "scheduler" not in factor.split("+") else ""
             for cell, factor in zip(found["baseline_cell_id"], found["factor"])]
    if len(set(names)) < 2:
        return list(loads)
    return [(order, f"{load}, {name}" if name else load)
            for (order, load), name in zip(loads, names)]


def _from_blocks(ratios: pd.DataFrame) -> list[tuple]:
    rows = []
    judged = ratios[ratios["metric"].isin(COLUMN_METRIC)]
    for row in judged.itertuples():
        metric = COLUMN_METRIC[row.metric]
        control = "bare" if row.verdict == "control" else ""
        verdict = "undecided" if control else verdicts.for_people(row.verdict)
        direction = DIRECTIONS[metric][0 if row.ratio > 1 else 1] if verdict == DIFFERS else ""
        rate = row.rate_target_rps
        load = f"{row.slice}, {row.connections:,.0f} connections" + (
            f", {rate:,.0f} req/s" if rate == rate else "")
        order = (row.slice, row.connections, 0.0 if rate != rate else rate)
        rows.append((metric, row.metric, control, load, order, row.baseline, row.series, "blocks",
                     "", row.n, row.ratio, row.low, row.high, RULES.equivalence, verdict, direction,
                     row.reason, row.blocks_more, math.nan, ""))
    return rows


def _hold_back(frame: pd.DataFrame) -> pd.DataFrame:
    """Nothing is concluded where a control moves: those verdicts become undecided, and say so."""
    moved = {(row.design, row.metric, row.load): text for row, text in moved_controls(frame)}
    for index, row in frame[frame["control"] == ""].iterrows():
        text = moved.get((row["design"], row["metric"], row["load"]))
        if text and row["verdict"] in (DIFFERS, EQUIVALENT):
            frame.loc[index, ["verdict", "direction", "reason"]] = [UNDECIDED, "", text]
    return frame


def moved_controls(frame: pd.DataFrame) -> list[tuple]:
    """(row, "the A/A pair differs by +3.1 %") of each A/A pair that should not differ and does.

    The bare server is a level and no null: that its ratio changes with the state of the caches
    says nothing of two schedulers.
    """
    pairs = frame[(frame["control"] == "aa") & (frame["design"] != "blocks")]
    return [(row, f"the A/A pair differs by {100 * (row.ratio - 1):+.1f} %")
            for row in pairs.itertuples() if row.verdict == DIFFERS]


def ratio_text(row) -> str:
    """"1.102 [1.091, 1.114]", "" where nothing was measured."""
    if row.ratio != row.ratio:
        return ""
    ends = "" if row.low != row.low else f" [{row.low:.3f}, {row.high:.3f}]"
    return f"{row.ratio:.3f}{ends}"


def said(row) -> str:
    """The verdict in a few words: "10.2 % dearer", "equivalent within 2 %"."""
    if row.control == "bare" and row.design == "blocks":
        return "control"
    if row.verdict == DIFFERS:
        return f"{abs(100 * (row.ratio - 1)):.1f} % {row.direction}"
    if row.verdict == EQUIVALENT:
        return f"equivalent within {100 * row.margin:g} %"
    if row.verdict == CANNOT:
        return f"cannot be asked here: needs {row.needs}"
    return f"undecided{takes(row)}"


def takes(row) -> str:
    """": about 14 more pairs, 36 s", or why, as far as it is known."""
    what = "blocks" if row.design == "blocks" else "pairs"
    if row.pairs_more == row.pairs_more and row.pairs_more > 0:
        seconds = row.seconds_more
        return f": about {row.pairs_more:,.0f} more {what}" + (
            f", {seconds:,.0f} s" if seconds == seconds and seconds > 0 else "")
    return f": {row.reason}" if row.reason else ""


def is_better(direction: str) -> bool:
    """Whether a direction is a change to the better."""
    return direction in BETTER


def metric_name(column: str) -> str:
    """"server CPU per request" for a column."""
    return METRICS[column].name
