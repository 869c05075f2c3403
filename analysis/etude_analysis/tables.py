"""What `etude_analysis` hands out: the tables of results directories, and what reads them.

Every file is read by the reader of the report: a cut line, an unknown schema or a value of the
wrong kind is refused with its line, and text stays text. pandas.read_csv() alone takes a scheduler
that is named null for a missing value, and one named 1e5 for a number.

Shapes: see Tables. Units are in the column names. Empty: NaN in numbers, "" in text.
Errors: InputError, one line with file, line, column and remedy.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import csv_file, load as _load
from analysis.failure import InputError

__all__ = ["InputError", "Tables", "load"]


@dataclass(frozen=True)
class Tables:
    """What the directories hold; each table has the column `directory` first.

    trials: one row per trial, all of them, also the failed. measured: those of them that were
    measured alone and may be compared. rounds: the sides of duets, interleaved and paired rounds.
    hist, workers, windows, classes: rows of a trial_id; classes: of a mix's routes, or of short and
    long requests. comparisons: one row per comparison and metric.
    env, suite: one dictionary per directory, {} where the file is missing.
    """

    trials: pd.DataFrame
    measured: pd.DataFrame
    rounds: pd.DataFrame
    comparisons: pd.DataFrame
    hist: pd.DataFrame
    workers: pd.DataFrame
    windows: pd.DataFrame
    classes: pd.DataFrame
    env: list[dict]
    suite: list[dict]


def load(*directories: str | Path) -> Tables:
    """Reads one results directory, or several of one kind into the same tables."""
    names = [str(directory) for directory in directories]
    found = _load.read(names)
    return Tables(found.every, found.trials, found.rounds, found.comparisons, found.hist,
                  _rows(names, "workers.csv"), _rows(names, "windows.csv"),
                  _rows(names, "classes.csv", "class"), found.environments, found.suites)


def _rows(names: list[str], file_name: str, *texts: str) -> pd.DataFrame:
    """A file of numbers but for trial_id and `texts`; a directory without it has no rows."""
    frames = [pd.DataFrame({name: [] for name in ("directory", "trial_id", *texts)}, dtype=str)]
    for name in names:
        path = Path(name) / file_name
        if not path.is_file() or path.stat().st_size == 0:
            continue
        frame = csv_file.read(path, ["trial_id", *texts])
        for column in frame.columns.difference(["trial_id", "line", *texts], sort=False):
            numbers = pd.to_numeric(frame[column].where(frame[column] != ""), errors="coerce")
            bad = numbers.isna() & (frame[column] != "")
            if bad.any():
                csv_file.complain(path, frame, bad, column, "is no number", "restore the value")
            frame[column] = numbers.astype(float)
        frame = frame.drop(columns="line")
        frame.insert(0, "directory", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
