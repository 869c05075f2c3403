"""What rounds say about a claim: ratios of any two cells that ran in the same rounds.

The harness compares each candidate with its set's baseline, in the metrics that decide when to
stop. A claim may ask for two candidates of one set, or for another metric; its ratio then comes
from the same rounds. What voids a round is what may bias the measure (gates.h of the harness):
errors, a client at its limit, Little's law. A busy machine or a drift that both sides met voids
nothing.

Shapes: a frame of rounds has the columns of load.Results.rounds. Log-ratios are natural.
Errors: none; too few rounds are a reason for no verdict.
Source: intervals hold at every scheduled look and for the claims of a family together (union
        bound), as experiments/harness/sequential.h has it.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats as scipy_stats

from analysis import stats
from analysis.metrics import bears
from analysis.rules import RULES

BIASING = ("client-bound", "errors", "Little", "failed")
CLIENT = "client-bound"
LIMIT_SHARE = 0.5  # of the rounds; above it the client decides, and more rounds would not help


def looks(suites: list[dict]) -> int:
    """How often a comparison of these suites may be weighed: scheduled_looks of sequential.h."""
    until = next((suite["until"] for suite in suites if suite.get("until")), {})
    pairs, last = until.get("pairs_min", 6), until.get("pairs_max", 60)
    count = 1
    while pairs < last:
        pairs = max(pairs + 1, math.floor(1.25 * pairs + 0.5))
        count += 1
    return count


def bearing(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows of paired rounds, each with those marks alone that may bias this measure."""
    kept = rows[rows["design"] == "paired"]
    return kept.assign(mark=[
        "; ".join(part for part in mark.split("; ") if part.startswith(BIASING)
                  and bears(part, column)) for mark in kept["mark"]])


def log_ratios(first: pd.DataFrame, second: pd.DataFrame, column: str):
    """(log-ratios by pair_id, rounds in common, rounds in which a client was at its limit)."""
    sides = [bearing(rows, column).drop_duplicates("pair_id").set_index("pair_id")
             for rows in (first, second)]
    both = sides[0].join(sides[1], how="inner", rsuffix="_2")
    limited = both["mark"].str.contains(CLIENT) | both["mark_2"].str.contains(CLIENT)
    good = both[(both["mark"] == "") & (both["mark_2"] == "") & (both[column] > 0)
                & (both[f"{column}_2"] > 0)]
    return np.log(good[column] / good[f"{column}_2"]), len(both), int(limited.sum())


def at_limit(rounds: int, limited: int) -> str:
    """What the machine lacks where the client was at its limit in most rounds; "" otherwise."""
    if rounds == 0 or limited <= LIMIT_SHARE * rounds:
        return ""
    return (f"a client faster than the server, on more cores of its own: it was at its limit in "
            f"{limited} of {rounds} rounds")


def interval(logs, looks_max: int, family: int) -> stats.Interval:
    """The ratio's interval; it covers every look and every claim of the family at once."""
    n = len(logs)
    if n < RULES.blocks_min:
        return stats.Interval(math.exp(np.mean(logs)) if n else math.nan, math.nan, math.nan, n)
    share = RULES.alpha / looks_max / max(1, family)
    reach = scipy_stats.t.ppf(1 - share / 2, n - 1) * np.std(logs, ddof=1) / math.sqrt(n)
    middle = float(np.mean(logs))
    return stats.Interval(math.exp(middle), math.exp(middle - reach), math.exp(middle + reach), n)
