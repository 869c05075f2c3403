"""Reads results directories into one table and says what it left out.

It refuses what it cannot trust (an unknown schema, a missing column, a cut-off file, a value of
the wrong kind) instead of guessing, and it drops no trial without a reason on the list.

Shapes: Results.trials has one row per measured trial, in file order: the columns of
        analysis/schema.py (text as str, numbers as float, empty = NaN), and these of ours:
        directory, line, block_id (run and block), twin (0; 1, 2 .. for further labels of equal
        factors), mark ("" or why no verdict may rest on this trial).
        Results.trials holds what was measured alone (designs "", blocks, solo); Results.rounds the
        same columns for the sides of duets, interleaved and paired rounds, which are compared
        within their round and pooled with nothing. Results.comparisons: comparisons_file.
        Results.excluded has directory, line, trial_id, block, cell, reason.
Errors: InputError with file, line, column and remedy, for every malformed input.
Source: the columns are the project's contract for results directories.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import aside, balance, comparisons_file, csv_file, schema
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
    rounds: pd.DataFrame
    comparisons: pd.DataFrame
    workers: pd.DataFrame  # directory, trial_id, worker, connections


def read(directories: list[str]) -> Results:
    """Reads and merges the directories. Raises InputError on the first thing that is wrong."""
    frames, hists, environments, suites, compared, workers = [], [], [], [], [], []
    for name in directories:
        folder = Path(name)
        if not folder.is_dir():
            raise InputError(name, "is not a directory", "name one that `etude run --out` wrote")
        frame = read_trials(folder / "trials.csv")
        frame.insert(0, "directory", name)
        frames.append(frame)
        hists.append(read_hist(folder / "hist.csv", name))
        compared.append(comparisons_file.read(folder / "comparisons.csv", name))
        workers.append(balance.read(folder / "workers.csv", name))
        environments.append(read_json(folder / "env.json"))
        suites.append(read_json(folder / "suite.json"))
    trials = pd.concat(frames, ignore_index=True)
    _refuse_repeats(trials)
    every = _with_keys(trials)
    kept, excluded = aside.split(every)
    if kept.empty:
        raise InputError(", ".join(directories), "no trial was measured",
                         "see the reasons column of trials.csv and run the suite again")
    by_rounds = kept["design"].isin(schema.ROUNDS)
    return Results(kept[~by_rounds].reset_index(drop=True), excluded, every,
                   pd.concat(hists, ignore_index=True), environments, suites, list(directories),
                   kept[by_rounds].reset_index(drop=True),
                   pd.concat(compared, ignore_index=True), pd.concat(workers, ignore_index=True))


def read_trials(path: Path) -> pd.DataFrame:
    """One trials.csv, checked and typed, with its line numbers in the column `line`."""
    if not path.is_file():
        raise InputError(str(path), "is missing", "name a directory that `etude run --out` wrote")
    frame = csv_file.read(path, schema.TRIALS)
    if frame.empty:
        raise InputError(str(path), "holds no trial", "run the suite first")
    kinds = {**schema.TRIALS, **schema.FURTHER}
    frame = csv_file.typed(path, frame, kinds, schema.REQUIRED)
    _check_agreement(path, frame)
    return frame


def _check_agreement(path: Path, frame: pd.DataFrame) -> None:
    """Columns that say the same thing twice must agree; a wrong unit shows up here."""
    for names in schema.RISING:
        for lower, upper in zip(names, names[1:]):
            falls = frame[lower] > frame[upper]
            if falls.any():
                csv_file.complain(path, frame, falls, upper, f"is below {lower}",
                                  "percentiles cannot fall: restore the row")
    implied = frame["requests"] / frame["duration_s"].where(frame["duration_s"] > 0)
    off = (frame["throughput_rps"] - implied).abs() > 0.5 * implied
    if off.any():
        csv_file.complain(path, frame, off, "throughput_rps", "is not requests / duration_s",
                                  "check the units: requests per second, seconds")
    population = frame["throughput_rps"] * frame["lat_req_mean_ns"] / 1e9
    counted = frame["inflight_mean"].where(frame["inflight_mean"] > 0)
    far = (population > 100 * counted) | ((population > 0) & (population < counted / 100))
    if far.any():
        csv_file.complain(path, frame, far, "lat_req_mean_ns",
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
    # Rounds of different groups have the same numbers, and a second attempt has its own pair_id.
    trials["group_round"] = trials["pair_id"].str.replace(r"-a\d+$", "", regex=True)
    trials["block_id"] = trials["run_id"] + "/" + trials["block"].map("{:.0f}".format)
    return derived(trials)
