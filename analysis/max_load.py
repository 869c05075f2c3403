"""The highest load whose p99 stays within a bound, per series: what papers on scheduling compare.

A workload of a suite states the bound (`p99_bound_us`); open-loop trials at several shares of its
capacity (`rate_share`) give p99 against load. Between two shares 1 / p99 is taken to fall along a
straight line, which is exact for one server in order of arrival.

Shapes: curves() keeps the trials that say something; table() gives one row per slice and series;
        mmc_p99() and mmc_max_load() are the closed forms for exponential service; in the table
        `alone` is that of a queue per worker, `together` that of one for all.
Units:  loads are shares of 1; p99 is in multiples of the mean service where the suite tells it,
        else in multiples of the bound.
Errors: none; suites without a bound give empty tables.
Source: M/M/c and Erlang C: Kleinrock, Queueing Systems 1, 1975. tests/analysis/max_load_test.py
        holds them against the same law computed from the chain of states.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from analysis import cells, stats

P99 = "lat_intended_p99_ns"
COLUMNS = ["slice", "series", "cores", "bound_us", "times", "n", "max_load", "low", "high", "note",
           "alone", "together", "shown", "theory"]
# Means of service as suites write it, in microseconds.
MEANS = {
    "fixed": lambda values: values[0], "exp": lambda values: values[0],
    "uniform": lambda values: (values[0] + values[1]) / 2,
    "bimodal": lambda values: values[0] + (values[1] - values[0]) * values[2],
    "hyperexp": lambda values: values[0] + (values[1] - values[0]) * values[2],
    "lognormal": lambda values: values[0], "pareto": lambda values: values[0],
}


@dataclass(frozen=True)
class Asked:
    """What a suite asks of one workload. service_us: its mean, NaN where the suite is silent."""

    bound_us: float
    service_us: float
    exponential: bool  # the closed forms apply


def asked(workload: dict) -> Asked | None:
    """From a workload of suite.json; None without a bound."""
    if "p99_bound_us" not in workload:
        return None
    service = workload.get("simulated", {}).get("service", "")
    found = re.fullmatch(r"(\w+):([\d.,e+-]+)", service)
    if not found or found[1] not in MEANS:
        return Asked(workload["p99_bound_us"], math.nan, False)
    mean = MEANS[found[1]]([float(value) for value in found[2].split(",")])
    sliced = "slice_us" in workload["simulated"]
    return Asked(workload["p99_bound_us"], mean, found[1] == "exp" and not sliced)


def curves(trials: pd.DataFrame, directories, suites) -> pd.DataFrame:
    """The trials of loads with a bound, named, with bound_us, times (p99), limit, exponential.

    times and limit: p99 and bound in multiples of the mean service, or of the bound.
    """
    rows = cells.main_trials(trials)
    rows = rows[cells.open_loop(rows) & rows["rate_share"].notna() & rows[P99].notna()]
    workloads = {(directory, name): asked(workload)
                 for directory, suite in zip(directories, suites)
                 for name, workload in suite.get("workloads", {}).items()}
    found = [workloads.get(key) for key in zip(rows["directory"], rows["workload"])]
    rows = rows[np.array([one is not None for one in found], dtype=bool)]
    found = [one for one in found if one is not None]
    units = np.array([one.bound_us if math.isnan(one.service_us) else one.service_us
                      for one in found], dtype=float)
    bounds = np.array([one.bound_us for one in found], dtype=float)
    rows = rows.assign(bound_us=bounds, times=rows[P99] / 1e3 / units, limit=bounds / units,
                       exponential=[one.exponential for one in found])
    swept = rows.groupby(["slice", "series"])["rate_share"].transform("nunique") > 1
    return rows[swept]


def highest(loads, times, limit: float) -> float:
    """The load at which the curve crosses `limit`; inf or -inf: it does so beyond these loads."""
    order = np.argsort(loads)
    loads, times = np.asarray(loads, dtype=float)[order], np.asarray(times, dtype=float)[order]
    within = np.flatnonzero(times <= limit)
    if within.size == 0:
        return -math.inf
    last = within[-1]
    if last == loads.size - 1:
        return math.inf
    here, there = 1 / times[last], 1 / times[last + 1]
    return float(loads[last] + (loads[last + 1] - loads[last]) * (here - 1 / limit)
                 / (here - there))


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Per slice and series the median over blocks, with its interval. rows: from curves()."""
    found = []
    for (name, series), part in rows.groupby(["slice", "series"], sort=False):
        head = part.iloc[0]
        per_block = part.groupby("block_id").apply(
            lambda block, limit=head["limit"]: highest(block["rate_share"], block["times"], limit))
        cores = int(float(head["cores"]))
        forms = ([mmc_max_load(servers, head["limit"]) for servers in (1, cores)]
                 if head["exponential"] else [math.nan, math.nan])
        value, note = _over_blocks(per_block.to_numpy(dtype=float), part["rate_share"])
        found.append((name, series, cores, head["bound_us"], head["limit"], value.n,
                      value.estimate, value.low, value.high, note, *forms,
                      _shown(value, note), _theory(*forms)))
    frame = pd.DataFrame(found, columns=COLUMNS)
    place = {name: i for i, name in enumerate(cells.series_order(frame["series"]))}
    return frame.sort_values(["cores", "slice", "series"], kind="stable",
                             key=lambda c: c.map(place) if c.name == "series" else c
                             ).reset_index(drop=True)


def _over_blocks(values: np.ndarray, shares) -> tuple[stats.Interval, str]:
    """The interval, or none and where the crossing lies when a block did not show it."""
    if np.isfinite(values).all():
        return stats.bca(values), ""
    nothing = stats.Interval(math.nan, math.nan, math.nan, len(values))
    if (values == math.inf).all():
        return nothing, f"above {shares.max():g}, the highest load that was run"
    if (values == -math.inf).all():
        return nothing, f"below {shares.min():g}, the lowest load that was run"
    return nothing, "at the edge of the loads that were run: not seen in each block"


def _shown(value: stats.Interval, note: str) -> str:
    """"53.95 % [53.80, 54.12]", or the note."""
    if note:
        return note
    text = f"{100 * value.estimate:.2f} %"
    known = not math.isnan(value.low)
    return text + (f" [{100 * value.low:.2f}, {100 * value.high:.2f}]" if known else "")


def _theory(alone: float, together: float) -> str:
    """"53.95 % alone, 96.77 % together"; "" where no closed form applies."""
    parts = [(alone, "alone"), (together, "together")]
    return ", ".join(f"{100 * load:.2f} % {how}" for load, how in parts if load == load)


def mmc_tail(servers: int, load: float, times: float) -> float:
    """Share of sojourns longer than `times` mean services: M/M/c in order of arrival."""
    blocked = 1.0  # Erlang B, server by server
    for count in range(1, servers + 1):
        blocked = servers * load * blocked / (count + servers * load * blocked)
    waits = blocked / (1 - load * (1 - blocked))
    drain, alone = servers * (1 - load), math.exp(-times)
    after = ((1 + times) * alone if abs(drain - 1) < 1e-9
             else (drain * alone - math.exp(-drain * times)) / (drain - 1))
    return (1 - waits) * alone + waits * after


def mmc_p99(servers: int, load: float) -> float:
    """The p99 sojourn of M/M/c, in mean services."""
    most = math.log(100) / (1 - load) + 1e-9  # that of one server
    return float(optimize.brentq(lambda t: mmc_tail(servers, load, t) - 0.01, 0, most))


def mmc_max_load(servers: int, times: float) -> float:
    """The highest load at which that is at most `times`; NaN where no load is low enough."""
    lowest = 1e-9
    if mmc_tail(servers, lowest, times) > 0.01:
        return math.nan
    return float(optimize.brentq(lambda load: mmc_tail(servers, load, times) - 0.01, lowest,
                                 1 - 1e-9))
