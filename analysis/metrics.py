"""The measures a report speaks of: their names, units and which way is better.

Units: `scale` turns the CSV's base unit (ns, requests per second) into the unit shown.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Metric:
    """One column of trials.csv as text and axes show it."""

    column: str
    name: str  # in a sentence: "p99 latency"
    unit: str  # what is shown
    scale: float  # CSV value * scale = shown value
    higher_is_better: bool
    better: str  # a word for a change to the better and to the worse
    worse: str

    @property
    def axis(self) -> str:
        """The axis label; where latency counts from stands in the caption."""
        return f"{self.name.replace(' from intended send', '')} [{self.unit}]"


def _latency(column: str, name: str) -> Metric:
    return Metric(column, name, "ms", 1e-6, False, "lower", "higher")


def sized(metric: Metric, values) -> Metric:
    """The metric in microseconds where the middle of its range, on a log axis, is below 1 ms.

    values: CSV's, as a series.
    """
    known = values[values > 0]
    small = (metric.unit == "ms" and len(known) > 0
             and known.min() * known.max() * metric.scale**2 < 1)
    return replace(metric, unit="µs", scale=1e-3) if small else metric


METRICS: dict[str, Metric] = {m.column: m for m in (
    Metric("throughput_rps", "throughput", "k req/s", 1e-3, True, "faster", "slower"),
    _latency("lat_req_mean_ns", "mean latency"),
    _latency("lat_req_p50_ns", "p50 latency"),
    _latency("lat_req_p99_ns", "p99 latency"),
    _latency("lat_intended_p50_ns", "p50 latency from intended send"),
    _latency("lat_intended_p99_ns", "p99 latency from intended send"),
    _latency("sched_delay_p50_ns", "p50 run-queue delay"),
    _latency("sched_delay_p99_ns", "p99 run-queue delay"),
    Metric("server_cpu_ns_per_request", "server CPU per request", "µs", 1e-3, False, "cheaper",
           "dearer"),
    Metric("requests_per_core_s", "requests per core-second", "k req", 1e-3, True, "more", "fewer"),
    Metric("machine_cpu_ns_per_request", "machine CPU per request", "µs", 1e-3, False, "cheaper",
           "dearer"),
    _latency("lat_req_spread_ns", "latency spread (p99 - p50)"),
    Metric("ctx_per_s", "context switches", "per s", 1, False, "fewer", "more"),
    Metric("ctx_per_request", "context switches per request", "per request", 1, False, "fewer",
           "more"),
    Metric("steals_per_s", "steals", "per s", 1, False, "fewer", "more"),
    Metric("queue_depth_max", "deepest run queue", "tasks", 1, False, "shallower", "deeper"),
    Metric("lat_over_floor", "mean latency over Little's floor", "of 1", 1, False, "lower",
           "higher"),
    Metric("rss_max_bytes", "memory of the server", "MiB", 1 / 2**20, False, "less", "more"),
    Metric("rss_per_connection_bytes", "memory per idle connection", "KiB", 1 / 2**10, False,
           "less", "more"),
)}


# What is compared in a closed loop, and in an open one. There throughput is the offered rate, and
# latency counts from the intended send: anything else would hide what a slow server delays.
JUDGED_CLOSED = ("throughput_rps", "lat_req_p50_ns", "lat_req_p99_ns", "sched_delay_p50_ns",
                 "sched_delay_p99_ns", "server_cpu_ns_per_request")
JUDGED_OPEN = ("lat_intended_p50_ns", "lat_intended_p99_ns", "sched_delay_p50_ns",
               "sched_delay_p99_ns", "server_cpu_ns_per_request")
# What stands at the head of a report, beside one another.
HEADLINE = ("server_cpu_ns_per_request", "requests_per_core_s", "throughput_rps")
# What stays meaningful when the client was the bottleneck: it is divided by what was served, or
# counted while nothing is sent.
WITHOUT_CLIENT = ("server_cpu_ns_per_request", "requests_per_core_s", "rss_max_bytes",
                  "rss_per_connection_bytes")
JUDGED = tuple(dict.fromkeys(JUDGED_CLOSED + JUDGED_OPEN))


def bears(mark: str, column: str) -> bool:
    """Whether a mark of a trial (analysis/aside.py) can bias this measure of it.

    A client at its limit hides what the server could do, not what a request costs. Little's law
    failing says that times were measured wrongly, and nothing of counts.
    """
    if mark == "client-bound":
        return column not in WITHOUT_CLIENT
    if mark.startswith("Little"):
        return column.startswith("lat_")
    return True


def derived(trials):
    """Trials with the columns that follow from measured ones; NaN where a part is missing.

    trials: a frame with the columns of analysis/schema.py; a copy is returned.
    """
    switches = trials["ctx_voluntary"] + trials["ctx_involuntary"]
    seconds = trials["duration_s"].where(trials["duration_s"] > 0)
    # In a closed loop; in an open one the connections are not the population.
    population = (trials["connections"] * trials["pipeline"]).where(
        trials["arrival"].isin(["closed", ""]))
    return trials.assign(
        lat_req_spread_ns=trials["lat_req_p99_ns"] - trials["lat_req_p50_ns"],
        requests_per_core_s=1e9 / trials["server_cpu_ns_per_request"].where(
            trials["server_cpu_ns_per_request"] > 0),
        ctx_per_s=switches / seconds,
        ctx_per_request=switches / trials["requests"].where(trials["requests"] > 0),
        lat_over_floor=trials["lat_req_mean_ns"] * trials["throughput_rps"] / 1e9 / population,
        steals_per_s=trials["steals"] / seconds)


def percent(ratio: float, digits: int = 1) -> str:
    """A ratio as a change: 1.031 -> "+3.1 %". A zero change carries no sign."""
    change = round(100 * (ratio - 1), digits) + 0.0
    return f"{change:+.{digits}f} %" if change else f"{0:.{digits}f} %"


def shown(value: float) -> str:
    """Three significant digits with thousands separators, never an exponent: 1,240, 3.28, 0.05."""
    if value != value:
        return ""
    magnitude = abs(value)
    if magnitude == 0:
        return "0"
    digits = sum(magnitude < limit for limit in (99.95, 9.995, 0.9995))
    return f"{value:,.{digits}f}"
