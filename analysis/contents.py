"""Puts the parts of a report together: which tables, which figures, in which order.

Shapes: write() fills a new directory with report.html, paper.tex, figures/, tables/.
Errors: failure.InputError for a claims file that does not fit; OSError from the disk.
"""

import pandas as pd

from analysis import (attribution, cells, claims, claims_file, context, drawing, html, latex,
                      max_load, paper, tables, words)
from analysis.metrics import JUDGED, METRICS
from analysis.rules import RULES
from analysis.simulated import beside


def write(results, made, out: str, options, say) -> None:
    """The whole report into `made`; `out` is where it will stand; say(text) is told each step."""
    every = cells.with_names(results.trials)
    say("medians, intervals and verdicts")
    shown = _tables(results, every, out, options)
    (made / "figures").mkdir(parents=True)
    (made / "tables").mkdir()
    drawn, missing, notes = drawing.draw_all(results, every, made, options.baseline, say)
    notes += _sweep_tables(shown, made / "tables")
    notes += _claims_table(shown, made / "tables")
    shown["figures"] = pd.DataFrame([(d.name, d.title, d.caption) for d in drawn],
                                    columns=["name", "title", "caption"])
    shown["missing"] = pd.DataFrame({"figure": missing})
    for name, frame in shown.items():
        tables.write_csv(frame, made / "tables" / f"{name}.csv")
    title, headline = shown["overview"].iloc[0][["title", "answer"]]
    (made / "paper.tex").write_text(paper.skeleton(
        title, headline, [(d.name, d.caption, d.title) for d in drawn], notes,
        shown["limitations"]["limitation"]), encoding="utf-8")
    page = html.render(html.Content(title, headline, shown, drawn, missing))
    (made / "report.html").write_text(page, encoding="utf-8")


def _tables(results, every: pd.DataFrame, out: str, options) -> dict[str, pd.DataFrame]:
    """name -> table, in the order of the page; each becomes tables/NAME.csv."""
    trials = every[every["twin"] == 0]
    columns = [column for column in METRICS if trials[column].notna().any()]
    ratios = tables.ratios(trials, every, [c for c in JUDGED if c in columns], options.baseline)
    growth = attribution.growth(every)
    shown = {
        "overview": pd.DataFrame({"title": [f"Etude report: {', '.join(results.directories)}"],
                                  "answer": [words.headline(ratios)]}),
        "answers": words.answers(ratios),
        "growth_answers": words.growth(growth),
        "summary": tables.summary(trials, columns),
        "ratios": ratios,
        "growth": growth,
        "stages": attribution.stages(every),
        "cpu": attribution.cpu(every),
        "simulated": beside(trials),
        "max_load": max_load.table(max_load.curves(trials, results.directories, results.suites)),
        "excluded": results.excluded,
        "marked": context.marked(results),
        "unrecorded": context.unrecorded(results),
        "environment": context.environment(results),
        "reproduce": context.reproduce(results, out, options.claims, options.baseline),
        "rules": context.rules(),
        "limitations": context.limitations(results),
    }
    if options.claims:
        found = [claim for path in options.claims for claim in claims_file.read(path)]
        shown["claims"] = claims.judged(found, every, results.every, results.environments)
    return shown


def _sweep_tables(shown: dict, folder) -> list[tuple[str, str]]:
    """LaTeX and CSV of medians and ratios, one per slice and measure; (stem, caption) of each."""
    notes = []
    for column in (column for column in JUDGED if column in set(shown["summary"]["metric"])):
        for name in sorted(set(shown["summary"]["slice"])):
            frame = latex.sweep(shown["summary"], shown["ratios"], name, column)
            if frame.empty:
                continue
            stem = f"sweep-{cells.slug(column)}--{cells.slug(name)}"
            tables.write_csv(frame, folder / f"{stem}.csv")
            metric = METRICS[column]
            note = (f"{metric.name[0].upper() + metric.name[1:]}, {name}: medians over blocks and "
                    f"ratios to the baseline, with {RULES.level * 100:.0f} % BCa intervals.")
            (folder / f"{stem}.tex").write_text(latex.table(frame, note), encoding="utf-8")
            notes.append((stem, note))
    return notes


def _claims_table(shown: dict, folder) -> list[tuple[str, str]]:
    if "claims" not in shown:
        return []
    frame = shown["claims"][["claim", "source_line", "claimed", "seen", "n", "verdict"]]
    note = f"Claims and verdicts; {RULES.level * 100:.0f} % BCa intervals, Holm per family."
    (folder / "claims.tex").write_text(latex.table(frame, note), encoding="utf-8")
    return [("claims", note)]
