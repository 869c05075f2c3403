"""What the figure modules share: choosing rows, drawing one series, captions.

Shapes: see analysis/cells.py for slices, series and cells.
"""

import re

import numpy as np
import pandas as pd

from analysis import cells, stats, style
from analysis.metrics import Metric
from analysis.rules import RULES
from analysis.tables import interval_text


DOT_SHIFT = 0.035  # octaves


class NothingToDraw(Exception):
    """The trials hold none of what this figure shows; the text says what is missing."""


def named(trials: pd.DataFrame) -> pd.DataFrame:
    """Rows with series and slice names, without A/A twins."""
    trials = cells.with_names(trials)
    return trials[trials["twin"] == 0]


def with_values(trials: pd.DataFrame, columns, what: str) -> pd.DataFrame:
    """Rows in which all the columns were measured; raises NothingToDraw when none is."""
    rows = trials[trials[list(columns)].notna().all(axis=1)]
    if rows.empty:
        raise NothingToDraw(f"{what} was not measured in these trials")
    return rows


def draw_series(axes, rows: pd.DataFrame, x: str, metric: Metric, look, offset: float,
                hover: list) -> None:
    """Raw dots, medians with intervals and the line through them, for one series.

    offset: shift along a log2 axis in powers of two, so that series do not hide one another.
    Hollow dots are marked trials: drawn, but no verdict rests on them.
    """
    middle_x, middle, low, high = [], [], [], []
    for value, cell in rows.groupby(x, sort=True):
        interval = stats.bca(cell[metric.column])
        middle_x.append(value * 2.0**offset)
        middle.append(interval.estimate * metric.scale)
        low.append(interval.low * metric.scale)
        high.append(interval.high * metric.scale)
        hover.append((axes, middle_x[-1], middle[-1], hover_text(cell, metric, interval)))
    for marked, face in ((False, look.color), (True, "none")):
        chosen = rows[(rows["mark"] != "") == marked]
        # Beside the median, so that its marker does not cover them.
        axes.plot(chosen[x] * 2.0**(offset + DOT_SHIFT), chosen[metric.column] * metric.scale,
                  linestyle="none", marker="o", markersize=2.2, markerfacecolor=face,
                  markeredgecolor=look.color, markeredgewidth=0.4, alpha=0.55, zorder=2)
    middle, low, high = map(np.array, (middle, low, high))
    axes.plot(middle_x, middle, color=look.color, linestyle=look.dash, marker=look.marker,
              markeredgecolor="white", markeredgewidth=0.4, zorder=4)
    known = ~np.isnan(low)
    if known.any():
        reach = np.abs(np.array([middle - low, high - middle]))[:, known]
        axes.errorbar(np.array(middle_x)[known], middle[known], yerr=reach, fmt="none",
                      ecolor=look.color, elinewidth=0.9, capsize=2.0, capthick=0.9, zorder=3)


def hover_text(cell: pd.DataFrame, metric: Metric, interval) -> str:
    """"fifo, 256 connections: p99 latency 3.28 [3.10, 3.41] ms, n = 10"."""
    head = cell.iloc[0]
    return (f"{head['series']}, {head['connections']:,.0f} connections: {metric.name} "
            f"{interval_text(metric, interval)} {metric.unit}, n = {interval.n}")


def offsets(names, counts, spread: float) -> dict[str, float]:
    """Series name -> shift in octaves, centred on 0; all of them take `spread` of the x step."""
    octaves = min(1.5, np.diff(np.log2(sorted(set(counts)))).min(initial=2.0))
    step = spread * octaves / max(1, len(names) - 1)
    return {name: (i - (len(names) - 1) / 2) * step for i, name in enumerate(names)}


def legend_for(names, extra=(), *, line: bool = True) -> list:
    """Legend handles of the series in their fixed order, and what is drawn besides."""
    return [style.handle(name, look, line=line)
            for name, look in style.looks(names).items()] + list(extra)


def blocks_text(trials: pd.DataFrame) -> str:
    """"n = 10 blocks", or "n = 8 to 10 blocks" when cells differ."""
    sizes = trials.groupby(["slice", "series", "connections", "rate_target_rps"],
                           dropna=False).size()
    low, high = int(sizes.min()), int(sizes.max())
    return f"n = {low} blocks" if low == high else f"n = {low} to {high} blocks"


def caption(text: str, trials: pd.DataFrame) -> str:
    """The figure's sentence, then n, the kind of interval and what the dots are."""
    kind = f"Bars: {RULES.level:.0%} BCa bootstrap intervals of the median over blocks"
    marked = int((trials["mark"] != "").sum())
    hollow = f" Hollow dots: {marked} marked trials, on which no verdict rests." if marked else ""
    sizes = blocks_text(trials)
    if re.search(r"n = [12]\b", sizes):
        sizes += " (no interval below 3)"
    return (f"{text} {sizes} per point. {kind.replace('%', ' %')} "
            f"({RULES.resamples:,} resamples, seeded, small-sample expanded). "
            f"Dots: single trials.{hollow}")
