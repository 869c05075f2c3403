"""Draws every figure the trials allow, in both widths, with its table and its caption.

Shapes: draw_all() returns (html.Drawn for the page, why others are missing, LaTeX tables).
Errors: none but the disk's; a figure without data is named as missing.
"""

from dataclasses import dataclass
from typing import Callable

import pandas as pd

from analysis import cells, figures, html, latex, style, tables


@dataclass(frozen=True)
class Spec:
    """One figure of the set. draw: (trials, results, baseline, width_in) -> Figure.

    whole: drawn once from all trials, A/A twins included, instead of once per slice.
    leads: answers a question of its own; the others stand folded away. judged: compares, so it
    takes no solo trials: those stand beside rounds, which are what is compared there.
    """

    name: str
    title: str
    draw: Callable
    whole: bool = False
    leads: bool = False
    judged: bool = False
    solo: bool = False  # drawn of solo trials that stand beside rounds, too


def _plain(function) -> Callable:
    return lambda trials, results, baseline, width: function(trials, width_in=width)


def _forest(column: str) -> Callable:
    return lambda trials, results, baseline, width: figures.ratio_forest(
        trials, column, baseline, width_in=width)


def _forest_p99(trials, results, baseline, width):
    """p99 from the send in closed loop, from the intended send in open loop."""
    column = "lat_intended_p99_ns" if cells.open_loop(trials).all() else "lat_req_p99_ns"
    return figures.ratio_forest(trials, column, baseline, width_in=width)


SPECS = (
    Spec("throughput", "Throughput", _plain(figures.throughput), leads=True, solo=True),
    Spec("latency", "Latency", _plain(figures.latency), leads=True, solo=True),
    Spec("forest-throughput", "Throughput against the baseline", _forest("throughput_rps"),
         judged=True),
    Spec("forest-p99", "p99 latency against the baseline", _forest_p99, judged=True),
    Spec("cpu-per-request", "Server CPU per request", _plain(figures.cpu_per_request),
         leads=True, solo=True),
    Spec("run-queue-delay", "Run-queue delay", _plain(figures.run_queue_delay)),
    Spec("growth", "Where latency growth comes from", _plain(figures.growth)),
    Spec("stages", "Where a request's time goes", _plain(figures.stages)),
    Spec("cpu-split", "Server CPU, user and system", _plain(figures.cpu_split)),
    Spec("ccdf", "Latency distribution", lambda trials, results, baseline, width: figures.ccdf(
        trials, results.hist, width_in=width)),
    Spec("throughput-p99", "p99 against throughput, open loop", _plain(figures.throughput_p99),
         leads=True),
    Spec("max-load", "The highest load within a bound on p99", lambda trials, results, baseline,
         width: figures.p99_against_load(trials, results, width_in=width), whole=True, leads=True),
    Spec("iso-load", "Iso-load sweep", _plain(figures.intended_latency), leads=True),
    Spec("aa-strip", "A/A control", _plain(figures.aa_strip), whole=True, judged=True),
    Spec("simulated", "Simulated beside measured", _plain(figures.simulated_beside_measured),
         whole=True),
)


def draw_all(results, every: pd.DataFrame, shown, made, baseline: str, say):
    """every: cells.with_names of all trials; shown: the report's tables; made: its directory."""
    drawn, missing, notes = _draw_rounds(results, shown, made, say)
    for spec in wanted(every):
        say(f"figure {spec.name}")
        found, reasons, texts, hover = [], [], [], []
        for label, part in parts_of(spec, every):
            try:
                narrow = spec.draw(part, results, baseline, style.NARROW_IN)
                wide = spec.draw(part, results, baseline, style.WIDE_IN)
            except figures.NothingToDraw as reason:
                reasons.append(f"{spec.title}: {reason}.")
                continue
            stem = f"{spec.name}--{cells.slug(label)}" if label else spec.name
            # Where rounds answer the questions, what was measured alone only stands beside.
            leads = spec.leads and not len(results.comparisons)
            found.append(_save(stem, f"{spec.title}: {label}" if label else spec.title, narrow,
                               wide, made, leads))
            texts += _table(stem, narrow, made / "tables")
            hover += [(label, text) for _, _, _, text in narrow.hover]
        if hover:
            frame = pd.DataFrame(hover, columns=["slice", "value"])
            tables.write_csv(frame, made / "tables" / f"hover-{spec.name}.csv")
        drawn += found
        notes += texts
        # Drawn somewhere: the other slices are of another kind (open loop, closed loop).
        missing += [] if found else sorted(set(reasons))
    return drawn, missing, notes


def wanted(every: pd.DataFrame) -> list[Spec]:
    """The figures to draw; few where all trials are solo ones, there to be held against rounds."""
    if every.empty:
        return []
    alone = (every["design"] == "solo").all()
    return [spec for spec in SPECS if spec.solo or not alone]


def _draw_rounds(results, shown, made, say):
    """The figures of comparisons by rounds: (drawn, missing, notes)."""
    drawn, missing, notes = [], [], []
    for stem, title, leads, draw in figures.round_figures(results, shown["findings"]):
        say(f"figure {stem}")
        try:
            narrow, wide = draw(style.NARROW_IN), draw(style.WIDE_IN)
        except figures.NothingToDraw as reason:
            missing.append(f"{title} {reason}.")
            continue
        drawn.append(_save(stem, title, narrow, wide, made, leads))
        notes += _table(stem, narrow, made / "tables")
        hover = pd.DataFrame({"value": [text for _, _, _, text in narrow.hover]})
        tables.write_csv(hover, made / "tables" / f"hover-{stem}.csv")
    return drawn, missing, notes


def parts_of(spec: Spec, every: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(label, trials) of each figure of the spec: per slice, facet and, for iso-load, rate."""
    if spec.judged:
        every = every[every["design"] != "solo"]
    if spec.whole:
        return [("", every)]
    parts = [(f"{name}, {note}" if note else name, part)
             for name, rows in cells.slices(every) for note, part in cells.facets(rows)]
    if spec.name != "iso-load":
        return parts
    return [(label, rows) for label, part in parts
            for _, rows in part.groupby("rate_target_rps", dropna=False)
            if rows["connections"].nunique() > 1] or parts[:1]


def _save(stem: str, title: str, narrow, wide, made, leads: bool) -> html.Drawn:
    _, svg, _ = style.save(narrow, made / "figures" / f"{stem}-3.33in")
    style.save(wide, made / "figures" / f"{stem}-7in")
    (made / "figures" / f"{stem}.txt").write_text(narrow.caption + "\n", encoding="utf-8")
    return html.Drawn(stem, title, narrow.caption, html.with_points(svg.read_text(), narrow),
                      leads)


def _table(stem: str, figure, folder) -> list[tuple[str, str]]:
    """The numbers a figure draws: CSV with all digits, LaTeX rounded. Sweeps have theirs apart."""
    frame = getattr(figure, "table", None)
    if frame is None:
        return []
    tables.write_csv(frame, folder / f"{stem}.csv")
    printed = latex.rounded(getattr(figure, "printed", frame))
    (folder / f"{stem}.tex").write_text(latex.table(printed, figure.caption), encoding="utf-8")
    return [(stem, figure.caption)]
