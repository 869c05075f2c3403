"""Measures against the number of connections: the figures a sweep suite is run for.

Each function takes trials and a width in inches and returns a Figure; see the package text.
"""

import pandas as pd
from matplotlib.lines import Line2D

from analysis import cells, style, tables
from analysis.figures.common import (NothingToDraw, caption, draw_series, legend_for, named,
                                     offsets, with_values)
from analysis.metrics import METRICS, sized

FLOOR_STYLE = {"color": style.FLOOR_COLOR, "linestyle": (0, (1, 1.2)), "linewidth": 1.0}


def throughput(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Closed-loop throughput, from zero."""
    return _sweep(cells.closed(named(trials)), ["throughput_rps"], width_in,
                  "Closed-loop throughput against connections (log2 axis, throughput from zero).",
                  log=False)


def latency(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Closed-loop p50 and p99, with the Little floor."""
    text = ("Closed-loop latency of a request, from its send to its last byte, against "
            "connections (both axes logarithmic). Little floor: the mean latency that the "
            "requests in flight force at the best throughput of the sweep, L(N) / X; what lies "
            "on it is population, not scheduling. A median may lie below a mean.")
    return _sweep(cells.closed(named(trials)), ["lat_req_p50_ns", "lat_req_p99_ns"], width_in,
                  text, log=True, floor=True)


def intended_latency(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Iso-load sweep: open loop at one rate, connections varied; growth here is real cost."""
    rows = named(trials)
    rows = rows[cells.open_loop(rows) & rows["rate_target_rps"].notna()]
    swept = rows.groupby(["slice", "rate_target_rps"])["connections"].transform("nunique") > 1
    rows = rows[swept]
    if rows.empty:
        raise NothingToDraw("no open-loop rate was run at several connection counts")
    rate = rows["rate_target_rps"].map("{:,.0f} req/s".format)
    rows = rows.assign(slice=rows["slice"] + ", " + rate)
    text = ("Iso-load sweep: open loop at one absolute rate while connections grow; latency from "
            "the intended send, so no delay is hidden. Population is constant: growth is cost.")
    return _sweep(rows, ["lat_intended_p50_ns", "lat_intended_p99_ns"], width_in, text, log=True)


def cpu_per_request(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Server CPU per request, user and system together, from zero."""
    return _sweep(named(trials), ["server_cpu_ns_per_request"], width_in,
                  "Server CPU time per request, user and system, against connections. It stays "
                  "meaningful where the client was the bottleneck.", log=False)


def run_queue_delay(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """From the moment a fiber became runnable to the moment a worker resumed it."""
    return _sweep(named(trials), ["sched_delay_p50_ns", "sched_delay_p99_ns"], width_in,
                  "Run-queue delay: from runnable to resumed, the part of a request's time that "
                  "is the scheduler's, against connections (both axes logarithmic).", log=True)


@style.styled
def _sweep(trials, columns, width_in, text, *, log: bool, floor: bool = False):
    """One panel per slice and column; all series in each."""
    metrics = [METRICS[column] for column in columns]
    if trials.empty:
        raise NothingToDraw(f"no trial for {metrics[0].name}")
    rows = with_values(trials, columns, metrics[0].name)
    parts = cells.slices(rows)
    # Without costs a model's fiber runs the moment it may: nothing to draw on a logarithmic axis.
    panels = [(name, part, metric) for name, part in parts for metric in metrics
              if not log or (part[metric.column] > 0).any()]
    if not panels:
        raise NothingToDraw(f"{metrics[0].name} is 0 throughout")
    names = cells.series_order(rows["series"])
    extra = [Line2D([], [], label="Little floor (mean)", **FLOOR_STYLE)] if floor else []
    figure, axes = style.page(len(panels), width_in, legend=legend_for(names, extra),
                              titles=len(parts) > 1)
    figure.hover, figure.caption = [], caption(text, rows)
    # Rising lines must not be pushed aside: a shift to the right reads as a lower line.
    looks, shifts = style.looks(names), offsets(names, rows["connections"], 0.1 if log else 0.22)
    for axis, (name, part, metric) in zip(axes, panels):
        metric = sized(metric, part[metric.column])
        for series in cells.series_order(part["series"]):
            draw_series(axis, part[part["series"] == series], "connections", metric,
                        looks[series], shifts[series], figure.hover)
        values = part[metric.column] * metric.scale
        low, high = values[values > 0].min(), values.max()
        if floor:
            line = tables.little_floor(part)
            level = line["floor_ns"] * metric.scale
            axis.plot(line["connections"], level, zorder=1.5, **FLOOR_STYLE)
            low, high = min(low, level.min()), max(high, level.max())
        style.connections_axis(axis, part["connections"])
        if log:
            style.log_values_axis(axis.yaxis, low, high)
        else:
            style.zero_based(axis, high)
        axis.set_ylabel(metric.axis)
        if len(parts) > 1:
            axis.set_title(name, loc="left", pad=4)
    return figure
