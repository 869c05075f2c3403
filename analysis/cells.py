"""How trials group: into slices (one plot panel), series (one line) and cells (one point).

A slice fixes the workload and how it was driven; a series is a scheduler with its parameters; a
cell is one series of one slice at one connection count. A/A twins (twin > 0) belong to no series:
they are the control, and only `aa_pairs` reads them.

Shapes: functions take Results.trials or rows of it and return frames of the same columns.
Errors: none; an empty frame gives empty answers.
"""

import re

import numpy as np
import pandas as pd

from analysis import memo, schema, stats
from analysis.metrics import bears

# Controls such as the bare ceiling server have no acceptor, backlog or threads per core: those
# tell series apart, so that a control shares the slice of the schedulers it is a control for.
SLICE = ("source", "workload", "pipeline", "mode", "arrival", "cores", "placement")
# Lines keep these places (and so their colours) in every report; others follow by name.
KNOWN_ORDER = ("fifo", "work-stealing", "hybrid", "shared-queue")
NONSTATIONARY = "nonstationary"
OWN_SUBJECTS = ("etude", "")


def with_names(trials: pd.DataFrame) -> pd.DataFrame:
    """Adds `series` and `slice`, both in words that name only what varies in this table.

    Idempotent: rows that were named as part of a larger table keep those names.
    """
    if "series" in trials and "slice" in trials:
        return trials
    trials = trials.copy()
    trials["series"] = _series_names(trials)
    trials["slice"] = _slice_names(trials)
    return trials


def _series_names(trials: pd.DataFrame) -> list[str]:
    """"hybrid", or "hybrid (steal=one)" where two parameter sets of it are in the table."""
    table = trials[["scheduler_params", "threads_per_core", "acceptor", "backlog", "driver",
                    "model"]].copy()
    table["base"] = [
        scheduler if scheduler and subject in OWN_SUBJECTS else " ".join(
            part for part in (subject, scheduler) if part)
        for subject, scheduler in zip(trials["subject"], trials["scheduler"])]
    notes = {"scheduler_params": "{}", "threads_per_core": "{:.0f} thr/core", "acceptor": "{}",
             "backlog": "backlog {:,.0f}", "driver": "{}", "model": "{}"}
    varies = {name: table.groupby("base")[name].transform("nunique").gt(1) for name in notes}
    # What is measured has no model, and the only one of a table needs no name: so a simulated line
    # is called as the measured one is.
    varies["model"] = table.groupby("base")["model"].transform(
        lambda models: models[models != ""].nunique() > 1)
    table["driver"] = table.groupby("base")["driver"].transform(_varying_pairs)
    names = []
    for index, row in table.iterrows():
        said = [text.format(row[name]) for name, text in notes.items()
                if varies[name][index] and row[name] == row[name] and row[name] != ""]
        names.append(f"{row['base']} ({', '.join(said)})" if said else row["base"])
    return names


def _varying_pairs(texts: pd.Series) -> pd.Series:
    """Of texts such as "poll_every=128 io_claim=off" the pairs that not all of them have."""
    pairs = texts.map(lambda text: text.split())
    common = set.intersection(*map(set, pairs))
    return pairs.map(lambda mine: " ".join(pair for pair in mine if pair not in common))


def _slice_names(trials: pd.DataFrame) -> list[str]:
    varies = {name: trials[name].nunique(dropna=False) > 1 for name in SLICE}
    distinct = trials[list(SLICE)].drop_duplicates()
    names = {tuple(row.values()): _slice_name(row, varies)
             for row in distinct.to_dict("records")}
    return [names[key] for key in trials[list(SLICE)].itertuples(index=False, name=None)]


def _slice_name(row: dict, varies: dict) -> str:
    """"plaintext ×16 batch, poisson, cores 2, swapped, simulated", as far as it applies."""
    driven = f" ×{row['pipeline']:.0f} {row['mode']}" if row["pipeline"] > 1 else ""
    parts = [row["workload"] + driven]
    if row["arrival"] not in ("closed", ""):
        parts.append(row["arrival"])
    if varies["cores"] and row["cores"]:
        parts.append(f"cores {row['cores']}")
    if varies["placement"] and row["placement"]:
        parts.append(row["placement"])
    if row["source"] == "simulated":
        parts.append("simulated")
    return ", ".join(parts)


def main_trials(trials: pd.DataFrame) -> pd.DataFrame:
    """Without A/A twins, named, closed-loop and open-loop alike."""
    return with_names(trials[trials["twin"] == 0])


def closed(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials whose next request waits for an answer."""
    return trials[~open_loop(trials)]


def open_loop(trials: pd.DataFrame) -> pd.Series:
    """Boolean per row: requests arrive by a schedule of their own."""
    return ~trials["arrival"].isin(["closed", ""])


def slices(trials: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """(name, rows) per slice, in order of first appearance by workload name."""
    return [(name, rows) for name, rows in trials.groupby("slice", sort=True)]


def series_order(names) -> list[str]:
    """Known schedulers first, in their fixed order; then the rest by name, 4 before 16."""
    def rank(name: str):
        base = name.split(" (")[0]
        place = KNOWN_ORDER.index(base) if base in KNOWN_ORDER else len(KNOWN_ORDER)
        digits = re.sub(r"\d+", lambda found: found[0].zfill(9), name.replace(",", ""))
        return place, digits
    return sorted(set(names), key=rank)


def facets(rows: pd.DataFrame, series_max: int = 8) -> list[tuple[str, pd.DataFrame]]:
    """(note, rows): one slice, split by what its series differ in until few enough share a plot.

    Controls, which have no such factor, stay in each part.
    """
    if rows["series"].nunique() <= series_max:
        return [("", rows)]
    for name in ("model", "backlog", "acceptor", "threads_per_core", "driver", "scheduler_params",
                 "scheduler"):
        blank = rows[name].isna() | (rows[name] == "")
        levels = sorted(rows.loc[~blank, name].unique())
        if len(levels) > 1:
            parts = []
            for level in levels:
                text = f"{level:,.0f}" if isinstance(level, float) else level
                for note, part in facets(rows[blank | (rows[name] == level)], series_max):
                    said = f"{name.replace('_', ' ')} {text}"
                    parts.append((f"{said}, {note}" if note else said, part))
            return parts
    return [("", rows)]


def is_control(rows: pd.DataFrame) -> bool:
    """True for a subject without a scheduler of ours, such as the bare ceiling server."""
    return (rows["scheduler"] == "").all()


def baseline_of(rows: pd.DataFrame, wanted: str = "") -> str:
    """The series others are compared with: `wanted`, else the first that has a scheduler."""
    names = series_order(rows.loc[rows["scheduler"] != "", "series"]) or series_order(
        rows["series"])
    return wanted if wanted in names else names[0]


def bearing_on(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with those marks alone that can bias this measure (metrics.bears)."""
    return rows.assign(mark=[
        "; ".join(part for part in mark.split("; ") if bears(part, column)) if mark else ""
        for mark in rows["mark"]])


def bearing_together(first: pd.DataFrame, second: pd.DataFrame, column: str):
    """Both sides with the marks that can bias their ratio, and whether a shared one was waived.

    Where both trials of a block are nonstationary, what moved hit both: their ratio stands, unless
    the ratio itself drifts, which verdicts.compare_paired tests.
    """
    if not first["mark"].any() and not second["mark"].any():  # as a rule, and costs nothing
        return first, second, False
    first, second = bearing_on(first, column), bearing_on(second, column)
    moved = [set(rows.loc[rows["mark"].str.contains(NONSTATIONARY), "block_id"])
             for rows in (first, second)]
    shared = moved[0] & moved[1]
    sides = []
    for rows in (first, second):
        marks = ["; ".join(part for part in mark.split("; ") if part != NONSTATIONARY)
                 if block in shared else mark for block, mark in zip(rows["block_id"],
                                                                     rows["mark"])]
        sides.append(rows.assign(mark=marks))
    return *sides, bool(shared)


def paired(first: pd.DataFrame, second: pd.DataFrame, column: str) -> pd.DataFrame:
    """Blocks in which both sides measured `column`: block_id, first, second, marked (bool)."""
    sides = []
    for rows in (first, second):
        values = zip(rows["block_id"], rows[column], rows["mark"])
        sides.append({block: (value, mark) for block, value, mark in values if value > 0})
    one, two = sides
    common = [block for block in one if block in two]
    return pd.DataFrame({
        "block_id": np.array(common, dtype=object),
        "first": np.array([one[block][0] for block in common], dtype=float),
        "second": np.array([two[block][0] for block in common], dtype=float),
        "marked": np.array([one[block][1] != "" or two[block][1] != "" for block in common],
                           dtype=bool)})


@memo.by_content
def aa_pairs(trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Block-wise ratios of A/A pairs: cell, connections, source, block_id, ratio."""
    rows = []
    doubled = trials.groupby(list(schema.FACTORS), dropna=False, sort=False)
    for _, cell in doubled:
        for twin in range(1, int(cell["twin"].max()) + 1):
            first, second, _ = bearing_together(cell[cell["twin"] == twin - 1],
                                                cell[cell["twin"] == twin], column)
            pairs = paired(first, second, column)
            pairs = pairs[~pairs["marked"]]
            head = cell.iloc[0]
            for pair in pairs.itertuples():
                rows.append((head["scheduler"] or head["subject"], head["workload"],
                             head["connections"], head["source"], pair.block_id,
                             pair.first / pair.second))
    return pd.DataFrame(rows, columns=["scheduler", "workload", "connections", "source",
                                       "block_id", "ratio"])


def aa_log_ratios(trials: pd.DataFrame, column: str, source: str) -> np.ndarray:
    """(m,) log-ratios of every A/A pair of this source, pooled over cells.

    A simulation without a pair gets zeros: its clock is exact and its replications hold all the
    noise there is.
    """
    pairs = aa_pairs(trials, column)
    ratios = pairs.loc[pairs["source"] == source, "ratio"].to_numpy(dtype=float)
    if ratios.size == 0 and source == "simulated":
        return np.zeros(3)
    return stats.log_ratios(ratios, np.ones_like(ratios)) if ratios.size else ratios


def slug(text: str) -> str:
    """A file name from words: "plaintext ×16 batch" -> "plaintext-x16-batch"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("×", "x")).strip("-")
