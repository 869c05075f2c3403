"""Where things go: stacked bars of latency growth, of a request's time, and of its CPU.

One horizontal bar per series and connection count, so that names and totals stay readable in one
column of a paper. Parts differ in colour and in hatch.
"""

import math

import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from analysis import attribution, cells, style
from analysis.figures.common import NothingToDraw, blocks_text, named
from analysis.metrics import shown
from analysis.rules import RULES

COUNTS_MAX = 4  # connection counts drawn; the table has all
BAR_IN, BETWEEN_IN = 0.17, 0.10


@style.styled
def growth(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Latency growth over the smallest connection count, split by Little's law."""
    rows = named(trials)
    table = attribution.growth(rows)
    if table.empty:
        raise NothingToDraw("latency growth needs two connection counts in closed loop")
    base = table["base"].iloc[0]
    caption = (f"Growth of mean closed-loop latency over {base:,.0f} connections, split by "
               f"Little's law: population (more requests in flight), throughput (each takes "
               f"longer), idle (share of the population in flight), rest (measurement). Lengths "
               f"are logarithms, so parts add; the number is the whole growth. Means over blocks; "
               f"{blocks_text(rows)} per bar; {RULES.level * 100:.0f} % BCa intervals of each "
               f"part are in the table.")
    parts = [part for part in attribution.GROWTH_PARTS
             if part != "rest" or table.loc[table["part"] == "rest", "ln"].abs().max() > 0.01]
    totals = table[table["part"] == "total"].set_index(["slice", "series", "connections"])["ln"]
    figure = _stack(table, parts, "ln", width_in, caption, "latency growth",
                    lambda key: f"×{shown(math.exp(totals[key]))}")
    for axis in figure.axes:
        _growth_ticks(axis)
    return figure


def _growth_ticks(axis) -> None:
    """Powers of 2, 4 .. on an axis of natural logs, as many as there is room for."""
    low, high = axis.get_xlim()
    step, ticks_max = 2, max(2, style.panel_width_in(axis) / 0.38)
    while (high - low) / math.log(step) + 1 > ticks_max:
        step *= 2
    powers = np.arange(math.ceil(low / math.log(step)), math.floor(high / math.log(step)) + 1)
    axis.xaxis.set_major_locator(FixedLocator(list(powers * math.log(step))))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"×{style.plain(math.exp(x))}"))


@style.styled
def stages(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """A request's time on the server, from the stage stamps, as shares of the whole."""
    rows = named(trials)
    table = attribution.stages(rows)
    if table.empty:
        raise NothingToDraw("the server's stage stamps were not recorded")
    totals = table.groupby(["slice", "series", "connections"])["mean_ns"].sum()
    caption = (f"Where a request's time on the server goes, from its stage stamps, as shares of "
               f"the mean; the number is the mean itself. {blocks_text(rows)} per bar; no "
               f"interval is drawn.")
    figure = _stack(table, list(attribution.STAGES.values()), "share", width_in, caption,
                    "share of a request's time [%]", lambda key: f"{shown(totals[key] / 1e6)} ms")
    for axis in figure.axes:
        axis.xaxis.set_major_locator(FixedLocator(
            [0, 0.5, 1] if style.panel_width_in(axis) > 0.9 else [0, 1]))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f}"))
    return figure


@style.styled
def cpu_split(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Server CPU per request in user and system time, from zero."""
    rows = named(trials)
    table = attribution.cpu(rows)
    if table.empty:
        raise NothingToDraw("user and system time were not measured")
    table = table.assign(mean_us=table["mean_ns"] / 1e3)
    totals = table.groupby(["slice", "series", "connections"])["mean_us"].sum()
    caption = (f"Server CPU time per request, user and system (shares from clock ticks, scaled to "
               f"the exact total). Means over blocks; {blocks_text(rows)} per bar; no interval is "
               f"drawn.")
    return _stack(table, list(attribution.CPU_PARTS.values()), "mean_us", width_in, caption,
                  "server CPU per request [µs]", lambda key: shown(totals[key]))


def _stack(table, parts, value, width_in, caption, label, total_text):
    """The bars: one panel per slice. `table` has slice, series, connections, part and `value`."""
    pieces = [(name, _fewer(part)) for name, part in table.groupby("slice", sort=True)]
    rows = {name: _rows(piece) for name, piece in pieces}
    every = [pair for name in rows for pair in rows[name]]
    labels, lines = style.row_labels((f"{series}  {count:,.0f}" for series, count in every),
                                     width_in)
    texts = dict(zip(every, labels))
    bar_in = BAR_IN + 0.13 * (lines - 1)
    counts_max = max(piece["connections"].nunique() for _, piece in pieces)
    looks = {part: style.LOOKS[i] for i, part in enumerate(parts)}
    figure, axes = style.page(
        len(pieces), width_in, titles=len(pieces) > 1,
        legend=[_patch(looks[part], label=part) for part in parts],
        panel_in=max(map(len, rows.values())) * bar_in + counts_max * BETWEEN_IN + 0.1,
        left_in=style.label_width_in(labels) + 0.14, right_in=0.62)
    figure.hover, figure.caption, figure.table = [], caption, table
    for axis, (name, piece) in zip(axes, pieces):
        reach = _bars(axis, piece, rows[name], parts, value, looks, bar_in, figure.hover)
        for place, end, pair in reach:
            axis.annotate(total_text((name, *pair)), (end, place), xytext=(3, 0),
                          textcoords="offset points", va="center")
        axis.set_yticks([place for place, _, _ in reach], [texts[pair] for _, _, pair in reach])
        style.x_label(axis, label)
        axis.grid(axis="x")
        axis.grid(False, axis="y")
        if len(pieces) > 1:
            axis.set_title(name, loc="left", pad=4)
    return figure


def _rows(piece: pd.DataFrame) -> list[tuple]:
    """(series, connections) from the top: connection counts in turn, each with its series."""
    return [(series, count) for count in sorted(piece["connections"].unique())
            for series in cells.series_order(piece.loc[piece["connections"] == count, "series"])]


def _fewer(part: pd.DataFrame) -> pd.DataFrame:
    """At most COUNTS_MAX connection counts, the smallest and the largest among them."""
    counts = sorted(part["connections"].unique())
    if len(counts) > COUNTS_MAX:
        picked = np.linspace(0, len(counts) - 1, COUNTS_MAX).round().astype(int)
        counts = [counts[i] for i in picked]
    return part[part["connections"].isin(counts)]


def _patch(look, **options) -> Patch:
    return Patch(facecolor=look.color, edgecolor="white", hatch=look.hatch, linewidth=0.4,
                 **options)


def _bars(axis, piece, rows, parts, value, looks, bar_in, hover) -> list[tuple]:
    """Draws the rows from the top; returns (place, right end, row) of each."""
    lengths = piece.set_index(["series", "connections", "part"])[value]
    at, drawn, before = 0.0, [], None
    for series, count in rows:
        at -= (bar_in if drawn else 0) + (BETWEEN_IN if before not in (None, count) else 0)
        before = count
        ends = {1: 0.0, -1: 0.0}  # where the next part starts, to the right and to the left
        for part in parts:
            length = float(lengths[series, count, part])
            side = 1 if length >= 0 else -1
            look = looks[part]
            axis.barh(at, length, BAR_IN * 0.86, left=ends[side], color=look.color,
                      hatch=look.hatch, edgecolor="white", linewidth=0.4)
            hover.append((axis, ends[side] + length / 2, at,
                          f"{series}, {count:,.0f} connections: {part} {length:.3g}"))
            ends[side] += length
        drawn.append((at, ends[1], (series, count)))
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(at - bar_in, bar_in)
    axis.set_xlim(min(0.0, axis.get_xlim()[0]), max(end for _, end, _ in drawn))
    axis.axvline(0, color="black", linewidth=0.6)
    return drawn
