"""Seeded results directories for tests: plausible numbers with a known truth, never a result.

A closed loop with capacity X(N) and N x pipeline requests in the population; latency follows from
Little's law, so that the files pass the loader's own checks. `effects` plants ratios per scheduler.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import schema

SCHEDULERS = ("fifo", "work-stealing", "hybrid", "shared-queue")


@dataclass
class Plan:
    """What to make up. noise: sd of log throughput per trial."""

    schedulers: tuple = SCHEDULERS
    connections: tuple = (256, 1024, 4096, 16384)
    workloads: tuple = (("plaintext", 16), ("json", 1))
    blocks: int = 10
    seed: int = 1
    noise: float = 0.01
    effects: dict = field(default_factory=dict)  # scheduler -> throughput ratio
    control: bool = True  # an A/A pair of the first scheduler
    ceiling: bool = True
    stages: bool = True
    open_rates: tuple = ()  # shares of capacity for open-loop trials
    source: str = "real"
    run_id: str = "run-1"
    hist: bool = True


def capacity_rps(workload: str, connections: float) -> float:
    """Throughput of the made-up server: falls by a third from 256 to 16,384 connections."""
    base = 600_000 if workload == "plaintext" else 160_000
    return base * (1 - 0.055 * np.log2(connections / 256))


def table(plan: Plan) -> pd.DataFrame:
    """trials.csv of the plan as a frame, columns in the contract's order, label and stages last."""
    rng = np.random.default_rng(plan.seed)
    rows, number = [], 0
    for block in range(plan.blocks):
        drift = rng.normal(0, plan.noise)  # a block's own weather, shared by its cells
        cells = _cells(plan)
        for order, index in enumerate(rng.permutation(len(cells))):
            number += 1
            rows.append(_row(plan, rng, drift, block, order, number, *cells[index]))
    return pd.DataFrame(rows)


def _cells(plan: Plan) -> list[tuple]:
    cells = []
    for workload, pipeline in plan.workloads:
        for connections in plan.connections:
            cells += [(s, workload, pipeline, connections, "", None) for s in plan.schedulers]
            if plan.control:
                cells.append((plan.schedulers[0], workload, pipeline, connections, "aa", None))
            if plan.ceiling:
                cells.append(("", workload, pipeline, connections, "", None))
            cells += [(s, workload, pipeline, connections, "", share)
                      for share in plan.open_rates for s in plan.schedulers]
    return cells


def _row(plan, rng, drift, block, order, number, scheduler, workload, pipeline, connections,
         label, share) -> dict:
    peak = capacity_rps(workload, connections) * (1.25 if not scheduler else 1.0)
    peak *= plan.effects.get(scheduler, 1.0)
    rate = peak * np.exp(drift + rng.normal(0, plan.noise))
    if share:
        rate = capacity_rps(workload, min(plan.connections)) * share
        mean = 80e3 / (1 - min(0.97, rate / peak)) * np.exp(rng.normal(0, 0.03))
    else:
        mean = connections * pipeline * 0.9 / rate * 1e9
    tail = 3.0 * np.exp(rng.normal(0, 0.05)) / plan.effects.get(scheduler, 1.0)
    cpu = 1e9 / peak * 0.95 * np.exp(rng.normal(0, plan.noise))
    requests = round(rate * 2.0)
    delay = mean * 0.25
    values = {
        "schema": 1, "run_id": plan.run_id, "trial_id": f"t{number:05d}", "block": block,
        "order": order, "seed": plan.seed, "source": plan.source,
        "subject": "etude" if scheduler else "ceiling", "scheduler": scheduler,
        "scheduler_params": "", "workload": workload, "connections": connections,
        "pipeline": pipeline, "mode": "batch", "arrival": "poisson" if share else "closed",
        "rate_target_rps": round(rate) if share else "", "cores": 1, "threads_per_core": 1,
        "acceptor": "reuseport", "backlog": 4096, "duration_s": 2.0, "requests": requests,
        "throughput_rps": round(requests / 2.0, 1), "lat_req_mean_ns": round(mean),
        "lat_req_p50_ns": round(mean * 0.95), "lat_req_p90_ns": round(mean * 1.3),
        "lat_req_p99_ns": round(mean * tail * 0.6), "lat_req_p999_ns": round(mean * tail),
        "lat_req_max_ns": round(mean * tail * 2), "lat_batch_mean_ns": round(mean * 1.1),
        "lat_batch_p99_ns": round(mean * tail * 0.7),
        "lat_intended_p50_ns": round(mean * 0.95) if share else "",
        "lat_intended_p99_ns": round(mean * tail * 0.6) if share else "",
        "lat_intended_p999_ns": round(mean * tail) if share else "",
        "inflight_mean": round(rate * mean / 1e9, 3), "little_err": round(rng.normal(0, 0.004), 5),
        "idle_frac": 0.1, "server_cpu_s": round(cpu * requests / 1e9, 6),
        "server_user_s": round(cpu * requests * 0.35 / 1e9, 6),
        "server_sys_s": round(cpu * requests * 0.65 / 1e9, 6),
        "server_cpu_ns_per_request": round(cpu, 1), "client_cpu_s": 1.2,
        "ctx_voluntary": int(rng.integers(50, 400)), "ctx_involuntary": int(rng.integers(0, 90)),
        "sched_delay_p50_ns": round(delay * 0.9) if scheduler else "",
        "sched_delay_p99_ns": round(delay * 2.5) if scheduler else "",
        "queue_depth_mean": round(connections / 4, 1), "queue_depth_max": connections,
        "steals": 0, "steal_attempts": 0, "migrations": 0, "wakes": 12,
        "rss_max_bytes": 80_000_000, "cpu_steal_frac": 0.001, "errors": 0, "status": "ok",
        "reasons": "", "git_rev": "0123abc", "env_id": "env-1",
        "started_at": "2026-11-23T10:00:00Z", "label": label, "attempt": 1,
    }
    if plan.stages:
        parts = (0.55, 0.25, 0.02, 0.12, 0.06) if scheduler else (float("nan"),) * 5
        for name, part in zip(STAGES, parts):
            values[name] = round(mean * part) if part == part else ""
    return values


STAGES = tuple(name for name in schema.FURTHER if name.startswith("stage_"))


def histogram(trials: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """hist.csv rows: a lognormal request latency per trial in log-linear buckets."""
    rng = np.random.default_rng(seed)
    rows = []
    for trial in trials.itertuples():
        metric = "lat_intended" if trial.arrival == "poisson" else "lat_req"
        draws = np.exp(np.log(trial.lat_req_p50_ns) + rng.normal(0, 0.45, 4000))
        edges = np.exp(np.linspace(np.log(draws.min()) - 1e-6, np.log(draws.max()) + 1e-6, 60))
        counts, _ = np.histogram(draws, edges)
        for lower, upper, count in zip(edges, edges[1:], counts):
            if count:
                rows.append((trial.trial_id, metric, round(lower), round(upper), count))
    return pd.DataFrame(rows, columns=["trial_id", "metric", "lower_ns", "upper_ns", "count"])


def write(folder: Path, plan: Plan = Plan()) -> Path:
    """A whole results directory; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    trials = table(plan)
    trials.to_csv(folder / "trials.csv", index=False)
    if plan.hist:
        histogram(trials, plan.seed).to_csv(folder / "hist.csv", index=False)
    (folder / "suite.json").write_text(json.dumps({"name": "synthetic", "blocks": plan.blocks}))
    (folder / "env.json").write_text(json.dumps({
        "env_id": "env-1", "cpu": {"model": "made up", "cores": 2}, "kernel": "6.1.0",
        "git_rev": "0123abc", "governor": "performance"}))
    return folder


def load(tmp_path: Path, plan: Plan = Plan()):
    """The plan, written and read back: a Results."""
    from analysis import load as loader

    return loader.read([str(write(tmp_path / "results", plan))])
