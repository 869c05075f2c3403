"""The answer as one table: loads down, candidates across, the ratio to the baseline in each cell.

A cell says its verdict four times: in words, by a glyph, by a colour and by a pattern, so that a
black-and-white print and a screen reader lose nothing. Controls stand in columns of their own.

Shapes: page() takes findings.table and returns HTML; advice() a frame metric, load, best.
Errors: none.
"""

import pandas as pd

from analysis import cells, findings
from analysis.rules import RULES
from analysis.sentences import NAMES
from analysis.words import joined

GLYPHS = {findings.EQUIVALENT: "=", findings.UNDECIDED: "?", findings.CANNOT: "–"}
BEST = {"cpu": "cheapest", "throughput": "fastest", "p99": "lowest p99", "p50": "lowest p50"}
CONTROL_NAMES = {"aa": "A/A pair", "bare": "bare server"}
SHOWN_MAX = 4  # metrics
COLUMNS_MAX = 8  # candidates side by side; more of them stand one below the other


def page(table: pd.DataFrame, esc) -> str:
    """The matrix and its legend. esc: escapes text for HTML."""
    asked = table[table["control"] == ""]
    if asked.empty:
        return ""
    names = cells.series_order(asked["candidate"])
    controls = [key for key in CONTROL_NAMES if key in set(table["control"])]
    if len(names) > COLUMNS_MAX:
        return _list(table, asked, esc)
    head = _head(names, controls, table, esc)
    bodies = [_body(metric, table[table["metric"] == metric], names, controls, esc)
              for metric in ordered_metrics(asked)]
    baseline = joined(sorted(set(asked["baseline"])))
    caption = (f"Ratio to {baseline}, its interval and the verdict; above 1 is more. All "
               f"intervals hold together at {RULES.level * 100:.0f} %.")
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="Matrix of ratios">'
            f'<table class="matrix" role="table"><caption>{esc(caption)}</caption>{head}'
            f"{''.join(bodies)}</table></div>\n{_legend(esc)}")


def _list(table: pd.DataFrame, asked: pd.DataFrame, esc) -> str:
    """A line per comparison, for suites whose sets have candidates of their own."""
    columns = "".join(f'<th scope="col" role="columnheader">{name}</th>'
                      for name in ("compared", "with", "ratio and verdict"))
    bodies = []
    for metric in ordered_metrics(asked):
        rows = [f'<tr role="row"><th scope="rowgroup" colspan="3" role="rowheader" '
                f'class="metric">{esc(NAMES[metric])}</th></tr>']
        for row in table[table["metric"] == metric].itertuples():
            name = f"{row.candidate} ({CONTROL_NAMES[row.control]})" if row.control \
                else row.candidate
            cell = _cell(table.loc[[row.Index]], "ratio", esc, bool(row.control))
            rows.append(f'<tr role="row"><th scope="row" role="rowheader">{esc(name)}</th>'
                        f'<td role="cell" data-name="with">{esc(row.baseline)}; {esc(row.load)}'
                        f"</td>{cell}</tr>")
        bodies.append(f'<tbody role="rowgroup">{"".join(rows)}</tbody>')
    caption = (f"Ratio to the cell named beside it, its interval and the verdict; above 1 is more. "
               f"All intervals hold together at {RULES.level * 100:.0f} %.")
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="List of ratios">'
            f'<table class="matrix" role="table"><caption>{esc(caption)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{columns}</tr></thead>'
            f"{''.join(bodies)}</table></div>\n{_legend(esc)}")


def ordered_metrics(asked: pd.DataFrame) -> list[str]:
    """Metrics in which something was found first; then in their usual order."""
    found = asked["verdict"].isin([findings.DIFFERS, findings.EQUIVALENT])
    decided = set(asked.loc[found, "metric"])
    there = [metric for metric in findings.METRIC_ORDER if metric in set(asked["metric"])]
    return sorted(there, key=lambda metric: metric not in decided)[:SHOWN_MAX]


def _head(names, controls, table, esc) -> str:
    columns = [f'<th scope="col" role="columnheader">{esc(name)}</th>' for name in names]
    columns.append('<th scope="col" role="columnheader">use</th>')
    columns += [f'<th scope="col" role="columnheader" class="control">control: '
                f"{esc(CONTROL_NAMES[key])}</th>" for key in controls]
    return (f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">load</th>'
            f"{''.join(columns)}</tr></thead>")


def _body(metric: str, table: pd.DataFrame, names, controls, esc) -> str:
    width = 2 + len(names) + len(controls)
    rows = [f'<tr role="row"><th scope="rowgroup" colspan="{width}" role="rowheader" '
            f'class="metric">{esc(NAMES[metric])}</th></tr>']
    for load, part in table.groupby("load", sort=False):
        line = [f'<th scope="row" role="rowheader">{esc(load)}</th>']
        for name in names:
            line.append(_cell(part[(part["control"] == "") & (part["candidate"] == name)], name,
                              esc))
        best = best_of(part)
        line.append(f'<td role="cell" class="use" data-name="{BEST[metric]}">{esc(best)}</td>')
        for key in controls:
            line.append(_cell(part[part["control"] == key], CONTROL_NAMES[key], esc, True))
        rows.append(f'<tr role="row">{"".join(line)}</tr>')
    return f'<tbody role="rowgroup">{"".join(rows)}</tbody>'


def _cell(found: pd.DataFrame, name: str, esc, control: bool = False) -> str:
    """One cell; several comparisons of one name (two parameter sets) stand below one another."""
    if found.empty:
        return f'<td role="cell" class="none" data-name="{esc(name)}">not compared</td>'
    kinds, parts = [], []
    for row in found.itertuples():
        glyph, kind = mark(row)
        kinds.append(kind)
        ends = f"[{row.low:.3f}, {row.high:.3f}]" if row.low == row.low else ""
        value = f"{row.ratio:.3f}" if row.ratio == row.ratio else ""
        parts.append(f'<span class="value"><span class="glyph" aria-hidden="true">{glyph}</span> '
                     f'{value}</span> <span class="ends">{ends}</span> '
                     f'<span class="said">{esc(_short(row))}</span>')
    kind = f"control {kinds[0]}" if control else kinds[0]
    return (f'<td role="cell" class="{kind}" data-name="{esc(name)}">'
            f"{'<br>'.join(parts)}</td>")


def mark(row) -> tuple[str, str]:
    """(glyph, CSS class) of a comparison: which way it differs, or why it does not."""
    if row.control == "bare" and row.verdict != findings.DIFFERS:
        return "·", "plain"
    if row.verdict == findings.DIFFERS:
        better = findings.is_better(row.direction)
        return "▲" if row.ratio > 1 else "▼", "better" if better else "worse"
    return GLYPHS[row.verdict], row.verdict


def _short(row) -> str:
    """The verdict in the words of a narrow cell."""
    if row.control == "aa" and row.verdict == findings.DIFFERS:
        return f"moved by {100 * (row.ratio - 1):+.1f} %"
    if row.verdict == findings.EQUIVALENT:
        return f"equal within {100 * row.margin:g} %"
    if row.verdict == findings.CANNOT:
        return f"needs {row.needs}"
    if row.verdict == findings.UNDECIDED and row.pairs_more > 0:
        return f"undecided{findings.takes(row)}"
    if row.verdict == findings.UNDECIDED:
        return "control" if row.control == "bare" else "undecided"
    return row.said


def best_of(part: pd.DataFrame) -> str:
    """Who to use under one load, by one metric: the best that was found, and its equals.

    The best of those that differ to the better, with all whose interval meets the best one's; when
    there is none, the baseline and all that are equivalent to it. Whatever is undecided is not
    proposed; "undecided" or "not asked" stand where that leaves nobody to choose between.
    """
    asked = part[part["control"] == ""]
    better = asked[(asked["verdict"] == findings.DIFFERS)
                   & asked["direction"].map(findings.is_better)]
    if len(better):
        reach = (better["ratio"] - 1).abs()
        top = better.loc[reach.idxmax()]
        meets = better[(better["low"] <= top["high"]) & (better["high"] >= top["low"])]
        return " or ".join(cells.series_order(meets["candidate"]))
    if (asked["verdict"] == findings.CANNOT).all():
        return "not asked"
    decided = asked["verdict"].isin([findings.DIFFERS, findings.EQUIVALENT])
    if not decided.any():
        return "undecided"
    equal = asked.loc[asked["verdict"] == findings.EQUIVALENT, "candidate"]
    return " or ".join([asked["baseline"].iloc[0], *cells.series_order(equal)])


def advice(table: pd.DataFrame) -> pd.DataFrame:
    """metric, load, best: the column "use" of the matrix."""
    keys = table[["metric", "load"]].drop_duplicates().itertuples(index=False)
    rows = [(metric, load, best_of(table[(table["metric"] == metric) & (table["load"] == load)]))
            for metric, load in keys]
    return pd.DataFrame(rows, columns=["metric", "load", "best"])


def _legend(esc) -> str:
    items = (("better", "▲▼", "differs, to the better"), ("worse", "▲▼", "differs, to the worse"),
             ("equivalent", "=", "equivalent within the margin"), ("undecided", "?", "undecided"),
             ("cannot", "–", "cannot be asked of this machine"))
    return ('<ul class="legend">' + "".join(
        f'<li><span class="{kind}" aria-hidden="true">{glyph}</span> {esc(text)}</li>'
        for kind, glyph, text in items) + "</ul>")
