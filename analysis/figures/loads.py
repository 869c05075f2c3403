"""p99 against load in open loop, with the bound that a suite asks about."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from analysis import cells, max_load, stats, style
from analysis.figures.common import NothingToDraw, caption, legend_for

FORM_STYLES = {"one queue per worker": {"linestyle": (0, (1, 1.2)), "linewidth": 1.0},
               "one queue for all": {"linestyle": (0, (4, 1.5)), "linewidth": 1.0}}
SHOWN_MAX = 4  # in bounds: beyond, a curve only says that the load was too high


@style.styled
def p99_against_load(trials: pd.DataFrame, results, *, width_in: float = style.NARROW_IN):
    """One panel per slice: its workload, its number of cores. results: with its suites."""
    rows = max_load.curves(trials, results.directories, results.suites)
    if rows.empty:
        raise NothingToDraw("no workload with p99_bound_us was run at several shares of a capacity")
    rows = rows.assign(cores=rows["cores"].astype(float))
    panels = [part for _, part in rows.groupby(["cores", "slice"], sort=True)]
    names = cells.series_order(rows["series"])
    forms = [Line2D([], [], color=style.FLOOR_COLOR, label=f"theory, {name}", **look)
             for name, look in FORM_STYLES.items()] if rows["exponential"].any() else []
    figure, axes = style.page(len(panels), width_in, titles=True,
                              legend=legend_for(names, forms))
    figure.hover, figure.table = [], max_load.table(rows)
    figure.printed = figure.table[["slice", "series", "cores", "shown", "theory"]]
    theory = (" Grey: the closed forms for exponential service, M/M/1 per worker and M/M/c."
              if forms else "")
    figure.caption = caption("p99 latency from the intended send, in multiples of the mean service "
                             "(logarithmic), against load. Horizontal: the bound; vertical: where "
                             "a series' line, of medians, crosses it; the table's interval is over "
                             "blocks." + theory, rows)
    looks = style.looks(names)
    for axis, part in zip(axes, panels):
        _panel(axis, part, looks, figure)
    return figure


def _panel(axis, part: pd.DataFrame, looks, figure) -> None:
    head = part.iloc[0]
    top = _top(part)
    for series in cells.series_order(part["series"]):
        mine, look = part[part["series"] == series], looks[series]
        xs, ys = [], []
        for load, cell in mine.groupby("rate_share", sort=True):
            value = stats.bca(cell["times"])
            xs.append(load)
            ys.append(value.estimate)
            if value.estimate <= top:
                if np.isfinite([value.low, value.high]).all():
                    axis.vlines(load, value.low, value.high, color=look.color, linewidth=0.9)
                figure.hover.append((axis, load, value.estimate, f"{series}, load {load:g}: p99 "
                                     f"{value.estimate:.3g} mean services, n = {value.n}"))
        axis.plot(*_between(xs, ys), color=look.color, linestyle=look.dash, zorder=4)
        axis.plot(xs, ys, color=look.color, linestyle="none", marker=look.marker,
                  markeredgecolor="white", markeredgewidth=0.4, zorder=4)
        crossing = max_load.highest(xs, ys, head["limit"])
        if np.isfinite(crossing):
            axis.vlines(crossing, part["times"].min() / 100, head["limit"], color=look.color,
                        linewidth=0.7, zorder=1.5)
    if head["exponential"]:
        _forms(axis, int(head["cores"]), part["rate_share"].max())
    axis.axhline(head["limit"], color="black", linewidth=0.7, zorder=1)
    style.log_values_axis(axis.yaxis, part["times"].min(), top / 1.25)
    loads = part["rate_share"]
    axis.set_xlim(max(0.0, loads.min() - 0.05), min(1.0, loads.max() + 0.02))
    style.x_label(axis, "load (share of capacity)")
    axis.set_ylabel("p99 [mean service]")
    axis.set_title(head["slice"], loc="left", pad=4)


def _top(part: pd.DataFrame) -> float:
    """The highest p99 shown: SHOWN_MAX bounds, and more where a series begins above them."""
    begins = part.groupby(["series", "rate_share"])["times"].median().groupby("series").min()
    return max(SHOWN_MAX * part["limit"].iloc[0], 2 * begins.max())


def _between(loads, times):
    """The line as max_load reads it: 1 / p99 falls along a straight line between two loads."""
    fine = np.unique(np.concatenate([np.linspace(*pair, 20) for pair in zip(loads, loads[1:])]))
    return fine, 1 / np.interp(fine, loads, 1 / np.asarray(times, dtype=float))


def _forms(axis, cores: int, most: float) -> None:
    loads = np.linspace(0.02, min(most, 0.995), 200)
    for servers, look in zip((1, cores), FORM_STYLES.values()):
        axis.plot(loads, [max_load.mmc_p99(servers, load) for load in loads],
                  color=style.FLOOR_COLOR, zorder=2, **look)
