"""Where latency growth, a request's time and its CPU go.

Growth: ln R(N)/R(N0) = ln(N/N0) + ln(X0/X) + ln(busy/busy0) + rest, block by block. The first term
is population: queueing that no scheduler can avoid. Busy is the share of the population that is in
flight; the rest is what Little's law left open in the measurement.

Shapes: frames with one row per slice, series, connections and part; values are means over blocks,
        because means add up and medians do not.
Units:  logs are natural; times ns.
Errors: none; what was not measured gives no rows.
Source: the project's measuring protocol, item 3; Little, Operations Research 1961.
"""

import numpy as np
import pandas as pd

from analysis import cells, memo, stats

GROWTH_PARTS = ("population", "throughput", "idle", "rest")
STAGES = {  # column -> name, in the order of a request's life
    "stage_socket_wait_mean_ns": "socket wait", "stage_run_queue_mean_ns": "run-queue wait",
    "stage_migration_mean_ns": "steal or migration", "stage_service_mean_ns": "service",
    "stage_write_mean_ns": "write",
}
CPU_PARTS = {"server_user_s": "user", "server_sys_s": "system"}


@memo.by_content
def growth(trials: pd.DataFrame) -> pd.DataFrame:
    """slice, series, connections, base, n, part, ln, low, high, share: closed loop only.

    part: one of GROWTH_PARTS or "total"; share: of the total. Trials are from cells.with_names.
    """
    rows = []
    used = cells.closed(trials[trials["twin"] == 0])
    used = used[(used["lat_req_mean_ns"] > 0) & (used["throughput_rps"] > 0)]
    for (name, series), part in used.groupby(["slice", "series"], sort=True):
        counts = sorted(part["connections"].unique())
        base = _terms(part[part["connections"] == counts[0]])
        for count in counts[1:]:
            here = _terms(part[part["connections"] == count])
            both = here.join(base, how="inner", rsuffix="_base")
            if both.empty:
                continue
            parts = {
                "population": np.log(both["full"] / both["full_base"]),
                "throughput": np.log(both["rate_base"] / both["rate"]),
                "idle": np.log(both["busy"] / both["busy_base"]),
            }
            total = np.log(both["latency"] / both["latency_base"])
            parts["rest"] = total - sum(parts.values())
            for key, value in {**parts, "total": total}.items():
                interval = stats.bca(value, np.mean)
                rows.append((name, series, count, counts[0], len(both), key, interval.estimate,
                             interval.low, interval.high, interval.estimate / total.mean()))
    return pd.DataFrame(rows, columns=["slice", "series", "connections", "base", "n", "part",
                                       "ln", "low", "high", "share"])


def _terms(rows: pd.DataFrame) -> pd.DataFrame:
    """Per block: latency, rate, full population, and the busy share of it."""
    rows = rows.drop_duplicates("block_id", keep="last").set_index("block_id")
    full = rows["connections"] * rows["pipeline"].fillna(1)
    inflight = rows["inflight_mean"].where(rows["inflight_mean"] > 0,
                                           full * (1 - rows["idle_frac"].fillna(0)))
    return pd.DataFrame({"latency": rows["lat_req_mean_ns"], "rate": rows["throughput_rps"],
                         "full": full, "busy": inflight / full})


def stages(trials: pd.DataFrame) -> pd.DataFrame:
    """slice, series, connections, n, part, mean_ns, share: from the server's stage stamps."""
    known = [column for column in STAGES if column in trials]
    used = trials[(trials["twin"] == 0) & ~cells.open_loop(trials)].dropna(subset=known)
    rows = []
    for key, cell in used.groupby(["slice", "series", "connections"], sort=True):
        means = {STAGES[column]: cell[column].mean() for column in known}
        total = sum(means.values())
        for part, mean in means.items():
            rows.append((*key, len(cell), part, mean, mean / total if total > 0 else np.nan))
    return pd.DataFrame(rows, columns=["slice", "series", "connections", "n", "part", "mean_ns",
                                       "share"])


def cpu(trials: pd.DataFrame) -> pd.DataFrame:
    """slice, series, connections, n, part, mean_ns, share: user and system per request.

    User and system come from coarse clock ticks, so their shares are applied to the exact total.
    """
    used = trials[(trials["twin"] == 0) & (trials["server_cpu_ns_per_request"] > 0)
                  & ~cells.open_loop(trials)]
    used = used[(used["server_user_s"] + used["server_sys_s"]) > 0]
    rows = []
    for key, cell in used.groupby(["slice", "series", "connections"], sort=True):
        ticks = cell["server_user_s"] + cell["server_sys_s"]
        total = cell["server_cpu_ns_per_request"].mean()
        for column, part in CPU_PARTS.items():
            share = float((cell[column] / ticks).mean())
            rows.append((*key, len(cell), part, total * share, share))
    return pd.DataFrame(rows, columns=["slice", "series", "connections", "n", "part", "mean_ns",
                                       "share"])
