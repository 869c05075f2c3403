"""LaTeX (booktabs) text from the tables. No shell, no LaTeX run: strings only."""

import pandas as pd

from analysis.metrics import METRICS

SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
           "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
           "^": r"\textasciicircum{}", "×": r"$\times$", "±": r"$\pm$", "µ": r"\textmu{}",
           "≤": r"$\leq$", "≥": r"$\geq$", "–": "--"}


def escaped(text) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(SPECIAL.get(letter, letter) for letter in str(text))


def table(frame: pd.DataFrame, note: str = "") -> str:
    """A tabular of the frame's columns as they are; the first column left, the others right."""
    columns = "l" + "r" * (len(frame.columns) - 1)
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule",
             " & ".join(escaped(name) for name in frame.columns) + r" \\", r"\midrule"]
    lines += [" & ".join(escaped(value) for value in row) + r" \\"
              for row in frame.itertuples(index=False)]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if note:
        lines.insert(0, f"% {note}")
    return "\n".join(lines) + "\n"


def sweep(summary: pd.DataFrame, ratios: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row per series and connection count: median and ratio, both with intervals."""
    metric = METRICS[column]
    part = summary[summary["metric"] == column]
    against = ratios[ratios["metric"] == column].set_index(
        ["slice", "series", "connections", "rate_target_rps"])
    rows = []
    for row in part.itertuples():
        key = (row.slice, row.series, row.connections, row.rate_target_rps)
        found = against[[tuple(map(str, index)) == tuple(map(str, key))
                         for index in against.index]]
        ratio, verdict = (found.iloc[0][["shown", "verdict"]] if len(found) else ("1", "baseline"))
        rows.append((row.series, f"{row.connections:,.0f}", row.n, row.shown, ratio, verdict))
    return pd.DataFrame(rows, columns=["series", "connections", "n",
                                       f"{metric.name} [{metric.unit}]", "ratio", "verdict"])
