"""How evenly the connections were spread over a server's workers.

Connections that SO_REUSEPORT hashes to listeners do not spread evenly, and a scheduler that keeps
each connection at its worker pays for that. The figure tells this cost from the scheduler's own.

Shapes: read() gives directory, trial_id, worker, connections, one row per trial and worker;
        table() one row per slice, series, acceptor and count of connections.
        Connections are those open as the measured time begins; one is that of the reading.
Units:  fullest: connections of the fullest worker / mean over the workers, 1 = even; expected: the
        mean of `fullest` where each connection picks a worker at random.
Errors: InputError where workers.csv is broken; a trial without connections per worker gives no row.
Source: the random spread is a multinomial draw, here by simulation with a fixed seed.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis import cells, csv_file, memo, schema

DRAWS = 2_000  # the standard error of `expected` is then below 0.01 from 16 connections on
COLUMNS = ["slice", "series", "acceptor", "connections", "workers", "n", "fullest", "fullest_max",
           "expected"]


def read(path: Path, directory: str) -> pd.DataFrame:
    """The spread in one workers.csv; no row where the file or its column `connections` lacks."""
    nothing = pd.DataFrame(columns=["directory", "trial_id", "worker", "connections"])
    if not path.is_file() or path.stat().st_size == 0:
        return nothing
    frame = csv_file.read(path, {"trial_id": schema.TEXT, "worker": schema.WHOLE})
    if "connections" not in frame:
        return nothing
    for name in ("worker", "connections"):
        frame[name] = csv_file.numbers(path, frame, name, schema.WHOLE, frame[name] == "")
    frame["directory"] = directory
    return frame[list(nothing.columns)]


def table(trials: pd.DataFrame, workers: pd.DataFrame) -> pd.DataFrame:
    """fullest (mean over trials), fullest_max, and what a random spread gives. See the module."""
    busy = workers[workers["connections"].notna()]
    spread = busy.groupby(["directory", "trial_id"])["connections"].agg(["max", "mean", "size"])
    spread = spread[(spread["size"] > 1) & (spread["mean"] > 0)]
    spread["fullest"] = spread["max"] / spread["mean"]
    both = trials.merge(spread, left_on=["directory", "trial_id"], right_index=True)
    rows = []
    keys = ["slice", "series", "acceptor", "connections", "size"]
    for key, cell in both.groupby(keys, sort=True, dropna=False):
        rows.append((*key, len(cell), cell["fullest"].mean(), cell["fullest"].max(),
                     expected(int(key[3]), int(key[4]))))
    return pd.DataFrame(rows, columns=COLUMNS)


@memo.by_content
def expected(connections: int, workers: int) -> float:
    """The mean of fullest / mean where each connection picks one of the workers at random."""
    if connections <= 0 or workers <= 0:
        return float("nan")
    counts = np.random.default_rng(1).multinomial(connections, [1 / workers] * workers, DRAWS)
    return float(counts.max(axis=1).mean() * workers / connections)


def named(results) -> pd.DataFrame:
    """table() over all trials of `results`, also those of rounds."""
    parts = [part for part in (results.trials, results.rounds) if len(part)]
    if not parts or results.workers.empty:
        return pd.DataFrame(columns=COLUMNS)
    return table(cells.with_names(pd.concat(parts, ignore_index=True)), results.workers)
