"""Ratios: schedulers against the baseline, one scheduler against itself, model against machine."""

import math

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis import cells, stats, style, tables, verdicts
from analysis.figures.common import NothingToDraw, legend_for, named
from analysis.metrics import METRICS
from analysis.rules import RULES
from analysis.simulated import beside

ROW_IN, BETWEEN_IN = 0.16, 0.12
BAND_COLOR = "#E8E8E8"


@style.styled
def ratio_forest(trials: pd.DataFrame, column: str = "throughput_rps", baseline: str = "", *,
                 width_in: float = style.NARROW_IN):
    """Each series over the baseline in `column`, cell by cell, with its verdict.

    trials: with the A/A twins, whose spread is the noise floor drawn; column: of METRICS.
    """
    every = cells.with_names(trials)
    table = tables.ratios(named(every), every, [column], baseline)
    table = table[table["verdict"] != "control"]
    if table.empty:
        raise NothingToDraw(f"{METRICS[column].name}: no second scheduler to compare")
    metric, looks = METRICS[column], style.looks(table["series"])
    marks = [Line2D([], [], color="black", linestyle="none", marker="o", label="differs"),
             Line2D([], [], color="black", linestyle="none", marker="o", markerfacecolor="white",
                    label="undecided"),
             Line2D([], [], color="black", linestyle="none", marker="o", markerfacecolor="#B0B0B0",
                    label="equivalent"),
             Patch(facecolor=BAND_COLOR, label="±2 %"),
             Line2D([], [], color=style.FLOOR_COLOR, linestyle=(0, (1, 1.2)), label="A/A floor")]
    labels, lines = style.row_labels(map(_row_label, table.itertuples()), width_in)
    parts = list(table.assign(label=labels).groupby("slice", sort=True))
    row_in = ROW_IN + 0.13 * (lines - 1)
    rows_max = max(len(part) for _, part in parts)
    groups = max(len(part[["rate_target_rps", "connections"]].drop_duplicates())
                 for _, part in parts)
    figure, axes = style.page(len(parts), width_in, legend=marks, titles=len(parts) > 1,
                              panel_in=rows_max * row_in + groups * BETWEEN_IN + 0.1,
                              left_in=style.label_width_in(labels) + 0.14)
    figure.hover, figure.table = [], table
    best = "right" if metric.higher_is_better else "left"
    figure.caption = (
        f"{metric.name[0].upper() + metric.name[1:]} of each scheduler over "
        f"{joined(table['baseline'].unique())}, paired by block; better is to the {best}. "
        f"Bars: {RULES.level * 100:.0f} % BCa bootstrap intervals of the geometric mean "
        f"({RULES.resamples:,} resamples, seeded, small-sample expanded), {_n_text(table['n'])}. "
        f"Filled: a difference after Holm over the slice; grey: equivalent (interval within "
        f"±2 %); hollow: undecided. Dotted: what an A/A pair reaches.")
    for axis, (name, part) in zip(axes, parts):
        _forest(axis, part, looks, metric, row_in, figure.hover)
        if len(parts) > 1:
            axis.set_title(name, loc="left", pad=4)
    return figure


def joined(names) -> str:
    """Baselines, as a rule one."""
    return " or ".join(sorted(names))


def _n_text(sizes) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return f"n = {low} blocks" if low == high else f"n = {low} to {high} blocks"


def _row_label(row) -> str:
    """"hybrid  256", or "hybrid  256 at 180k/s" in open loop."""
    rate = row.rate_target_rps
    return f"{row.series}  {row.connections:,.0f}" + (f" at {rate / 1e3:,.0f}k/s" if rate == rate
                                                     else "")


def _forest(axis, part, looks, metric, row_in, hover) -> None:
    at, places, labels = 0.0, [], []
    band = 100 * RULES.equivalence
    axis.axvspan(-band, band, color=BAND_COLOR, zorder=0)
    axis.axvline(0, color="black", linewidth=0.6, zorder=1)
    floor = part["floor_ratio"].max()
    if not math.isnan(floor):
        for ratio in (floor, 1 / floor):
            axis.axvline(100 * (ratio - 1), color=style.FLOOR_COLOR, linestyle=(0, (1, 1.2)),
                         linewidth=1.0, zorder=1)
    for _, here in part.groupby(["rate_target_rps", "connections"], dropna=False, sort=True):
        for row in (here[here["series"] == name].iloc[0]
                    for name in cells.series_order(here["series"])):
            look = looks[row["series"]]
            x, low, high = (100 * (row[key] - 1) for key in ("ratio", "low", "high"))
            face = {verdicts.NONE: "white", verdicts.EQUIVALENT: "#B0B0B0"}.get(row["verdict"],
                                                                               look.color)
            axis.plot([low, high], [at, at], color=look.color, linewidth=1.1, zorder=2)
            axis.plot([x], [at], marker=look.marker, markerfacecolor=face, zorder=3,
                      markeredgecolor=look.color, linestyle="none")
            label = " ".join(row["label"].split())
            hover.append((axis, x, at, f"{label}: {metric.name} ratio {row['shown']}, "
                          f"{row['verdict']}"))
            places.append(at)
            labels.append(row["label"])
            at -= row_in
        at -= BETWEEN_IN
    axis.set_yticks(places, labels)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(at + BETWEEN_IN, row_in)
    axis.grid(False, axis="y")
    axis.grid(axis="x")
    axis.margins(x=0.05)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(FuncFormatter(signed))
    style.x_label(axis, f"{metric.name}, change [%]")


def signed(value: float, _) -> str:
    text = f"{value:+.6g}" if abs(value) > 1e-9 else "0"
    return text.replace("-", "\u2212")


@style.styled
def aa_strip(trials: pd.DataFrame, columns=("throughput_rps", "lat_req_p99_ns"), *,
             width_in: float = style.NARROW_IN):
    """The control: one scheduler against itself under two blind labels. Its spread is noise."""
    every = cells.with_names(trials)
    panels = []
    for column in columns:
        for source, pairs in cells.aa_pairs(every, column).groupby("source"):
            panels.append((METRICS[column], source, pairs))
    if not panels:
        raise NothingToDraw("no valid A/A block in these trials")
    handles = [Line2D([], [], color="black", linestyle="none", marker="o", markersize=2.6,
                      alpha=0.6, label="one block"),
               Line2D([], [], color=style.LOOKS[0].color, marker="D", linestyle="-",
                      label="mean, interval"),
               Patch(facecolor=BAND_COLOR, label="±2 %"),
               Line2D([], [], color=style.FLOOR_COLOR, linestyle=(0, (1, 1.2)),
                      label="noise floor")]
    figure, axes = style.page(len(panels), width_in, legend=handles)
    figure.hover, found = [], []
    for axis, (metric, source, pairs) in zip(axes, panels):
        _strip(axis, metric, source, pairs, figure.hover, found)
    figure.table = pd.DataFrame(found, columns=["metric", "source", "connections", "n", "ratio",
                                                "low", "high", "floor_ratio"])
    figure.caption = (f"A/A control: the same scheduler twice under blind labels, all workloads. "
                      f"Dots: single blocks; bars: {RULES.level * 100:.0f} % BCa intervals of the "
                      f"geometric mean, {_n_text(figure.table['n'])}. Noise floor: what the mean "
                      f"of that many blocks stays under in {RULES.floor_quantile * 100:.0f} % of "
                      f"draws.")
    return figure


def _strip(axis, metric, source, pairs, hover, found) -> None:
    axis.axhspan(-2, 2, color=BAND_COLOR, zorder=0)
    axis.axhline(0, color="black", linewidth=0.6)
    logs = np.log(pairs["ratio"].to_numpy(dtype=float))
    for count, here in pairs.groupby("connections", sort=True):
        ratio = stats.bca(np.log(here["ratio"]), np.mean).exp()
        floor = math.exp(stats.noise_floor(logs, len(here)))
        spread = np.linspace(-0.12, 0.12, len(here)) if len(here) > 1 else np.zeros(1)
        axis.plot(count * 2.0**spread, 100 * (here["ratio"] - 1), linestyle="none", marker="o",
                  color="black", markersize=2.6, alpha=0.6, markeredgewidth=0)
        place, change = count * 2.0**0.3, [100 * (v - 1) for v in (ratio.estimate, ratio.low,
                                                                  ratio.high)]
        axis.plot([place, place], change[1:], color=style.LOOKS[0].color, linewidth=1.1)
        axis.plot([place], change[:1], marker="D", color=style.LOOKS[0].color, markersize=3.5)
        for value in (floor, 1 / floor):
            axis.plot([count * 2**-0.45, count * 2**0.45], [100 * (value - 1)] * 2,
                      color=style.FLOOR_COLOR, linestyle=(0, (1, 1.2)), linewidth=1.0)
        hover.append((axis, place, change[0], f"A/A, {count:,.0f} connections: {metric.name} "
                      f"ratio {tables.ratio_text(ratio)}, n = {ratio.n}"))
        found.append((metric.column, source, count, ratio.n, ratio.estimate, ratio.low,
                      ratio.high, floor))
    style.connections_axis(axis, pairs["connections"])
    axis.set_xlim(axis.get_xlim()[0] / 1.1, axis.get_xlim()[1] * 1.1)
    axis.yaxis.set_major_formatter(FuncFormatter(signed))
    axis.set_ylabel(f"{metric.name}, B/A [%]")


@style.styled
def simulated_beside_measured(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Throughput and p99 of the same cells, measured (filled) and simulated (hollow)."""
    table = beside(named(trials))
    if table.empty:
        raise NothingToDraw("no cell was both measured and simulated")
    names = cells.series_order(table["series"])
    how = [Line2D([], [], color="black", marker="o", linestyle="-", label="measured"),
           Line2D([], [], color="black", marker="o", markerfacecolor="white", linestyle=":",
                  label="simulated")]
    panels = list(table.groupby(["slice", "metric"], sort=False))
    many = table["slice"].nunique() > 1
    figure, axes = style.page(len(panels), width_in, titles=many,
                              legend=legend_for(names, how, line=False))
    figure.hover, figure.table = [], table
    wrong = int(table["too_far"].sum())
    figure.caption = (f"Simulated beside measured, the same suite run both ways. Bars: "
                      f"{RULES.level * 100:.0f} % BCa intervals of the measured median, "
                      f"{_n_text(table['n'])}. {wrong} of {len(table)} cells are off by more than "
                      f"{RULES.model_throughput * 100:.0f} % in throughput or "
                      f"{RULES.model_p99 * 100:.0f} % in p99.")
    looks = style.looks(names)
    for axis, ((name, column), part) in zip(axes, panels):
        _both_ways(axis, part, METRICS[column], looks, figure.hover)
        if many:
            axis.set_title(name, loc="left", pad=4)
    return figure


def _both_ways(axis, part, metric, looks, hover) -> None:
    for series in cells.series_order(part["series"]):
        rows, look = part[part["series"] == series], looks[series]
        seen, model = rows["measured"] * metric.scale, rows["simulated"] * metric.scale
        axis.plot(rows["connections"], seen, color=look.color, marker=look.marker, linestyle="-")
        axis.plot(rows["connections"], model, color=look.color, marker=look.marker,
                  linestyle=":", markerfacecolor="white", markersize=5.5, zorder=1.5)
        known = rows.dropna(subset=["low", "high"])
        axis.vlines(known["connections"], known["low"] * metric.scale,
                    known["high"] * metric.scale, color=look.color, linewidth=0.9)
        for row, y in zip(rows.itertuples(), model):
            hover.append((axis, row.connections, y, f"{series}, {row.connections:,.0f} "
                          f"connections: {metric.name} {row.shown}"))
    values = pd.concat([part["measured"], part["simulated"], part["high"]]) * metric.scale
    style.connections_axis(axis, part["connections"])
    if metric.higher_is_better:
        style.zero_based(axis, values.max())
    else:
        style.log_values_axis(axis.yaxis, values.min(), values.max())
    axis.set_ylabel(metric.axis)
