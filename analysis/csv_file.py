"""Reads one CSV file of a results directory: whole, of known columns, of the right kinds; or not.

Shapes: read() gives a frame of text, one row per line, with the column `line`; typed() the same
        with numbers as floats (empty = NaN).
Errors: InputError with file, line, column and remedy for the first thing that is wrong.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import schema
from analysis.failure import InputError


def read(path: Path, columns) -> pd.DataFrame:
    """The file's rows as text, none missing and none cut. columns: the names it must have."""
    text = _decoded(path)
    if text and not text.endswith("\n"):
        last = text.count("\n") + 1
        raise InputError(f"{path}: line {last}", "the last line has no end: the file was cut off",
                         "run the suite again to resume it, or end the line if it is whole")
    # Not splitlines(): that ends a line at U+2028, U+0085 and others, which a reason may hold.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        _check_header(path, header, columns)
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
    frame = pd.DataFrame(rows, columns=header, dtype=str)
    frame["line"] = lines
    return frame


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {line}", "is not UTF-8 text",
                         "restore the file: these bytes are not a CSV's") from error


def _check_header(path: Path, header: list[str] | None, columns) -> None:
    if not header:
        raise InputError(f"{path}: line 1", "is empty", "run the suite again")
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise InputError(f"{path}: line 1: column {name}", "stands there twice",
                             "delete one of the two")
        seen.add(name)
    for name in columns:
        if name not in seen:
            raise InputError(f"{path}: line 1: column {name}", "is missing",
                             f"use the {path.name} of this version's `etude run`")


def typed(path: Path, frame: pd.DataFrame, kinds: dict, required) -> pd.DataFrame:
    """Checks the schema's version, and each value's kind and range; numbers become floats."""
    wrong = frame.index[frame["schema"] != schema.VERSION]
    if len(wrong):
        found = frame.at[wrong[0], "schema"]
        raise InputError(f"{path}: line {frame.at[wrong[0], 'line']}: column schema",
                         f"\"{found}\" is unknown, this report reads {schema.VERSION}",
                         "use the report of the version that wrote the file")
    for name, kind in kinds.items():
        if name not in frame:
            continue
        frame[name] = frame[name].str.strip()
        empty = frame[name] == ""
        if name in required and empty.any():
            complain(path, frame, empty, name, "is empty", "every line must say it")
        if kind.values:
            unknown = ~frame[name].isin(kind.values)
            if unknown.any():
                complain(path, frame, unknown, name, f"is not {kind.name}", "correct it")
        if kind.numeric:
            frame[name] = numbers(path, frame, name, kind, empty)
    return frame


def numbers(path, frame, name, kind, empty) -> pd.Series:
    """A column of text as floats, NaN where `empty` (a boolean mask); raises outside of `kind`."""
    values = pd.to_numeric(frame[name].where(~empty), errors="coerce")
    bad = ~empty & ~np.isfinite(values.to_numpy(dtype=float, na_value=np.nan))
    if bad.any():
        complain(path, frame, bad, name, f"is not {kind.name}", "restore the value")
    out = ~empty & ((values < kind.low) | (values > kind.high))
    if kind.whole:
        out |= ~empty & (values != values.round())
    if out.any():
        complain(path, frame, out, name, f"is not {kind.name}", "check the value and its unit")
    return values.astype(float)


def complain(path, frame, rows, name, problem, remedy):
    """Raises for the first of `rows` (a boolean mask)."""
    index = frame.index[rows][0]
    value = frame.at[index, name]
    shown = f"\"{value}\" " if value != "" and not pd.isna(value) else ""
    raise InputError(f"{path}: line {frame.at[index, 'line']}: column {name}",
                     f"{shown}{problem}", remedy)
