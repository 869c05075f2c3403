"""The same cells measured and simulated, side by side, with the model's error.

Shapes: beside() gives one row per slice, series, connections and metric: measured (median over
        blocks) with low and high, simulated (median), error = simulated / measured - 1, too_far.
        Real cells have no model: where a table holds several, simulated cells have other names and
        stand beside none.
Errors: none; cells that exist one way only are left out.
"""

import pandas as pd

from analysis import cells, stats
from analysis.metrics import METRICS, percent, shown
from analysis.rules import RULES

LIMITS = {"throughput_rps": RULES.model_throughput, "lat_req_p99_ns": RULES.model_p99}
SAME = ["workload", "pipeline", "mode", "arrival", "cores", "placement", "series",
        "connections"]


def beside(trials: pd.DataFrame) -> pd.DataFrame:
    """trials: named, without twins; both sources."""
    rows = []
    closed = cells.closed(trials)
    real, model = (closed[closed["source"] == source] for source in ("real", "simulated"))
    models = {key: part for key, part in model.groupby(SAME, dropna=False)}
    for column, limit in LIMITS.items():
        for key, part in real.groupby(SAME, dropna=False, sort=True):
            other = models.get(key)
            if other is None or part[column].isna().all() or other[column].isna().all():
                continue
            measured = stats.bca(part[column].dropna())
            simulated = float(other[column].median())
            error = simulated / measured.estimate - 1
            scale = METRICS[column].scale
            text = (f"measured {shown(measured.estimate * scale)}, simulated "
                    f"{shown(simulated * scale)} {METRICS[column].unit}, error "
                    f"{percent(1 + error)}")
            rows.append((part["slice"].iloc[0], column, key[-2], key[-1], measured.n,
                         measured.estimate, measured.low, measured.high, simulated, error,
                         abs(error) > limit, text))
    return pd.DataFrame(rows, columns=["slice", "metric", "series", "connections", "n", "measured",
                                       "low", "high", "simulated", "error", "too_far", "shown"])
