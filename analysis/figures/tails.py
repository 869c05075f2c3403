"""Tails: the distribution of latency, and p99 against throughput in open loop."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from analysis import cells, stats, style
from analysis.figures.common import NothingToDraw, blocks_text, caption, legend_for, named
from analysis.metrics import METRICS, sized
from analysis.tables import interval_text

PANELS_MAX = 2  # the smallest and the largest connection count


@style.styled
def ccdf(trials: pd.DataFrame, hist: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Share of requests slower than t, from the stored histograms. hist: Results.hist."""
    rows = named(trials)
    curves = ccdf_table(rows, hist)
    if curves.empty:
        raise NothingToDraw("histograms were not stored (hist.csv)")
    # A model without chance may answer each request of a cell in the same time: no tail to draw.
    # One without costs may need no time at all, which has no place on a logarithmic axis.
    curves = curves[curves["latency_ns"] > 0]
    panels = [(title, panel) for title, panel in _ends(curves) if (panel["ccdf"] > 0).any()]
    if not panels:
        raise NothingToDraw("all requests took the same time")
    names = cells.series_order(curves["series"])
    figure, axes = style.page(len(panels), width_in, legend=legend_for(names), titles=True,
                              left_in=0.78)
    kind = ("from the intended send" if (rows["arrival"].isin(["closed", ""])).sum() == 0
            else "from its send to its last byte")
    figure.caption = (f"Share of requests slower than t (both axes logarithmic), latency {kind}. "
                      f"Histograms of all trials of a cell are added, never averaged; "
                      f"{blocks_text(rows)}, no interval is drawn.")
    figure.hover, figure.table, figure.printed = [], _thinned(curves), _quantiles(curves)
    looks = style.looks(names)
    for axis, (title, panel) in zip(axes, panels):
        drawn = panel[panel["ccdf"] > 0]
        unit, unit_ns = ("µs", 1e3) if drawn["latency_ns"].max() < 1e6 else ("ms", 1e6)
        for series in cells.series_order(panel["series"]):
            curve = panel[(panel["series"] == series) & (panel["ccdf"] > 0)]
            look, dots = looks[series], _thinned(curve)
            axis.plot(dots["latency_ns"] / unit_ns, dots["ccdf"], color=look.color,
                      linestyle=look.dash, marker=look.marker, markersize=3.2,
                      markevery=max(1, len(dots) // 8))
            for share in (0.5, 0.1, 0.01, 0.001):
                reached = curve[curve["ccdf"] <= share]
                if len(reached):
                    t, left = reached.iloc[0][["latency_ns", "ccdf"]]
                    figure.hover.append((axis, t / unit_ns, left,
                                         f"{series}, {title}: {left:.4f} of requests are slower "
                                         f"than {t / unit_ns:.3f} {unit}"))
        style.log_values_axis(axis.xaxis, drawn["latency_ns"].min() / unit_ns,
                              drawn["latency_ns"].max() / unit_ns)
        style.log_values_axis(axis.yaxis, max(1e-6, drawn["ccdf"].min()), 1.0)
        axis.set_xlabel(f"latency t [{unit}]")
        axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{style.plain(100 * y)} %"))
        axis.set_ylabel("slower than t")
        axis.set_title(title, loc="left", pad=4)
    return figure


def ccdf_table(rows: pd.DataFrame, hist: pd.DataFrame) -> pd.DataFrame:
    """slice, series, connections, latency_ns (a bucket's upper edge), ccdf: smallest and largest N.

    The CCDF at an edge is the share of requests in later buckets; bucket contents are not spread.
    """
    wanted = np.where(cells.open_loop(rows), "lat_intended", "lat_req")
    keys = rows[["directory", "trial_id", "slice", "series", "connections"]].assign(metric=wanted)
    ends = {keys["connections"].min(), keys["connections"].max()}
    joined = hist.merge(keys[keys["connections"].isin(ends)],
                        on=["directory", "trial_id", "metric"])
    parts = []
    for (name, series, count), cell in joined.groupby(["slice", "series", "connections"],
                                                      sort=True):
        counts = cell.groupby("upper_ns")["count"].sum().sort_index()
        later = counts.sum() - counts.cumsum()
        parts.append(pd.DataFrame({"slice": name, "series": series, "connections": count,
                                   "latency_ns": counts.index.astype(float),
                                   "ccdf": (later / counts.sum()).to_numpy()}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        columns=["slice", "series", "connections", "latency_ns", "ccdf"])


def _thinned(curves: pd.DataFrame) -> pd.DataFrame:
    """One point per hundredth of a decade of latency or of share: all that a page can show.

    The exact histogram stays in hist.csv; printed quantiles come from it.
    """
    with np.errstate(divide="ignore"):
        steps = pd.DataFrame({
            "series": curves["series"], "connections": curves["connections"],
            "slice": curves["slice"],
            "across": np.floor(100 * np.log10(curves["latency_ns"].clip(lower=1))),
            "down": np.floor(100 * np.log10(curves["ccdf"]))})
    return curves[~steps.duplicated()]


def _quantiles(curves: pd.DataFrame) -> pd.DataFrame:
    """The curve at the usual quantiles, in ms: what a printed table has room for."""
    rows = []
    for key, curve in curves.groupby(["series", "connections"], sort=True):
        at = [curve.loc[curve["ccdf"] <= share * (1 + 1e-9), "latency_ns"].min() / 1e6
              for share in (0.5, 0.1, 0.01, 0.001)]
        rows.append((*key, *at))
    return pd.DataFrame(rows, columns=["series", "connections", "p50 [ms]", "p90 [ms]",
                                       "p99 [ms]", "p99.9 [ms]"])


def _ends(curves: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    many = curves["slice"].nunique() > 1
    panels = []
    for (name, count), panel in curves.groupby(["slice", "connections"], sort=True):
        text = f"{count:,.0f} connections"
        panels.append((f"{name}, {text}" if many else text, panel))
    return panels


@style.styled
def throughput_p99(trials: pd.DataFrame, *, width_in: float = style.NARROW_IN):
    """Open loop: p99 from the intended send against the achieved rate, one point per rate."""
    rows = named(trials)
    rows = rows[cells.open_loop(rows)].dropna(subset=["lat_intended_p99_ns", "rate_target_rps"])
    if rows.empty:
        raise NothingToDraw("no open-loop trial")
    counts = sorted(rows["connections"].unique())
    counts = sorted({counts[0], counts[-1]})
    panels = [(name, count, part[part["connections"] == count])
              for name, part in cells.slices(rows) for count in counts]
    panels = [panel for panel in panels if panel[2]["rate_target_rps"].nunique() > 1]
    if not panels:
        raise NothingToDraw("open loop at one rate only")
    names = cells.series_order(rows["series"])
    figure, axes = style.page(len(panels), width_in, legend=legend_for(names), titles=True)
    figure.hover = []
    figure.caption = caption("Open loop: p99 latency from the intended send (logarithmic) against "
                             "achieved throughput, one point per offered rate.", rows)
    looks, found = style.looks(names), []
    for axis, (name, count, part) in zip(axes, panels):
        _rate_lines(axis, part, looks, figure.hover, found, count)
        axis.set_title(f"{count:,.0f} connections" if len(cells.slices(rows)) == 1
                       else f"{name}, {count:,.0f} connections", loc="left", pad=4)
    figure.table = pd.DataFrame(found, columns=[
        "slice", "series", "connections", "rate_target_rps", "n", "throughput_rps", "p99_ns",
        "low", "high"])
    return figure


def _rate_lines(axis, part, looks, hover, found, count) -> None:
    metric = METRICS["lat_intended_p99_ns"]
    metric = sized(metric, part[metric.column])
    for series in cells.series_order(part["series"]):
        xs, ys, lows, highs = [], [], [], []
        for rate, cell in part[part["series"] == series].groupby("rate_target_rps", sort=True):
            value = stats.bca(cell[metric.column])
            achieved = float(cell["throughput_rps"].median())
            axis.plot(cell["throughput_rps"] / 1e3, cell[metric.column] * metric.scale,
                      linestyle="none", marker="o", markersize=2.2, alpha=0.55,
                      color=looks[series].color, markeredgewidth=0, zorder=2)
            xs.append(achieved / 1e3)
            ys.append(value.estimate * metric.scale)
            lows.append(value.low * metric.scale)
            highs.append(value.high * metric.scale)
            found.append((cell["slice"].iloc[0], series, count, rate, value.n, achieved,
                          value.estimate, value.low, value.high))
            hover.append((axis, xs[-1], ys[-1], f"{series}, {count:,.0f} connections, offered "
                          f"{rate:,.0f} req/s: p99 {interval_text(metric, value)} {metric.unit}, "
                          f"n = {value.n}"))
        look = looks[series]
        axis.plot(xs, ys, color=look.color, linestyle=look.dash, marker=look.marker,
                  markeredgecolor="white", markeredgewidth=0.4, zorder=4)
        known = np.isfinite(lows)
        axis.vlines(*(np.array(values)[known] for values in (xs, lows, highs)), color=look.color,
                    linewidth=0.9, zorder=3)
    style.log_values_axis(axis.yaxis, part[metric.column].min() * metric.scale,
                          part[metric.column].max() * metric.scale)
    axis.set_xlim(0, part["throughput_rps"].max() / 1e3 * 1.06)
    axis.set_xlabel("throughput [k req/s]")
    axis.set_ylabel(metric.axis)
