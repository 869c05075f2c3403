"""Reads comparisons.csv: what the harness found by rounds, one row per comparison and metric.

A directory without the file holds none: a suite of blocks, or one older than the file.

Shapes: read() gives a frame with the columns of schema.COMPARISONS (text as str, numbers as float,
        empty = NaN), and directory, line.
Units:  ratio, low, high, decision_low, decision_high: candidate / baseline; floor, sd_log: natural
        logs of it; margin: a fraction of 1.
Errors: InputError with file, line, column and remedy for the first thing that is wrong, among them
        a verdict that its own row contradicts.
Source: the project's contract for results directories.
"""

from pathlib import Path

import pandas as pd

from analysis import csv_file, schema

# A change of the column in the words of `direction`: (ratio above 1, ratio below 1).
DIRECTIONS = {"cpu": ("dearer", "cheaper"), "throughput": ("faster", "slower"),
              "p99": ("higher", "lower"), "p50": ("higher", "lower")}


def read(path: Path, directory: str) -> pd.DataFrame:
    """The checked table; without rows where the file is missing."""
    if not path.is_file():
        return pd.DataFrame({name: pd.Series(dtype=float if kind.numeric else str)
                             for name, kind in {"directory": schema.TEXT, "line": schema.WHOLE,
                                                **schema.COMPARISONS}.items()})
    frame = csv_file.read(path, schema.COMPARISONS)
    frame = csv_file.typed(path, frame, schema.COMPARISONS, schema.COMPARISONS_REQUIRED)
    _check_agreement(path, frame)
    frame.insert(0, "directory", directory)
    return frame


def _check_agreement(path: Path, frame: pd.DataFrame) -> None:
    """What a row says twice must agree: order of its ends, verdict and what the verdict needs."""
    def refuse(rows, column, problem, remedy="restore the line from the run's journal"):
        if rows.any():
            csv_file.complain(path, frame, rows, column, problem, remedy)

    twice = frame.duplicated(["run_id", "comparison_id", "metric"])
    refuse(twice, "comparison_id", "stands there twice with this metric", "delete one of the two")
    # The harness prints six digits: ends may meet the estimate.
    slack = 1e-5
    refuse(frame["low"] > frame["ratio"] + slack, "low", "is above the ratio")
    refuse(frame["high"] < frame["ratio"] - slack, "high", "is below the ratio")
    refuse(frame["decision_low"] > frame["decision_high"] + slack, "decision_low",
           "is above decision_high")
    differs = frame["verdict"] == "differs"
    refuse((differs | (frame["verdict"] == "equivalent")) & frame["ratio"].isna(), "ratio",
           "is empty beside a verdict that rests on it")
    refuse((frame["verdict"] == "cannot") & (frame["needs"] == ""), "needs",
           "is empty: the verdict \"cannot\" says what the machine lacks")
    words = [DIRECTIONS[metric][0 if ratio > 1 else 1]
             for metric, ratio in zip(frame["metric"], frame["ratio"])]
    refuse(differs & (frame["direction"] != pd.Series(words, index=frame.index)), "direction",
           "contradicts the ratio")
    refuse(~differs & (frame["direction"] != ""), "direction", "stands beside no difference")


def decision(row) -> tuple[float, float]:
    """The interval that a verdict and a claim of a size rest on; the ordinary one without it."""
    low, high = row.decision_low, row.decision_high
    if low == low and high == high and low > 0:
        return low, high
    return row.low, row.high


def load_names(found: pd.DataFrame) -> list[tuple]:
    """((order), "plaintext ×16, 256 connections") of each row: what both sides were given.

    Cores, placement and the like are named only where they vary. found: of comparisons.csv.
    """
    notes = {"cores": "{} cores", "threads_per_core": "{:.0f} threads/core", "acceptor": "{}",
             "placement": "{}"}
    mine = found[found["control"] != "bare"]  # the bare server has no threads and no acceptor
    varies = [name for name in notes if mine[name].dropna().nunique() > 1]
    names = []
    for row in found.to_dict("records"):
        head = row["workload"] + (f" ×{row['pipeline']:.0f}" if row["pipeline"] > 1 else "")
        parts = [head] + ([row["arrival"]] if row["arrival"] not in ("closed", "") else [])
        parts += [notes[name].format(row[name]) for name in varies
                  if row[name] == row[name] and row[name] != ""
                  and not (row["control"] == "bare" and name in ("threads_per_core", "acceptor"))]
        order = ", ".join(parts)
        rate = row["rate_target_rps"]
        parts.append(f"{row['connections']:,.0f} connections")
        parts += [f"{rate:,.0f} req/s"] if rate == rate and rate > 0 else []
        names.append(((order, row["connections"], 0.0 if rate != rate else rate),
                      ", ".join(parts)))
    return names
