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

from analysis import schema, stats

SLICE = ("source", "workload", "pipeline", "mode", "arrival", "cores", "acceptor", "backlog",
         "placement")
SERIES = ("subject", "scheduler", "scheduler_params", "threads_per_core")
# Lines keep these places (and so their colours) in every report; others follow by name.
KNOWN_ORDER = ("fifo", "work-stealing", "hybrid", "shared-queue")
OWN_SUBJECTS = ("etude", "")


def with_names(trials: pd.DataFrame) -> pd.DataFrame:
    """Adds `series` and `slice`, both in words that name only what varies in this table."""
    trials = trials.copy()
    trials["series"] = _series_names(trials)
    trials["slice"] = _slice_names(trials)
    return trials


def _series_names(trials: pd.DataFrame) -> list[str]:
    """"hybrid", or "hybrid (steal=one)" where two parameter sets of it are in the table."""
    base = [scheduler if scheduler and subject in OWN_SUBJECTS else " ".join(
        part for part in (subject, scheduler) if part)
        for subject, scheduler in zip(trials["subject"], trials["scheduler"])]
    table = pd.DataFrame({"base": base, "params": trials["scheduler_params"].to_numpy(),
                          "threads": trials["threads_per_core"].to_numpy()})
    many_params = table.groupby("base")["params"].transform("nunique") > 1
    many_threads = table.groupby("base")["threads"].transform("nunique") > 1
    names = []
    for row, params, threads in zip(table.itertuples(), many_params, many_threads):
        notes = [row.params] if params and row.params else []
        if threads and row.threads == row.threads:
            notes.append(f"{row.threads:.0f} thr/core")
        names.append(f"{row.base} ({', '.join(notes)})" if notes else row.base)
    return names


def _slice_names(trials: pd.DataFrame) -> list[str]:
    varies = {name: trials[name].nunique(dropna=False) > 1 for name in SLICE}
    names = []
    for row in trials[list(SLICE)].to_dict("records"):
        parts = [row["workload"]]
        if row["pipeline"] > 1:
            parts.append(f"×{row['pipeline']:.0f} {row['mode']}")
        if varies["arrival"] or row["arrival"] not in ("closed", ""):
            parts.append(row["arrival"])
        if varies["cores"] and row["cores"]:
            parts.append(f"cores {row['cores']}")
        if varies["acceptor"] and row["acceptor"]:
            parts.append(row["acceptor"])
        if varies["backlog"] and row["backlog"] == row["backlog"]:
            parts.append(f"backlog {row['backlog']:.0f}")
        if varies["placement"] and row["placement"]:
            parts.append(row["placement"])
        if row["source"] == "simulated":
            parts.append("simulated")
        names.append(", ".join(parts).replace(", ×", " ×"))
    return names


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
    """Known schedulers first, in their fixed order; then the rest by name."""
    def rank(name: str):
        base = name.split(" (")[0]
        place = KNOWN_ORDER.index(base) if base in KNOWN_ORDER else len(KNOWN_ORDER)
        return place, name
    return sorted(set(names), key=rank)


def is_control(rows: pd.DataFrame) -> bool:
    """True for a subject without a scheduler of ours, such as the bare ceiling server."""
    return (rows["scheduler"] == "").all()


def baseline_of(rows: pd.DataFrame, wanted: str = "") -> str:
    """The series others are compared with: `wanted`, else the first that has a scheduler."""
    names = series_order(rows.loc[rows["scheduler"] != "", "series"]) or series_order(
        rows["series"])
    return wanted if wanted in names else names[0]


def paired(first: pd.DataFrame, second: pd.DataFrame, column: str) -> pd.DataFrame:
    """Blocks in which both sides measured `column`: block_id, first, second, marked (bool)."""
    sides = []
    for rows in (first, second):
        rows = rows[rows[column] > 0].drop_duplicates("block_id", keep="last")
        sides.append(rows.set_index("block_id")[[column, "mark"]])
    both = sides[0].join(sides[1], how="inner", lsuffix="_1", rsuffix="_2")
    return pd.DataFrame({"block_id": both.index, "first": both[f"{column}_1"].to_numpy(),
                         "second": both[f"{column}_2"].to_numpy(),
                         "marked": ((both["mark_1"] != "") | (both["mark_2"] != "")).to_numpy()})


def aa_pairs(trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Block-wise ratios of A/A pairs: cell, connections, source, block_id, ratio."""
    rows = []
    doubled = trials.groupby(list(schema.FACTORS), dropna=False, sort=False)
    for _, cell in doubled:
        for twin in range(1, int(cell["twin"].max()) + 1):
            pairs = paired(cell[cell["twin"] == twin - 1], cell[cell["twin"] == twin], column)
            pairs = pairs[~pairs["marked"]]
            head = cell.iloc[0]
            for pair in pairs.itertuples():
                rows.append((head["scheduler"] or head["subject"], head["workload"],
                             head["connections"], head["source"], pair.block_id,
                             pair.first / pair.second))
    return pd.DataFrame(rows, columns=["scheduler", "workload", "connections", "source",
                                       "block_id", "ratio"])


def aa_log_ratios(trials: pd.DataFrame, column: str, source: str) -> np.ndarray:
    """(m,) log-ratios of every A/A pair of this source, pooled over cells."""
    pairs = aa_pairs(trials, column)
    ratios = pairs.loc[pairs["source"] == source, "ratio"].to_numpy(dtype=float)
    return stats.log_ratios(ratios, np.ones_like(ratios)) if ratios.size else ratios


def slug(text: str) -> str:
    """A file name from words: "plaintext ×16 batch" -> "plaintext-x16-batch"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("×", "x")).strip("-")
