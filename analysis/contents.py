"""Puts the parts of a report together: which tables, which figures, in which order.

Shapes: write() fills a new directory with report.html, figures/, tables/.
Errors: OSError from the disk; everything else was checked while loading.
"""

from pathlib import Path

import pandas as pd

from analysis import cells, context, figures, html, latex, style, tables, words
from analysis.metrics import METRICS
from analysis.rules import RULES

# name, title, function, the metrics its LaTeX table shows
FIGURES = (
    ("throughput", "Throughput", figures.throughput, ("throughput_rps",)),
    ("latency", "Latency", figures.latency, ("lat_req_p50_ns", "lat_req_p99_ns")),
    ("iso-load", "Iso-load sweep", figures.intended_latency,
     ("lat_intended_p50_ns", "lat_intended_p99_ns")),
    ("cpu-per-request", "Server CPU per request", figures.cpu_per_request,
     ("server_cpu_ns_per_request",)),
    ("run-queue-delay", "Run-queue delay", figures.run_queue_delay,
     ("sched_delay_p50_ns", "sched_delay_p99_ns")),
)
JUDGED = ("throughput_rps", "lat_req_p50_ns", "lat_req_p99_ns", "lat_intended_p50_ns",
          "lat_intended_p99_ns", "sched_delay_p50_ns", "sched_delay_p99_ns",
          "server_cpu_ns_per_request")


def write(results, made: Path, out: str, options, say) -> None:
    """The whole report into `made`; `out` is where it will stand."""
    (made / "figures").mkdir(parents=True)
    (made / "tables").mkdir()
    trials = cells.main_trials(results.trials)
    say("medians, intervals and verdicts")
    shown = _tables(results, trials, out, options)
    drawn, missing = [], []
    for name, title, draw, columns in FIGURES:
        say(f"figure {name}")
        found, why = _draw(trials, name, title, draw, made / "figures")
        drawn += found
        # Drawn somewhere: the other slices are simply of another kind (open loop, closed loop).
        missing += [] if found else sorted({text.split(": ", 1)[1] for text in why})
        for column in columns:
            frame = latex.sweep(shown["summary"], shown["ratios"], column)
            if len(frame):
                path = made / "tables" / f"{name}-{cells.slug(column)}"
                tables.write_csv(frame, path.with_suffix(".csv"))
                note = f"medians and ratios to the baseline with {RULES.level:.0%} intervals"
                path.with_suffix(".tex").write_text(latex.table(frame, note))
    shown["figures"] = pd.DataFrame([(d.name, d.title, d.caption) for d in drawn],
                                    columns=["name", "title", "caption"])
    shown["missing"] = pd.DataFrame({"figure": missing})
    for name, frame in shown.items():
        tables.write_csv(frame, made / "tables" / f"{name}.csv")
    title = f"Etude report: {', '.join(results.directories)}"
    headline = shown["overview"]["answer"].iloc[0]
    page = html.render(html.Content(title, headline, shown, drawn, missing))
    (made / "report.html").write_text(page, encoding="utf-8")


def _tables(results, trials, out: str, options) -> dict[str, pd.DataFrame]:
    columns = [column for column in METRICS if trials[column].notna().any()]
    summary = tables.summary(trials, columns)
    ratios = tables.ratios(trials, results.trials,
                           [column for column in JUDGED if column in columns], options.baseline)
    title = f"Etude report: {', '.join(results.directories)}"
    return {
        "overview": pd.DataFrame({"title": [title], "answer": [words.headline(ratios)]}),
        "answers": words.answers(ratios),
        "summary": summary,
        "ratios": ratios,
        "excluded": results.excluded,
        "marked": context.marked(results),
        "environment": context.environment(results),
        "reproduce": context.reproduce(results, out, []),
        "rules": context.rules(),
        "limitations": context.limitations(results),
    }


def _draw(trials, name, title, draw, folder: Path):
    """The figure once per slice in both widths. Returns (drawn for the page, why not drawn)."""
    drawn, missing, rows = [], [], []
    for part_name, part in cells.slices(trials):
        try:
            narrow = draw(part, width_in=style.NARROW_IN)
        except figures.NothingToDraw as reason:
            missing.append(f"{part_name}: {title}: {reason}.")
            continue
        stem = folder / f"{name}--{cells.slug(part_name)}"
        _, svg, _ = style.save(narrow, stem.with_name(f"{stem.name}-3.33in"))
        style.save(draw(part, width_in=style.WIDE_IN), stem.with_name(f"{stem.name}-7in"))
        stem.with_suffix(".txt").write_text(narrow.caption + "\n", encoding="utf-8")
        rows += [(part_name, text) for _, _, _, text in narrow.hover]
        pd.DataFrame(rows, columns=["slice", "value"]).to_csv(
            folder.parent / "tables" / f"hover-{name}.csv", index=False)
        drawn.append(html.Drawn(stem.name, f"{title}: {part_name}", narrow.caption,
                                html.with_points(svg.read_text(), narrow)))
    return drawn, missing
