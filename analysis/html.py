"""report.html from the tables and figures beside it: one file, no network, no other file needed.

It computes nothing. Each number it prints is text of a table that report.py also writes as CSV.

Shapes: render() takes a Content and returns the page. Errors: none.
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import matrix
from analysis.metrics import METRICS

PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True)
class Drawn:
    """One figure as the page shows it. svg: the narrow one's text, with its points added."""

    name: str
    title: str
    caption: str
    svg: str
    leads: bool = True  # answers a question of its own; the others are folded away


@dataclass(frozen=True)
class Content:
    """Everything on the page, as text that also stands in CSV files."""

    title: str
    tables: dict[str, pd.DataFrame]  # answers, ratios, summary, excluded, marked, ...
    figures: list[Drawn]
    missing: list[str]  # figures that could not be drawn, and why


def esc(text) -> str:
    return html.escape(str(text), quote=True)


def render(content: Content) -> str:
    """The whole page: the answer, one figure per question, then the details, folded away."""
    tables = content.tables
    sections = [
        ("answer", "The answer", _answer(content)),
        ("figures", "One figure per question", _figures([f for f in content.figures if f.leads])),
        ("claims", "Claims", _claims(tables)),
        ("limitations", "Limitations", _list(tables["limitations"]["limitation"])),
        ("details", "Details", _details(content)),
    ]
    sections = [section for section in sections if section[2]]
    nav = " ".join(f'<a href="#{key}">{esc(name)}</a>' for key, name, _ in sections)
    body = "\n".join(f'<section id="{key}"><h2>{esc(name)}</h2>\n{text}\n</section>'
                     for key, name, text in sections)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<link rel="icon" href="data:,">\n<title>{esc(content.title)}</title>\n'
            f"<style>\n{(PAGE / 'report.css').read_text()}</style></head>\n<body>\n"
            f"<header><h1>{esc(content.title)}</h1>\n</header>\n<main>\n{body}\n</main>\n"
            f'<nav aria-label="Sections">{nav}</nav>\n'
            f"<script>\n{(PAGE / 'report.js').read_text()}</script>\n</body></html>\n")


def _answer(content: Content) -> str:
    tables = content.tables
    parts = [_list(tables["sentences"]["sentence"], "answer"), matrix.page(tables["findings"], esc)]
    if len(tables["designs"]):
        parts.append(_list(tables["designs"]["design"], "designs"))
    if len(tables["headline"]):
        parts.append(_folded("Server CPU per request, requests per core-second and throughput",
                             table(tables["headline"])))
    if len(tables["max_load"]):
        parts.append(_max_load(tables["max_load"]))
    if len(tables["growth_answers"]):
        parts.append(_folded("What latency growth is made of",
                             _list(tables["growth_answers"]["answer"], "answers")))
    return "\n".join(part for part in parts if part)


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{esc(summary)}</summary>{text}</details>"


def _details(content: Content) -> str:
    """Everything else, each part behind its summary."""
    tables = content.tables
    found = tables["findings"].drop(columns=["column", "shown", "said"])
    parts = [_folded("Every comparison", table(found)) if len(found) else ""]
    if len(tables["agreement"]):
        parts.append(_folded("By rounds and solo", table(tables["agreement"])))
    if len(tables["balance"]):
        parts.append(_folded("Connections per worker: the fullest worker against the mean",
                             table(tables["balance"].round(3))))
    parts += _verdicts(tables)
    if len(tables["answers"]):
        parts.append(_folded("Comparisons of blocks in words",
                             _list(tables["answers"]["answer"], "answers")))
    more = [figure for figure in content.figures if not figure.leads]
    if more or content.missing:
        parts.append(_folded("More figures", _figures(more, content.missing)))
    parts.append(_numbers(tables["summary"]) if len(tables["summary"]) else "")
    parts += [
        _folded("Trials left out or marked", _left_out(tables)),
        _folded("Environment: machine, limits, settings, build", table(tables["environment"])),
        _folded("Commands to reproduce", _commands(tables["reproduce"])),
        _folded("Rules in force", table(tables["rules"])),
    ]
    return "\n".join(part for part in parts if part)


def _max_load(found: pd.DataFrame) -> str:
    rows = found[["slice", "series", "cores", "bound_us", "shown", "n", "theory"]]
    rows = rows.rename(columns={"shown": "highest load", "bound_us": "p99 bound [µs]"})
    rows = rows.drop(columns="theory") if (rows["theory"] == "").all() else rows
    return "<h3>The highest load within a bound on p99</h3>" + table(rows)


def _claims(tables: dict) -> str:
    if "claims" not in tables:
        return ""
    rows = tables["claims"][["claim", "source_line", "statement", "claimed", "seen", "verdict",
                             "reason"]]
    return (f"<p>{esc(tables['claims_summary'].iloc[0, 0])}</p>"
            + _folded("Each claim with its verdict", table(rows)))


def _verdicts(tables: dict) -> list[str]:
    parts = []
    model = tables["simulated"]
    if len(model):
        far = model[model["too_far"]]
        rows = far[["slice", "series", "connections", "metric", "shown"]]
        parts.append(_folded("Simulated beside measured", (
            "<p>These cells disagree by more than the rules allow:</p>" + table(rows) if len(far)
            else "<p>Every cell agrees within the rules.</p>")))
    for metric, part in tables["ratios"].groupby("metric", sort=False):
        rows = part[["slice", "series", "connections", "rate_target_rps", "baseline", "shown", "n",
                     "verdict", "reason"]].rename(columns={"shown": "ratio",
                                                           "rate_target_rps": "rate"})
        rows = rows.drop(columns="rate") if rows["rate"].isna().all() else rows
        parts.append(_folded(f"{METRICS[metric].name} against the baseline, in blocks",
                             table(rows)))
    return parts


def _figures(figures: list[Drawn], missing=()) -> str:
    if not figures and not missing:
        return ""
    parts = ['<div class="figures">']
    for figure in figures:
        parts.append(f'<figure id="figure-{figure.name}"><h3>{esc(figure.title)}</h3>\n'
                     f"{figure.svg}\n<figcaption>{esc(figure.caption)}</figcaption></figure>")
    parts.append("</div>")
    if missing:
        parts.append("<h3>Not drawn</h3>" + _list(missing))
    return "\n".join(parts)


def _numbers(summary: pd.DataFrame) -> str:
    rows = summary[["slice", "series", "connections", "metric", "shown", "unit", "n", "marked"]]
    rows = rows.rename(columns={"shown": "median"})
    return _folded("Every median with its interval", table(rows))


def _left_out(tables: dict) -> str:
    parts = []
    for key, none in (("excluded", "No trial was left out."), ("marked", "No trial is marked."),
                      ("unrecorded", "Every planned block holds every cell.")):
        frame = tables[key]
        parts.append(f"<h3>{key.capitalize()}</h3>"
                     + (table(frame) if len(frame) else f"<p>{none}</p>"))
    return "\n".join(parts)


def _commands(frame: pd.DataFrame) -> str:
    lines = [f"# {row.step}\n{row.command}" for row in frame.itertuples()]
    return f'<pre tabindex="0">{esc(chr(10).join(lines))}</pre>'


def _list(texts, kind: str = "") -> str:
    items = "".join(f"<li>{esc(text)}</li>" for text in texts)
    return f'<ul class="{kind}">{items}</ul>'


def table(frame: pd.DataFrame) -> str:
    """A frame as an HTML table: numbers to the right, with the digits the CSV has."""
    head = "".join(f'<th scope="col">{esc(name)}</th>' for name in frame.columns)
    rows = []
    for row in frame.itertuples(index=False):
        rows.append("<tr>" + "".join(_cell(name, value)
                                     for name, value in zip(frame.columns, row)) + "</tr>")
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead>'
            f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>")


def _cell(name: str, value) -> str:
    if isinstance(value, float):
        value = "" if value != value else f"{value:,.10g}"
    elif isinstance(value, int) and name != "line":
        value = f"{value:,}"
    kind = "number" if re.fullmatch(r"[\d.,\s\[\]-]+", str(value)) else ""
    kind = "verdict" if name == "verdict" else kind
    return f'<td class="{kind}">{esc(value)}</td>' if kind else f"<td>{esc(value)}</td>"


def with_points(svg: str, figure) -> str:
    """Inlines a figure's SVG: without XML head, named for screen readers, its points on top.

    figure: a matplotlib figure with `hover`, drawn at the size of the SVG (72 dots per inch).
    """
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"<!--.*?-->|\n\s*", " ", svg, flags=re.DOTALL)
    # A hundredth of a point is finer than any screen; glyphs are drawn large and scaled, though.
    svg = re.sub(r"(scale\([^)]*\))|(\.\d\d)\d+", lambda found: found[1] or found[2], svg)
    label = esc(figure.caption.split(". ")[0])
    svg = svg.replace("<svg", f'<svg role="group" aria-label="{label}"', 1)
    scale = 72 / figure.dpi
    height = figure.get_figheight() * 72
    circles = []
    for axes, x, y, text in figure.hover:
        across, up = axes.transData.transform((x, y))
        circles.append(f'<circle class="point" cx="{across * scale:.1f}" '
                       f'cy="{height - up * scale:.1f}" r="6" data-tip="{esc(text)}">'
                       f"<title>{esc(text)}</title></circle>")
    return svg.replace("</svg>", "".join(circles) + "</svg>").strip()
