"""Puts the parts of a report together: which tables, which figures, in which order.

Shapes: write() fills a new directory with report.html, paper.tex, figures/, tables/.
Errors: failure.InputError for a claims file that does not fit; OSError from the disk.
"""

import pandas as pd

from analysis import (attribution, balance, cells, claims, claims_file, context, drawing,
                      findings, html, latex, matrix, max_load, nodes, paper, rounds, sentences,
                      tables, words)
from analysis.metrics import HEADLINE, JUDGED, METRICS, shown as number
from analysis.rules import RULES
from analysis.simulated import beside


def write(results, made, out: str, options, say) -> None:
    """The whole report into `made`; `out` is where it will stand; say(text) is told each step."""
    every = cells.with_names(results.trials)
    say("medians, intervals and verdicts")
    shown = _tables(results, every, out, options)
    (made / "figures").mkdir(parents=True)
    (made / "tables").mkdir()
    drawn, missing, notes = drawing.draw_all(results, every, shown, made, options.baseline, say)
    notes += _sweep_tables(shown, made / "tables")
    notes += _claims_table(shown, made / "tables")
    shown["figures"] = pd.DataFrame([(d.name, d.title, d.caption) for d in drawn],
                                    columns=["name", "title", "caption"])
    shown["missing"] = pd.DataFrame({"figure": missing})
    shown["findings"] = shown["findings"].drop(columns="load_order")
    for name, frame in shown.items():
        tables.write_csv(frame, made / "tables" / f"{name}.csv")
    title, answer = shown["overview"].iloc[0][["title", "answer"]]
    (made / "paper.tex").write_text(paper.skeleton(
        title, answer, [(d.name, d.caption, d.title) for d in drawn], notes,
        shown["limitations"]["limitation"]), encoding="utf-8")
    page = html.render(html.Content(title, shown, drawn, missing))
    (made / "report.html").write_text(page, encoding="utf-8")


def _tables(results, every: pd.DataFrame, out: str, options) -> dict[str, pd.DataFrame]:
    """name -> table, in the order of the page; each becomes tables/NAME.csv."""
    trials = every[every["twin"] == 0]
    columns = [column for column in METRICS if trials[column].notna().any()]
    in_blocks, judged = every[every["design"] != "solo"], [c for c in JUDGED if c in columns]
    ratios = tables.ratios(in_blocks[in_blocks["twin"] == 0], in_blocks, judged, options.baseline)
    growth = attribution.growth(every)
    found = findings.table(results, ratios)
    said = sentences.generate(found)
    shown = {
        "overview": pd.DataFrame({"title": [f"Etude report: {', '.join(results.directories)}"],
                                  "answer": [" ".join(said)]}),
        "sentences": pd.DataFrame({"sentence": said}),
        "findings": found,
        "advice": matrix.advice(found),
        "designs": context.designs(results, found),
        "agreement": rounds.agreement(results),
        "drift": rounds.drifting(results),
        "headline": _headline(results, trials),
        "answers": words.answers(ratios),
        "growth_answers": words.growth(growth),
        "summary": tables.summary(trials, columns),
        "ratios": ratios,
        "growth": growth,
        "stages": attribution.stages(every),
        "cpu": attribution.cpu(every),
        "balance": balance.named(results),
        "simulated": beside(trials),
        "max_load": max_load.table(max_load.curves(trials, results.directories, results.suites)),
        "excluded": results.excluded,
        "marked": context.marked(results),
        "nodes": nodes.spread(results),
        "unrecorded": context.unrecorded(results),
        "environment": context.environment(results),
        "reproduce": context.reproduce(results, out, options.claims, options.baseline),
        "rules": context.rules(),
        "limitations": context.limitations(results),
    }
    if options.claims:
        stated = [claim for path in options.claims for claim in claims_file.read(path)]
        shown["claims"] = claims.judged(stated, every, results.every, results.environments,
                                        results.rounds, results.comparisons, results.suites)
        shown["claims_summary"] = pd.DataFrame({"claims": [claims.summary(shown["claims"])]})
    return shown


def _headline(results, trials: pd.DataFrame) -> pd.DataFrame:
    """design, slice, series, connections and the medians of the headline measures, as text.

    Sides of rounds stand apart from what was measured alone: in a duet each has half of a core.
    """
    rows = []
    sides = cells.with_names(results.rounds[results.rounds["twin"] == 0])
    for part in (trials, sides):
        keys = ["design", "slice", "series", "connections"]
        for key, cell in part.groupby(keys, sort=True, dropna=False):
            values = [number(cell[column].median() * METRICS[column].scale)
                      for column in HEADLINE]
            rows.append((key[0] or "blocks", *key[1:], len(cell), *values))
    names = [f"{METRICS[column].name} [{METRICS[column].unit}]" for column in HEADLINE]
    return pd.DataFrame(rows, columns=["design", "slice", "series", "connections", "n", *names])


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
