"""Which trials count: what was not measured or was tried again is set aside, what is doubtful is
marked, and each with its reason. Nothing leaves a table in silence.

Shapes: split() gives (kept, excluded); kept gains mark ("" or why no verdict may rest on it) and
        twin (0 for the first label of a cell, 1, 2 .. for further ones: an A/A pair).
Errors: none.
Source: limits of Little's gate, CPU steal and errors are analysis/rules.py's.
"""

import pandas as pd

from analysis import schema
from analysis.rules import RULES


def split(trials: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Splits off what was not measured and what a retry replaced; marks and counts the rest."""
    reasons = pd.Series("", index=trials.index)
    unmeasured = trials["throughput_rps"].isna()
    said = trials["reasons"].where(trials["reasons"] != "", trials["status"])
    reasons[unmeasured] = "not measured: " + said[unmeasured]
    reasons[~unmeasured & (trials["label"] == "capacity")] = (
        "measured a capacity, of which the open loop's rates are shares")
    cell = list(schema.FACTORS) + ["label", "block_id", "design", "group_round"]
    measured = trials[reasons == ""]
    if measured["attempt"].notna().any():
        ordered = measured.assign(attempt=measured["attempt"].fillna(1)).sort_values("attempt",
                                                                                     kind="stable")
        for _, rows in ordered.groupby(cell, dropna=False, sort=False):
            last = rows.index[-1]
            for index in rows.index[:-1]:
                reasons[index] = (f"attempt {rows.at[index, 'attempt']:.0f} was "
                                  f"{rows.at[index, 'status']}; attempt "
                                  f"{rows.at[last, 'attempt']:.0f} is used")
    kept = trials[reasons == ""].copy()
    kept["mark"] = [mark_of(row) for row in kept.to_dict("records")]
    kept["twin"] = _twins(kept)
    dropped = trials[reasons != ""]
    excluded = pd.DataFrame({
        "directory": dropped["directory"], "line": dropped["line"],
        "trial_id": dropped["trial_id"], "block": dropped["block"],
        "cell": [cell_text(row) for row in dropped.to_dict("records")],
        "reason": reasons[reasons != ""],
    })
    return kept.reset_index(drop=True), excluded.reset_index(drop=True)


def _twins(trials: pd.DataFrame) -> pd.Series:
    """0 for the first label of a cell, 1, 2 .. for further ones: an A/A pair has twins 0 and 1."""
    group = trials.groupby(list(schema.FACTORS), dropna=False, sort=False)["label"]
    return group.transform(lambda labels: labels.map(
        {label: rank for rank, label in enumerate(sorted(set(labels)))})).astype(int)


def mark_of(row: dict) -> str:
    """Why a comparison may not use this trial; "" when it may. Parts are joined by "; "."""
    marks = []
    if row["status"] not in ("ok", "errors"):
        marks.append(row["status"].replace("_", "-"))
    done = row["requests"] if row["requests"] > 0 else float("nan")
    if row["errors"] / (done + row["errors"]) > RULES.errors_share:
        marks.append("errors")
    if pd.isna(row["little_err"]):
        marks.append("Little not measured")
    elif abs(row["little_err"]) > RULES.little:
        marks.append("Little")
    if row["cpu_steal_frac"] > RULES.steal:
        marks.append("CPU steal")
    if row["other_cpu_frac"] > RULES.others:
        marks.append("busy machine")
    return "; ".join(marks)


def cell_text(row: dict) -> str:
    """A cell in words: "fifo, plaintext, 256 connections, 16 pipelined, batch"."""
    parts = [row["scheduler"] or row["subject"], row["scheduler_params"], row["workload"],
             f"{row['connections']:.0f} connections"]
    if row["pipeline"] > 1:
        parts.append(f"{row['pipeline']:.0f} pipelined")
    parts += [row["mode"], row["label"] and f"label {row['label']}"]
    return ", ".join(part for part in parts if part)
