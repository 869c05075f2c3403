"""What trials.csv, comparisons.csv and hist.csv must hold: columns, kinds of values, ranges.

The names are those of the project's column contract; further columns may follow and are kept.
An empty field means "not measured" and is allowed wherever the column is not in REQUIRED
(COMPARISONS_REQUIRED).

Shapes: TRIALS, FURTHER, COMPARISONS, HIST map a column name to a Kind; pure data, no I/O.
"""

from dataclasses import dataclass

VERSION = "1"


@dataclass(frozen=True)
class Kind:
    """A kind of value. numeric: parsed as a number; low, high: inclusive range of it; values: the
    texts that are allowed, () for any."""

    name: str
    numeric: bool = True
    whole: bool = False
    low: float = 0.0
    high: float = float("inf")
    values: tuple = ()


def one_of(*values: str) -> Kind:
    """A text of a fixed vocabulary; "" stands for an empty field."""
    said = [value or "empty" for value in values]
    return Kind(f"one of {', '.join(said)}", numeric=False, values=values)


TEXT = Kind("text", numeric=False)
SOURCE = one_of("real", "simulated")
# How the trials of a cell were placed in time; "" in files older than the column.
DESIGN = one_of("", "blocks", "solo", "duet", "interleaved", "paired")
WHOLE = Kind("a whole number", whole=True)
POSITIVE = Kind("a whole number from 1", whole=True, low=1)
NUMBER = Kind("a number from 0")
FRACTION = Kind("a fraction from 0 to 1", high=1.0)
SIGNED = Kind("a number", low=float("-inf"))
# A day of nanoseconds: a latency above it is a unit mistake, not a slow server.
NANOS = Kind("nanoseconds", high=86_400e9)

TRIALS: dict[str, Kind] = {
    "schema": TEXT, "run_id": TEXT, "trial_id": TEXT, "block": WHOLE, "order": WHOLE,
    "seed": TEXT, "source": SOURCE, "subject": TEXT, "scheduler": TEXT,
    "scheduler_params": TEXT, "workload": TEXT, "connections": POSITIVE, "pipeline": POSITIVE,
    "mode": TEXT, "arrival": TEXT, "rate_target_rps": NUMBER, "cores": TEXT,
    "threads_per_core": POSITIVE, "acceptor": TEXT, "backlog": WHOLE, "duration_s": NUMBER,
    "requests": WHOLE, "throughput_rps": NUMBER, "lat_req_mean_ns": NANOS,
    "lat_req_p50_ns": NANOS, "lat_req_p90_ns": NANOS, "lat_req_p99_ns": NANOS,
    "lat_req_p999_ns": NANOS, "lat_req_max_ns": NANOS, "lat_batch_mean_ns": NANOS,
    "lat_batch_p99_ns": NANOS, "lat_intended_p50_ns": NANOS, "lat_intended_p99_ns": NANOS,
    "lat_intended_p999_ns": NANOS, "inflight_mean": NUMBER, "little_err": SIGNED,
    "idle_frac": FRACTION, "server_cpu_s": NUMBER, "server_user_s": NUMBER,
    "server_sys_s": NUMBER, "server_cpu_ns_per_request": NANOS, "client_cpu_s": NUMBER,
    "ctx_voluntary": WHOLE, "ctx_involuntary": WHOLE, "sched_delay_p50_ns": NANOS,
    "sched_delay_p99_ns": NANOS, "queue_depth_mean": NUMBER, "queue_depth_max": NUMBER,
    "steals": WHOLE, "steal_attempts": WHOLE, "migrations": WHOLE, "wakes": WHOLE,
    "rss_max_bytes": WHOLE, "cpu_steal_frac": FRACTION, "errors": WHOLE, "status": TEXT,
    "reasons": TEXT, "git_rev": TEXT, "env_id": TEXT, "started_at": TEXT,
}
# Columns that may follow and that this package uses when they do.
FURTHER: dict[str, Kind] = {
    "label": TEXT, "attempt": POSITIVE, "placement": TEXT, "machine_cpu_ns_per_request": NANOS,
    "driver": TEXT, "rate_share": NUMBER, "other_cpu_frac": FRACTION,
    "client_host": TEXT,
    "rss_per_connection_bytes": SIGNED,
    "stage_socket_wait_mean_ns": NANOS, "stage_run_queue_mean_ns": NANOS,
    "stage_migration_mean_ns": NANOS, "stage_service_mean_ns": NANOS,
    "stage_write_mean_ns": NANOS,
    "model": TEXT, "sim_events": WHOLE, "idle_while_waiting_frac": NUMBER,
    "service_mean_ns": NANOS, "offered_load": NUMBER, "utilisation": NUMBER,
    "efficiency": FRACTION, "slowdown_mean": NUMBER, "slowdown_p50": NUMBER,
    "slowdown_p99": NUMBER, "slowdown_p999": NUMBER, "lat_intended_mean_ns": NANOS,
    "cell_id": TEXT, "design": DESIGN, "pair_id": TEXT, "round": WHOLE, "side": WHOLE,
    "round_s": NUMBER, "cpu_quota_throttled": WHOLE, "server_siblings_shared": WHOLE,
    "node": TEXT,
}
REQUIRED = ("schema", "run_id", "trial_id", "block", "source", "subject", "workload",
            "connections", "status")

# Designs of which one round gives one ratio: their rows are never pooled with those of the others.
ROUNDS = ("duet", "interleaved", "paired")

# comparisons.csv: one row per comparison and metric.
POSITIVE_NUMBER = Kind("a number above 0", low=1e-300)
COMPARISONS: dict[str, Kind] = {
    "schema": TEXT, "run_id": TEXT, "comparison_id": TEXT, "design": one_of(*ROUNDS),
    "design_reason": TEXT, "metric": one_of("cpu", "throughput", "p99", "p50"), "column": TEXT,
    "control": one_of("", "aa", "bare"), "factor": TEXT, "baseline": TEXT, "candidate": TEXT,
    "baseline_cell_id": TEXT, "candidate_cell_id": TEXT, "workload": TEXT,
    "connections": POSITIVE, "pipeline": POSITIVE, "mode": TEXT, "arrival": TEXT,
    "rate_target_rps": NUMBER, "cores": TEXT, "threads_per_core": POSITIVE, "acceptor": TEXT,
    "placement": TEXT, "pairs": WHOLE, "pairs_void": WHOLE, "ratio": POSITIVE_NUMBER,
    "low": POSITIVE_NUMBER, "high": POSITIVE_NUMBER, "decision_low": NUMBER,
    "decision_high": NUMBER, "sd_log": NUMBER, "margin": NUMBER, "floor": NUMBER,
    "p_differs": FRACTION, "p_equivalent": FRACTION, "family": WHOLE,
    "verdict": one_of("differs", "equivalent", "undecided", "cannot"),
    "direction": one_of("", "cheaper", "dearer", "faster", "slower", "lower", "higher"),
    "reason": TEXT, "pairs_more": WHOLE, "seconds_more": NUMBER, "needs": TEXT,
    "void_reasons": TEXT,
}
COMPARISONS_REQUIRED = ("schema", "run_id", "comparison_id", "column", "factor", "baseline",
                        "candidate", "baseline_cell_id", "candidate_cell_id", "workload",
                        "connections", "pipeline", "pairs", "margin")

HIST: dict[str, Kind] = {"trial_id": TEXT, "metric": TEXT, "lower_ns": NANOS, "upper_ns": NANOS,
                         "count": WHOLE}

# Percentiles of one trial must not fall from left to right; a row that breaks this was edited.
RISING = (
    ("lat_req_p50_ns", "lat_req_p90_ns", "lat_req_p99_ns", "lat_req_p999_ns", "lat_req_max_ns"),
    ("lat_intended_p50_ns", "lat_intended_p99_ns", "lat_intended_p999_ns"),
    ("sched_delay_p50_ns", "sched_delay_p99_ns"),
)

# What makes two trials the same measurement, repeated. The label is kept apart: two labels on
# equal factors are an A/A pair.
FACTORS = ("source", "subject", "scheduler", "scheduler_params", "workload", "connections",
           "pipeline", "mode", "arrival", "rate_target_rps", "cores", "threads_per_core",
           "acceptor", "backlog", "placement", "model", "driver")
