"""Seeded results directories of suites that compare by rounds: trials.csv with the sides of each
round and solo cells, and comparisons.csv as the harness writes it, with a known truth.

The verdicts here follow from the ordinary t interval alone: enough for a reader of the table, no
stand-in for the harness's inference.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import synthetic
from analysis import schema
from analysis.comparisons_file import DIRECTIONS

COLUMN = {"cpu": "server_cpu_ns_per_request", "throughput": "throughput_rps",
          "p99": "lat_req_p99_ns"}


@dataclass
class Plan:
    """What to make up. effects: candidate -> ratio of CPU per request; noise: sd of a log-ratio."""

    candidates: tuple = ("work-stealing", "hybrid", "shared-queue")
    loads: tuple = (("plaintext", 16, 256), ("plaintext", 16, 4096), ("json", 1, 256))
    metrics: tuple = ("cpu",)
    design: str = "duet"
    rounds: int = 10
    noise: float = 0.008
    effects: dict = field(default_factory=lambda: {"work-stealing": 1.10, "ceiling": 0.85})
    aa: float = 1.0  # the ratio of the A/A pair: 1 unless the machine moves
    bare: bool = True
    drift: float = 0.0  # of a candidate's log-ratio from the first to the last round
    needs: dict = field(default_factory=dict)  # load -> what the machine lacks for it
    solo_blocks: int = 0
    seed: int = 1


def rows(plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(trials, comparisons) of the plan."""
    rng = np.random.default_rng(plan.seed)
    trials, comparisons = [], []
    for load in plan.loads:
        for candidate, control in _sides(plan):
            logs = {metric: [] for metric in plan.metrics}
            group = f"g{len(comparisons):04x}"
            for number in range(0 if load in plan.needs else plan.rounds):
                _round(plan, rng, load, candidate, control, group, number, trials, logs)
            for metric in plan.metrics:
                comparisons.append(_comparison(plan, load, candidate, control, group, metric,
                                               np.array(logs[metric])))
    for block in range(plan.solo_blocks):
        for load in plan.loads:
            for name in ("fifo", *plan.candidates):
                row = _trial(rng, load, name, "", block, len(trials), 0.0)
                row["server_cpu_ns_per_request"] *= plan.effects.get(name, 1.0)
                trials.append({**row, "design": "solo", "pair_id": "", "round": "", "side": "",
                               "round_s": ""})
    return pd.DataFrame(trials), pd.DataFrame(comparisons)


def _sides(plan: Plan) -> list[tuple[str, str]]:
    sides = [("fifo", "aa")] + [(name, "") for name in plan.candidates]
    return sides + ([("ceiling", "bare")] if plan.bare else [])


def _trial(rng, load, name, label, block, number, weather) -> dict:
    workload, pipeline, connections = load
    scheduler = "" if name == "ceiling" else name
    base = synthetic.Plan(noise=0.0, effects={}, seed=1)
    row = synthetic._row(base, rng, weather, block, 0, number, scheduler, workload, pipeline,
                         connections, label, None)
    row["cell_id"] = "-".join(str(part) for part in (name, label, *load) if part != "")
    row["server_cpu_ns_per_request"] = 1e9 / synthetic.capacity_rps(workload, connections)
    return row


def _round(plan, rng, load, candidate, control, group, number, trials, logs) -> None:
    weather = rng.normal(0, 0.1)  # what hits both sides
    first = _trial(rng, load, "fifo", "A" if control == "aa" else "", number, len(trials), 0.0)
    second = _trial(rng, load, candidate, "B" if control == "aa" else "", number, len(trials) + 1,
                    0.0)
    true = plan.aa if control == "aa" else plan.effects.get(candidate, 1.0)
    drift = plan.drift * (number / max(1, plan.rounds - 1) - 0.5) if not control else 0.0
    for metric in plan.metrics:
        column = COLUMN[metric]
        log = math.log(true if metric != "throughput" else 1 / true) + drift
        log += rng.normal(0, plan.noise)
        logs[metric].append(log)
        first[column] = first[column] * math.exp(weather if metric == "cpu" else 0.0)
        second[column] = first[column] * math.exp(log)
    for side, row in enumerate((first, second)):
        row["requests"] = round(row["throughput_rps"] * row["duration_s"])
        for name in ("lat_req_p999_ns", "lat_req_max_ns"):
            row[name] = max(row[name], row["lat_req_p99_ns"] * 2)
        trials.append({**row, "design": plan.design, "pair_id": f"{group}-r{number}",
                       "round": number, "side": side, "round_s": 2.6})


def _comparison(plan, load, candidate, control, group, metric, logs) -> dict:
    workload, pipeline, connections = load
    n, margin = len(logs), 0.02
    cell = {"workload": workload, "connections": connections, "pipeline": pipeline}
    labels = ("A", "B") if control == "aa" else ("", "")
    ids = ["-".join(str(part) for part in (name, label, *load) if part != "")
           for name, label in zip(("fifo", candidate), labels)]
    row = dict.fromkeys(schema.COMPARISONS, "") | cell | {
        "schema": 1, "run_id": "run-1", "comparison_id": f"c-{group}", "design": plan.design,
        "design_reason": "one worker that its load keeps busy", "metric": metric,
        "column": COLUMN[metric], "control": control, "factor": "scheduler", "baseline": "fifo",
        "candidate": candidate, "baseline_cell_id": ids[0], "candidate_cell_id": ids[1],
        "mode": "batch", "arrival": "closed", "cores": 1, "threads_per_core": 1,
        "acceptor": "reuseport", "placement": "shared", "pairs": n, "pairs_void": 0,
        "margin": margin, "family": 9, "verdict": "undecided"}
    if load in plan.needs:
        return row | {"verdict": "cannot", "needs": plan.needs[load]}
    if n < 3:
        return row | {"reason": f"{n} valid pairs of the 6 needed", "pairs_more": 6 - n,
                      "seconds_more": 2.6 * (6 - n)}
    mean, sd = logs.mean(), logs.std(ddof=1)
    reach = stats.t.ppf(0.975, n - 1) * sd / math.sqrt(n)
    row |= {"ratio": math.exp(mean), "low": math.exp(mean - reach), "high": math.exp(mean + reach),
            "decision_low": math.exp(mean - 1.4 * reach),
            "decision_high": math.exp(mean + 1.4 * reach), "sd_log": sd, "p_differs": 0.01,
            "p_equivalent": 0.5, "floor": "" if control == "aa" else 0.004}
    if abs(mean) > max(0.004, 1.4 * reach):
        return row | {"verdict": "differs", "direction": DIRECTIONS[metric][0 if mean > 0 else 1]}
    if abs(mean) + 1.4 * reach < math.log(1 + margin):
        return row | {"verdict": "equivalent"}
    return row | {"reason": "the interval holds 1 and values beyond the margin", "pairs_more": 14,
                  "seconds_more": 36.4}


def write(folder: Path, plan: Plan = Plan()) -> Path:
    """A whole results directory; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    trials, comparisons = rows(plan)
    trials.to_csv(folder / "trials.csv", index=False)
    comparisons.to_csv(folder / "comparisons.csv", index=False)
    (folder / "suite.json").write_text(json.dumps({"name": "synthetic", "design": plan.design}))
    (folder / "env.json").write_text(json.dumps({"env_id": "env-1", "kernel": "6.1.0",
                                                 "git_rev": "0123abc"}))
    return folder


def load(tmp_path: Path, plan: Plan = Plan()):
    """The plan, written and read back: a Results."""
    from analysis import load as loader

    return loader.read([str(write(tmp_path / "results", plan))])
