"""LaTeX (booktabs) text from the tables. No shell, no LaTeX run: strings only."""

import pandas as pd

from analysis.metrics import METRICS

SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
           "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
           "^": r"\textasciicircum{}", "×": r"$\times$", "±": r"$\pm$", "µ": r"$\mu$",
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


def sweep(summary: pd.DataFrame, ratios: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    """One row per series and connection count of slice `name`: median and ratio with intervals."""
    metric, keys = METRICS[column], ["series", "connections", "rate_target_rps"]
    part = summary[(summary["metric"] == column) & (summary["slice"] == name)]
    against = ratios[(ratios["metric"] == column) & (ratios["slice"] == name)]
    joined = part.merge(against[[*keys, "shown", "verdict"]], on=keys, how="left",
                        suffixes=("", "_ratio"))
    table = pd.DataFrame({
        "series": joined["series"], "connections": joined["connections"].map("{:,.0f}".format),
        "rate": joined["rate_target_rps"].map("{:,.0f}".format), "n": joined["n"],
        f"{metric.name} [{metric.unit}]": joined["shown"],
        "ratio": joined["shown_ratio"].fillna("1"),
        "verdict": joined["verdict"].fillna("baseline")})
    return table.drop(columns="rate") if part["rate_target_rps"].isna().all() else table


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers with 4 significant digits and no exponents, as text; empty where not measured."""
    def text(value):
        if not isinstance(value, float):
            return value
        if value != value:
            return ""
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return frame.applymap(text)
