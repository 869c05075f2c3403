"""Comparisons by rounds: each round's ratio, the interval over all, and drift over the rounds."""

import textwrap

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis import cells, findings, rounds, style
from analysis.figures.common import NothingToDraw
from analysis.figures.ratios import BAND_COLOR, signed
from analysis.metrics import METRICS
from analysis.rules import RULES

ROW_IN, LOAD_IN = 0.17, 0.2
AXIS_IN = 1.9  # at least, beside long labels
DRIFT_PANELS_MAX = 4
CONTROL_NAMES = {"aa": "A/A", "bare": "bare server"}


def _name(row) -> str:
    return CONTROL_NAMES.get(row.control, row.candidate)


@style.styled
def round_forest(found, single, metric: str, *, width_in: float = style.NARROW_IN):
    """Each candidate and control against the baseline, load by load, in one metric.

    found: of findings.table; single: of rounds.per_round; metric: cpu, throughput, p99 or p50.
    """
    table = found[(found["metric"] == metric) & (found["design"] != "blocks")
                  & found["ratio"].notna()]
    if table.empty:
        raise NothingToDraw(f"no round compared {metric}")
    single = single[single["metric"] == metric]
    named = METRICS[table["column"].iloc[0]]
    looks = style.looks(table["candidate"])
    labels = [_name(row) for row in table.itertuples()]
    loads = table["load"].nunique()
    left_in = style.label_width_in(labels) + 0.14
    width_in = max(width_in, left_in + AXIS_IN)
    margin = 100 * table["margin"].max()
    marks = _marks(margin)
    figure, (axis,) = style.page(1, width_in, legend=marks,
                                 panel_in=len(table) * ROW_IN + loads * LOAD_IN + 0.1,
                                 left_in=left_in)
    figure.hover = []
    figure.table = table.drop(columns=["load_order", "shown", "said"])
    figure.printed = table[["load", "candidate", "design", "n", "shown", "verdict"]]
    better = "right" if named.higher_is_better else "left"
    figure.caption = (
        f"{named.name[0].upper() + named.name[1:]} of each scheduler over "
        f"{' or '.join(sorted(set(table['baseline'])))}, one ratio a round; better is to the "
        f"{better}. Dots: single rounds, n = {_span(table['n'])} rounds that count. Bars: the "
        f"interval the verdict rests on ({RULES.level * 100:.0f} %, valid at every look and over "
        f"the family). Filled: a difference; grey: equivalent; hollow: undecided. A/A and bare "
        f"server are controls.")
    _rows(figure, axis, table, single, looks, named)
    axis.axvspan(-margin, margin, color=BAND_COLOR, zorder=0)
    style.x_label(axis, f"{named.name}, change [%]")
    return figure


def _marks(margin: float) -> list:
    def dot(face, label, **more):
        return Line2D([], [], color="black", linestyle="none", marker="o", markerfacecolor=face,
                      label=label, **more)
    return [dot("black", "differs"), dot("#B0B0B0", "equivalent"), dot("white", "undecided"),
            dot("black", "one round", markersize=2.2, alpha=0.5),
            Patch(facecolor=BAND_COLOR, label=f"±{margin:g} %")]


def _span(sizes) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return f"{low}" if low == high else f"{low} to {high}"


def _rows(figure, axis, table, single, looks, named) -> None:
    at, places, labels = 0.0, [], []
    for load, part in table.groupby("load", sort=False):
        axis.annotate(load, (0.06 / figure.get_figwidth(), at), va="center", fontweight="bold",
                      xycoords=("figure fraction", "data"))
        at -= LOAD_IN
        for row in part.sort_values("control", kind="stable").itertuples():
            look = style.CONTROL_LOOK if row.control else looks[row.candidate]
            _row(axis, at, row, _of(single, row), look)
            figure.hover.append((axis, 100 * (row.ratio - 1), at, f"{_name(row)}, {load}: "
                                 f"{named.name} ratio {row.shown}, {row.said}"))
            places.append(at)
            labels.append(_name(row))
            at -= ROW_IN
    axis.set_yticks(places, labels)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(at + ROW_IN / 2, LOAD_IN / 2)
    axis.axvline(0, color="black", linewidth=0.6, zorder=1)
    axis.grid(False, axis="y")
    axis.grid(axis="x")
    axis.margins(x=0.05)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(FuncFormatter(signed))


def _of(single, row):
    return single[(single["load"] == row.load) & (single["candidate"] == row.candidate)
                  & (single["control"] == row.control) & (single["design"] == row.design)]


def _row(axis, at, row, ratios, look) -> None:
    x = 100 * (row.ratio - 1)
    change = 100 * (ratios["ratio"].to_numpy(dtype=float) - 1)
    axis.plot(change, np.full(len(change), at - 0.04), linestyle="none", marker="o", color="black",
              markersize=2.2, alpha=0.4, markeredgewidth=0, zorder=2)
    if row.low == row.low:
        axis.plot([100 * (row.low - 1), 100 * (row.high - 1)], [at, at], color=look.color,
                  linewidth=1.6, zorder=3)
    face = {findings.DIFFERS: look.color, findings.EQUIVALENT: "#B0B0B0"}.get(row.verdict, "white")
    axis.plot([x], [at], marker=look.marker, markerfacecolor=face, markeredgecolor=look.color,
              linestyle="none", zorder=4)


@style.styled
def round_drift(single, drift, metric: str, *, width_in: float = style.NARROW_IN):
    """The ratio round by round: whether it moves while the run goes on.

    single: of rounds.per_round; drift: of rounds.drifting; the loads with the strongest drift.
    """
    part = single[(single["metric"] == metric)]
    if part.empty or part["round"].nunique() < 3:
        raise NothingToDraw("too few rounds to show a drift")
    order = drift[drift["metric"] == metric].groupby("load")["p"].min().sort_values(kind="stable")
    loads = list(order.index[:DRIFT_PANELS_MAX])
    named = METRICS[part["column"].iloc[0]]
    part = part[part["load"].isin(loads)]
    looks = style.looks(part["candidate"])
    keys = list(dict.fromkeys(zip(part["control"], part["candidate"])))
    keys.sort(key=lambda key: (key[0] != "", cells.series_order(part["candidate"]).index(key[1])))
    handles = [style.handle(CONTROL_NAMES.get(control, name),
                            style.CONTROL_LOOK if control == "bare" else _aa_look(control)
                            or looks[name]) for control, name in keys]
    figure, axes = style.page(len(loads), width_in, legend=handles, titles=True)
    figure.hover, figure.table = [], drift
    figure.printed = drift[["load", "candidate", "control", "p", "drifts"]]
    moved = int(drift["drifts"].sum())
    of = part.groupby(["load", "candidate", "control"]).size()
    figure.caption = (
        f"{named.name[0].upper() + named.name[1:]}, ratio to the baseline round by round, under "
        f"the loads with the least p (Kendall); n = {_span(of)} rounds, no interval is drawn. "
        f"{moved} of {len(drift)} comparisons drift (p below 0.01 over their number).")
    for axis, load in zip(axes, loads):
        _lines(figure, axis, part[part["load"] == load], keys, looks, named)
        axis.set_title("\n".join(textwrap.wrap(load, 48)), loc="left", pad=4)
    return figure


def _aa_look(control: str):
    return style.Look("#555555", ".", (0, (1, 1)), "") if control == "aa" else None


def _lines(figure, axis, part, keys, looks, named) -> None:
    for control, name in keys:
        rows = part[(part["control"] == control) & (part["candidate"] == name)]
        look = style.CONTROL_LOOK if control == "bare" else _aa_look(control) or looks[name]
        change = 100 * (rows["ratio"] - 1)
        axis.plot(rows["round"], change, color=look.color, linestyle=look.dash,
                  marker=look.marker, markersize=3, linewidth=0.9)
        for at, y in zip(rows["round"], change):
            figure.hover.append((axis, at, y, f"{CONTROL_NAMES.get(control, name)}, round "
                                 f"{at:.0f}: {signed(round(y, 1), None)} %"))
    axis.axhline(0, color="black", linewidth=0.6)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter(FuncFormatter(signed))
    style.x_label(axis, "round")
    axis.set_ylabel("change [%]")


def round_figures(results, found):
    """(stem, title, leads, draw) of each figure by rounds; draw(width_in) -> Figure."""
    if not len(results.comparisons):
        return []
    single, drift = rounds.per_round(results), rounds.drifting(results)
    there = [metric for metric in findings.METRIC_ORDER
             if metric in set(found.loc[found["design"] != "blocks", "metric"])]
    names = {"cpu": "Who needs less CPU per request?", "throughput": "Who serves more?",
             "p99": "Who has the lower p99?", "p50": "Who has the lower median latency?"}

    def forest(metric):
        return lambda width: round_forest(found, single, metric, width_in=width)

    figures = [(f"rounds-{metric}", names[metric], True, forest(metric)) for metric in there]
    figures.append(("rounds-drift", "Do the ratios drift?", False, lambda width: round_drift(
        single, drift, there[0], width_in=width)))
    return figures
