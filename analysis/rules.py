"""The thresholds every interval and verdict follows, in one place, printed in each report.

Source: the project's measuring protocol, items 4-6 and 9-10. They are starting values; the A/A
        control says whether they hold on a machine.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Shares and limits as fractions of 1."""

    level: float = 0.95  # of every interval
    resamples: int = 10_000  # of every bootstrap
    seed: int = 20261123  # of every bootstrap: any fixed number, so that a report repeats
    blocks_min: int = 6  # valid blocks below which there is no verdict
    equivalence: float = 0.02  # an interval inside +- this is "equivalent"
    alpha: float = 0.05  # family-wise, after Holm
    floor_quantile: float = 0.95  # of the A/A pair's |ratio|
    marked_share: float = 0.20  # above this share of nonstationary or client-bound trials: none
    errors_share: float = 1e-4  # errors per request
    little: float = 0.02  # |X R - L| / L
    steal: float = 0.02  # CPU stolen by the hypervisor
    others: float = 0.10  # CPU of the machine used by neither server nor client
    model_throughput: float = 0.15  # a simulated cell further off than this is named
    model_p99: float = 0.25


RULES = Rules()
