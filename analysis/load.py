"""Reads results directories into one table and says what it left out.

It refuses what it cannot trust (an unknown schema, a missing column, a cut-off file, a value of
the wrong kind) instead of guessing, and it drops no trial without a reason on the list.

Shapes: Results.trials has one row per measured trial, in file order: the columns of
        analysis/schema.py (text as str, numbers as float, empty = NaN), and these of ours:
        directory, line, block_id (run and block), twin (0; 1, 2 .. for further labels of equal
        factors), mark ("" or why no verdict may rest on this trial).
        Results.excluded has directory, line, trial_id, block, cell, reason.
Errors: InputError with file, line, column and remedy, for every malformed input.
Source: the columns are the project's contract for results directories.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import aside, schema
from analysis.failure import InputError
from analysis.metrics import derived
from analysis.side_files import read_hist, read_json


@dataclass(frozen=True)
class Results:
    """What the directories hold. See the module text for the columns."""

    trials: pd.DataFrame
    excluded: pd.DataFrame
    every: pd.DataFrame  # all rows as read, measured or not
    hist: pd.DataFrame  # directory, trial_id, metric, lower_ns, upper_ns, count
    environments: list[dict]  # one per directory; {} where env.json is missing
    suites: list[dict]  # one per directory; {} where suite.json is missing
    directories: list[str]


def read(directories: list[str]) -> Results:
    """Reads and merges the directories. Raises InputError on the first thing that is wrong."""
    frames, hists, environments, suites = [], [], [], []
    for name in directories:
        folder = Path(name)
        if not folder.is_dir():
            raise InputError(name, "is not a directory", "name one that `etude run --out` wrote")
        frame = read_trials(folder / "trials.csv")
        frame.insert(0, "directory", name)
        frames.append(frame)
        hists.append(read_hist(folder / "hist.csv", name))
        environments.append(read_json(folder / "env.json"))
        suites.append(read_json(folder / "suite.json"))
    trials = pd.concat(frames, ignore_index=True)
    _refuse_repeats(trials)
    every = _with_keys(trials)
    trials, excluded = aside.split(every)
    if trials.empty:
        raise InputError(", ".join(directories), "no trial was measured",
                         "see the reasons column of trials.csv and run the suite again")
    return Results(trials, excluded, every, pd.concat(hists, ignore_index=True), environments,
                   suites, list(directories))


def read_trials(path: Path) -> pd.DataFrame:
    """One trials.csv, checked and typed, with its line numbers in the column `line`."""
    if not path.is_file():
        raise InputError(str(path), "is missing", "name a directory that `etude run --out` wrote")
    text = _decoded(path)
    if text and not text.endswith("\n"):
        last = text.count("\n") + 1
        raise InputError(f"{path}: line {last}", "the last line has no end: the file was cut off",
                         "run the suite again to resume it, or end the line if it is whole")
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, None)
        _check_header(path, header)
        rows, lines = [], []
        for row in reader:
            if len(row) != len(header):
                last = header[min(len(row), len(header)) - 1]
                raise InputError(f"{path}: line {reader.line_num}: column {last}",
                                 f"{len(row)} fields where the header has {len(header)}",
                                 "the line was cut off or edited: restore or delete it")
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}", str(error),
                         "restore the line from the run's journal") from error
    if not rows:
        raise InputError(str(path), "holds no trial", "run the suite first")
    frame = pd.DataFrame(rows, columns=header, dtype=str)
    frame["line"] = lines
    return _typed(path, frame)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {line}", "is not UTF-8 text",
                         "restore the file: these bytes are not a CSV's") from error


def _check_header(path: Path, header: list[str] | None) -> None:
    if not header:
        raise InputError(f"{path}: line 1", "is empty", "run the suite again")
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise InputError(f"{path}: line 1: column {name}", "stands there twice",
                             "delete one of the two")
        seen.add(name)
    for name in schema.TRIALS:
        if name not in seen:
            raise InputError(f"{path}: line 1: column {name}", "is missing",
                             "use the trials.csv of this version's `etude run`")


def _typed(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Checks kinds, ranges and agreement of each row; returns numbers as floats."""
    wrong = frame.index[frame["schema"] != schema.VERSION]
    if len(wrong):
        found = frame.at[wrong[0], "schema"]
        raise InputError(f"{path}: line {frame.at[wrong[0], 'line']}: column schema",
                         f"\"{found}\" is unknown, this report reads {schema.VERSION}",
                         "use the report of the version that wrote the file")
    for name, kind in {**schema.TRIALS, **schema.FURTHER}.items():
        if name not in frame:
            continue
        frame[name] = frame[name].str.strip()
        empty = frame[name] == ""
        if name in schema.REQUIRED and empty.any():
            _complain(path, frame, empty, name, "is empty", "every trial must say it")
        if kind.numeric:
            frame[name] = _numbers(path, frame, name, kind, empty)
    unknown = ~frame["source"].isin(["real", "simulated"])
    if unknown.any():
        _complain(path, frame, unknown, "source", "is neither real nor simulated", "correct it")
    _check_agreement(path, frame)
    return frame


def _numbers(path, frame, name, kind, empty) -> pd.Series:
    numbers = pd.to_numeric(frame[name].where(~empty), errors="coerce")
    bad = ~empty & ~np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan))
    if bad.any():
        _complain(path, frame, bad, name, f"is not {kind.name}", "restore the value")
    out = ~empty & ((numbers < kind.low) | (numbers > kind.high))
    if kind.whole:
        out |= ~empty & (numbers != numbers.round())
    if out.any():
        _complain(path, frame, out, name, f"is not {kind.name}", "check the value and its unit")
    return numbers.astype(float)


def _complain(path, frame, rows, name, problem, remedy):
    """Raises for the first of `rows` (a boolean mask)."""
    index = frame.index[rows][0]
    value = frame.at[index, name]
    shown = f"\"{value}\" " if value != "" and not pd.isna(value) else ""
    raise InputError(f"{path}: line {frame.at[index, 'line']}: column {name}",
                     f"{shown}{problem}", remedy)


def _check_agreement(path: Path, frame: pd.DataFrame) -> None:
    """Columns that say the same thing twice must agree; a wrong unit shows up here."""
    for names in schema.RISING:
        for lower, upper in zip(names, names[1:]):
            falls = frame[lower] > frame[upper]
            if falls.any():
                _complain(path, frame, falls, upper, f"is below {lower}",
                          "percentiles cannot fall: restore the row")
    implied = frame["requests"] / frame["duration_s"].where(frame["duration_s"] > 0)
    off = (frame["throughput_rps"] - implied).abs() > 0.5 * implied
    if off.any():
        _complain(path, frame, off, "throughput_rps", "is not requests / duration_s",
                  "check the units: requests per second, seconds")
    population = frame["throughput_rps"] * frame["lat_req_mean_ns"] / 1e9
    counted = frame["inflight_mean"].where(frame["inflight_mean"] > 0)
    far = (population > 100 * counted) | ((population > 0) & (population < counted / 100))
    if far.any():
        _complain(path, frame, far, "lat_req_mean_ns",
                  "times throughput_rps is 100-fold off inflight_mean",
                  "check the units: nanoseconds, requests per second")


def _refuse_repeats(trials: pd.DataFrame) -> None:
    twice = trials.duplicated(["run_id", "trial_id"])
    if twice.any():
        row = trials[twice].iloc[0]
        raise InputError(f"{row['directory']}/trials.csv: line {row['line']}: column trial_id",
                         f"trial {row['trial_id']} of run {row['run_id']} was read before",
                         "name each directory once, or delete the repeated line")


def _with_keys(trials: pd.DataFrame) -> pd.DataFrame:
    """Adds what later steps group by: block_id, label, attempt, and the factors this table has."""
    trials = trials.copy()
    for name, kind in schema.FURTHER.items():
        if name not in trials:
            trials[name] = np.nan if kind.numeric else ""
        if not kind.numeric:
            trials[name] = trials[name].fillna("")
    trials["block_id"] = trials["run_id"] + "/" + trials["block"].map("{:.0f}".format)
    return derived(trials)
