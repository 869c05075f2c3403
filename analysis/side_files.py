"""The files beside trials.csv: hist.csv, env.json, suite.json. Missing is allowed, broken is not.

Shapes: read_hist() gives directory, trial_id, metric ("lat_req"), lower_ns, upper_ns, count.
Errors: InputError with file and line.
"""

import json
from pathlib import Path

import pandas as pd

from analysis import schema
from analysis.failure import InputError


def read_hist(path: Path, directory: str) -> pd.DataFrame:
    columns = ["directory", *schema.HIST]
    if not path.is_file() or path.stat().st_size == 0:
        return pd.DataFrame(columns=columns)
    numeric = [name for name, kind in schema.HIST.items() if kind.numeric]
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[],
                            dtype={**dict.fromkeys(schema.HIST, str),
                                   **dict.fromkeys(numeric, float)})
    except ValueError:  # some value is no number: the slow way finds the line
        frame = _named_complaint(path, numeric)
    for name, kind in schema.HIST.items():
        if name not in frame:
            raise InputError(f"{path}: line 1: column {name}", "is missing",
                             "use the hist.csv of this version's `etude run`")
        if kind.numeric:
            bad = frame.index[~(frame[name] >= kind.low)]
            if len(bad):
                raise InputError(f"{path}: line {bad[0] + 2}: column {name}",
                                 f"\"{frame.at[bad[0], name]}\" is not {kind.name}",
                                 "the line was cut off or edited: restore or delete it")
    frame["metric"] = frame["metric"].str.removesuffix("_ns")
    frame.insert(0, "directory", directory)
    return frame[columns]


def _named_complaint(path: Path, numeric: list[str]) -> pd.DataFrame:
    """Reads a hist.csv as text; raises for its first value that is no number."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(str(path), " ".join(str(error).split()), "restore the file") from error
    for name in (name for name in numeric if name in frame):
        bad = frame.index[pd.to_numeric(frame[name], errors="coerce").isna()]
        if len(bad):
            raise InputError(f"{path}: line {bad[0] + 2}: column {name}",
                             f"\"{frame.at[bad[0], name]}\" is not a number",
                             "the line was cut off or edited: restore or delete it")
    return frame


def read_json(path: Path) -> dict:
    if not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError(f"{path}: line {line}", "is not JSON", "restore the file") from error
    if not isinstance(value, dict):
        raise InputError(str(path), "is not a JSON object", "restore the file")
    return value
