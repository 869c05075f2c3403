"""The answer in sentences: what a reader wants before any figure.

Shapes: answers() takes tables.ratios and returns a frame metric, slice, series, baseline, answer;
        one row per series of each slice.
Errors: none.
"""

import math

import pandas as pd

from analysis import cells
from analysis.metrics import METRICS, shown
from analysis.verdicts import EQUIVALENT, HIGHER, LOWER, NONE


def joined(parts: list[str]) -> str:
    """"256", "256 and 512", "256, 512 and 1,024"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def answers(ratios: pd.DataFrame) -> pd.DataFrame:
    """One sentence per metric, slice and series against the baseline; controls are left out."""
    rows = []
    judged = ratios[ratios["verdict"] != "control"]
    for metric in [m for m in METRICS if m in set(judged["metric"])]:
        for name, part in judged[judged["metric"] == metric].groupby("slice", sort=True):
            for series in cells.series_order(part["series"]):
                mine = part[part["series"] == series].sort_values("connections")
                rows.append((metric, name, series, mine["baseline"].iloc[0],
                             sentence(METRICS[metric], name, series, mine)))
    return pd.DataFrame(rows, columns=["metric", "slice", "series", "baseline", "answer"])


def sentence(metric, slice_name: str, series: str, rows: pd.DataFrame) -> str:
    """"plaintext ×16 batch: hybrid is 3.1 % [1.9, 4.2] faster than fifo at 16,384; undecided at
    256 (3 valid blocks of the 6 needed)." rows: of tables.ratios, one series, one metric."""
    baseline = rows["baseline"].iloc[0]
    if metric.column == "throughput_rps":
        subject, other = series, baseline
    else:
        subject, other = f"{metric.name} of {series}", f"that of {baseline}"
    parts = []
    for row in rows[rows["verdict"].isin([HIGHER, LOWER])].itertuples():
        opening = f"{subject} is " if not parts else ""
        compared = f" than {other}" if not parts else ""
        parts.append(f"{opening}{row.words}{compared} at {_place(row)}")
    against = "" if parts else f"{subject} against {other}: "
    for word in (EQUIVALENT, NONE):
        chosen = rows[rows["verdict"] == word]
        for reason, group in chosen.groupby("reason", sort=False):
            places = _places(group, len(group) == len(rows))
            parts.append(f"{word} at {places} ({reason})")
    return f"{slice_name}: {against}{'; '.join(parts)}."


def _places(group: pd.DataFrame, everywhere: bool) -> str:
    """The cells of a group, or their range when these are all there are."""
    counts = group["connections"]
    if everywhere and len(group) > 2:
        return f"every cell from {counts.min():,.0f} to {counts.max():,.0f}"
    return joined([_place(row) for row in group.itertuples()])


def _place(row) -> str:
    rate = row.rate_target_rps
    at_rate = f" and {rate:,.0f} req/s" if rate == rate else ""
    return f"{row.connections:,.0f}{at_rate}"


def growth(table: pd.DataFrame) -> pd.DataFrame:
    """slice, series, answer: what latency growth is made of. table: from attribution.growth."""
    rows = []
    for (name, series), part in table.groupby(["slice", "series"], sort=True):
        last = part[part["connections"] == part["connections"].max()].set_index("part")
        times = {key: f"×{shown(math.exp(value))}" for key, value in last["ln"].items()}
        head = last.iloc[0]
        rows.append((name, series, (
            f"{series}, {name}: mean latency grows {times['total']} from {head['base']:,.0f} to "
            f"{head['connections']:,.0f} connections. Population alone is {times['population']}, "
            f"lost throughput {times['throughput']}, idle share {times['idle']}; "
            f"{times['rest']} is measurement.")))
    return pd.DataFrame(rows, columns=["slice", "series", "answer"])
