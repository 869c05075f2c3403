"""What a run holds for claims: cells measured in blocks, ratios by rounds, and the machine.

Shapes: Run.compare() gives the comparison one claim asks for (verdicts.Comparison).
Errors: failure.InputError for filters that leave several cells.
"""

import math

import numpy as np
import pandas as pd

from analysis import cells, claims_rounds, schema, stats, verdicts
from analysis.claims_file import SYSCTL, Claim
from analysis.comparisons_file import decision
from analysis.failure import InputError
from analysis.metrics import METRICS

MACHINE_LIMIT = "skipped_machine_limit"


class Run:
    """Measured trials (cells.with_names, twins included), all rows, sides of rounds, comparisons,
    and the machines' env.json."""

    def __init__(self, trials, every, environments, rounds=None, comparisons=None, suites=()):
        self.trials, self.every, self.environments = trials, every, environments
        self.rounds = every.iloc[:0] if rounds is None else rounds
        self.comparisons = comparisons
        self.looks = claims_rounds.looks(list(suites))

    def lacking(self, claim: Claim) -> str:
        """What the claim needs of the machine and this one lacks: "needs 8 server cores, ..."."""
        for name, least in claim.needs.items():
            has = self._has(name, claim.cells.get("first", {}))
            if not has >= least:
                value = "does not tell" if math.isnan(has) else f"has {has:,.0f}"
                words = name.removeprefix(SYSCTL).replace("_", " ")
                return f"needs {words} {least:,}, this run {value}"
        return ""

    def _has(self, name: str, chosen: dict) -> float:
        """The run's value of something a claim needs; NaN when it was not recorded."""
        if name in ("server_cores", "cores"):
            rows = chosen_rows(self.every, chosen) if len(self.every) else self.trials
            rows = rows if len(rows) else self.trials
            return pd.to_numeric(rows["cores"], errors="coerce").max()
        if name == "somaxconn":
            name = f"{SYSCTL}net/core/somaxconn"
        if name.startswith(SYSCTL):
            values = [env.get("sysctl", {}).get(name.removeprefix(SYSCTL))
                      for env in self.environments] or [None]
            return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").min()
        return pd.to_numeric(self.trials[name], errors="coerce").max()

    def by_rounds(self, claim: Claim, first: str, second: str) -> stats.Interval | None:
        """The decision interval of one role over another, where the harness compared the two."""
        found = self.comparisons
        if found is None or found.empty:
            return None
        ids = [set(chosen_rows(self.rounds, claim.cells[role])["cell_id"])
               for role in (first, second)]
        of_metric = found[(found["column"] == claim.metric) & (found["control"] != "aa")]
        for top, bottom, power in ((*ids, 1), (*reversed(ids), -1)):
            rows = of_metric[of_metric["candidate_cell_id"].isin(top)
                             & of_metric["baseline_cell_id"].isin(bottom)]
            if len(rows) > 1:
                raise InputError(f"{claim.where}.{first}", f"names {len(rows)} comparisons",
                                 "add what tells them apart to the claim's cell")
            if len(rows) == 1 and rows.iloc[0]["pairs"] > 0:
                row = rows.iloc[0]
                ends = sorted(end**power for end in decision(row))
                return stats.Interval(row["ratio"]**power, *ends, int(row["pairs"]))
        return None

    def cell(self, claim: Claim, role: str) -> pd.DataFrame:
        """The trials of the one cell a role names; InputError when it names several."""
        rows = chosen_rows(self.trials[self.trials["twin"] == 0], claim.cells[role])
        differing = [name for name in schema.FACTORS if rows[name].nunique(dropna=False) > 1]
        if differing:
            raise InputError(f"{claim.where}.{role}", f"names several cells, which differ in "
                             f"{', '.join(differing)}", "add that to the claim's cell")
        return rows

    def absent(self, chosen: dict) -> verdicts.Comparison:
        """Why there is no measured cell of these factors: what its trials say, or that none was."""
        rows = chosen_rows(self.every[self.every["throughput_rps"].isna()], chosen)
        said = sorted(set(rows["reasons"].where(rows["reasons"] != "", rows["status"])))
        lacking = self._lacking_for_rounds(chosen)
        if not said and lacking:
            comparison = nothing(f"not measured: {lacking}")
            comparison.needs = lacking
            return comparison
        if not said:
            asked = ", ".join(f"{name} {value}" for name, value in chosen.items())
            return nothing(f"this run has no cell with {asked}")
        comparison = nothing(f"not measured: {said[0]}")
        if (rows["status"] == MACHINE_LIMIT).all():
            comparison.needs = said[0]
        return comparison

    def _lacking_for_rounds(self, chosen: dict) -> str:
        """What the machine lacks for the rounds that these factors would be part of."""
        found = self.comparisons
        if found is None or found.empty:
            return ""
        rows = found[found["verdict"] == "cannot"]
        compared = rows["factor"].str.split("+")  # differs between the sides
        for name, wanted in chosen.items():
            if name == "subject" and wanted != "etude":
                rows = rows[rows["baseline"].str.startswith(str(wanted))
                            | rows["candidate"].str.startswith(str(wanted))]
            elif name in ("workload", "connections", "pipeline", "arrival", "placement"):
                varies = compared[rows.index].map(lambda factors, name=name: name in factors)
                rows = rows[varies.astype(bool) | (rows[name] == wanted)]
        return "" if rows.empty else rows["needs"].iloc[0]

    def compare(self, claim: Claim, family: int = 1) -> verdicts.Comparison:
        """The claim's ratio, difference or value, with what may bias it. family: claims in it."""
        comparison = (self._ratio_by_rounds(claim) or self._within_rounds(claim, family)
                      or self._in_blocks(claim))
        comparison.needs = self.lacking(claim) or comparison.needs
        return comparison

    def _within_rounds(self, claim: Claim, family: int) -> verdicts.Comparison | None:
        """From rounds that held the claim's cells; None where there are none."""
        sides = {role: self._sides(chosen) for role, chosen in claim.cells.items()}
        if not sides or any(rows.empty for rows in sides.values()):
            return None
        if claim.kind in ("value", "difference"):
            return self._value_in_rounds(claim, sides)
        logs, rounds, limited = claims_rounds.log_ratios(
            sides["first"], sides["first_base" if claim.kind == "ratio_of_ratios" else "second"],
            claim.metric)
        ratio = claims_rounds.interval(logs, self.looks, family)
        if claim.kind == "ratio_of_ratios":
            base, more, worse = claims_rounds.log_ratios(
                sides["second"], sides["second_base"], claim.metric)
            rounds, limited = min(rounds, more), max(limited, worse)
            ratio = self._double(logs, base, family)
        if rounds == 0:
            return None
        comparison = _settled(ratio)
        comparison.needs = claims_rounds.at_limit(rounds, limited)
        return comparison

    def _double(self, top, bottom, family: int) -> stats.Interval:
        """Round by round where all four cells ran in the same rounds."""
        common = top.index.intersection(bottom.index)
        if len(common) or top.empty or bottom.empty:
            return claims_rounds.interval(top[common] - bottom[common], self.looks, family)
        return _quotient(*(claims_rounds.interval(logs, self.looks, family)
                           for logs in (top, bottom)))

    def _value_in_rounds(self, claim: Claim, sides: dict) -> verdicts.Comparison:
        bearing = {role: claims_rounds.bearing(rows, claim.metric) for role, rows in sides.items()}
        first = bearing["first"]
        limited = first["mark"].str.contains(claims_rounds.CLIENT).sum()
        if claim.kind == "difference":
            comparison = difference(first, bearing["second"], claim.metric, key="pair_id")
        else:
            comparison = value(first, claim.metric)
        comparison.needs = claims_rounds.at_limit(len(first), int(limited))
        return comparison

    def _sides(self, chosen: dict) -> pd.DataFrame:
        rows = self.rounds
        return chosen_rows(rows[rows["twin"] == 0], chosen) if len(rows) else rows

    def _ratio_by_rounds(self, claim: Claim) -> verdicts.Comparison | None:
        if claim.kind == "ratio":
            return _settled(self.by_rounds(claim, "first", "second"))
        if claim.kind != "ratio_of_ratios":
            return None
        pair = [self.by_rounds(claim, role, f"{role}_base") for role in ("first", "second")]
        if None in pair:
            return None
        return _settled(_quotient(*pair))

    def _in_blocks(self, claim: Claim) -> verdicts.Comparison:
        if claim.kind == "unchecked":
            comparison = nothing(claim.reason)
            comparison.needs = claim.reason
            return comparison
        sides = {}
        for role, chosen in claim.cells.items():
            rows = self.cell(claim, role)
            if rows.empty:
                return self.absent(chosen)
            if rows[claim.metric].isna().all():
                return nothing(f"{METRICS[claim.metric].name} was not measured")
            sides[role] = rows
        aa = cells.aa_log_ratios(self.trials, claim.metric, sides["first"]["source"].iloc[0])
        if claim.kind == "value":
            return value(cells.bearing_on(sides["first"], claim.metric), claim.metric)
        if claim.kind == "difference":
            return difference(sides["first"], sides["second"], claim.metric)
        if claim.kind == "ratio":
            return verdicts.compare_paired(sides["first"], sides["second"], claim.metric, aa)
        return two_ratios(sides, claim.metric, aa)


def chosen_rows(rows: pd.DataFrame, chosen: dict) -> pd.DataFrame:
    """The rows that a filter leaves; real ones unless it says otherwise."""
    if "source" not in chosen:
        rows = rows[rows["source"] == "real"]
    for name, wanted in chosen.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        same = pd.Series(False, index=rows.index)
        for item in values:
            same |= (rows[name] == float(item) if rows[name].dtype == float
                     and isinstance(item, (int, float)) else rows[name] == str(item))
        rows = rows[same]
    return rows


def nothing(reason: str) -> verdicts.Comparison:
    """A comparison without a value, and why."""
    return verdicts.Comparison(stats.Interval(math.nan, math.nan, math.nan, 0), 0, math.nan,
                               math.nan, math.nan, [reason])


def _settled(ratio: stats.Interval | None) -> verdicts.Comparison | None:
    """A comparison by rounds: its interval alone decides, it is valid at every look."""
    if ratio is None:
        return None
    if not (ratio.low > 0 and ratio.high > 0):
        comparison = nothing(f"{verdicts.shortage_text(ratio.n) or 'no interval'} (rounds)")
        comparison.ratio = stats.Interval(math.nan, math.nan, math.nan, ratio.n)
        return comparison
    word, reason = verdicts.NONE, "the interval spans 1"
    if ratio.low > 1 or ratio.high < 1:
        word, reason = verdicts.HIGHER if ratio.low > 1 else verdicts.LOWER, ""
    if 0.98 <= ratio.low and ratio.high <= 1.02:
        word, reason = verdicts.EQUIVALENT, "interval inside ±2 %"
    return verdicts.Comparison(ratio, 0, math.nan, math.nan, 0.0,
                               settled=verdicts.Verdict(word, reason))


def _quotient(top: stats.Interval, bottom: stats.Interval) -> stats.Interval:
    """Of two independent ratios: their half-widths add as squares, on the logarithmic scale."""
    middle = math.log(top.estimate / bottom.estimate)
    below = math.hypot(math.log(top.estimate / top.low), math.log(bottom.high / bottom.estimate))
    above = math.hypot(math.log(top.high / top.estimate), math.log(bottom.estimate / bottom.low))
    return stats.Interval(math.exp(middle), math.exp(middle - below), math.exp(middle + above),
                          min(top.n, bottom.n))


def value(rows: pd.DataFrame, column: str) -> verdicts.Comparison:
    """The median of one cell with its interval; there is no null to test, so no p."""
    measured = rows[rows[column].notna()]
    valid = measured[measured["mark"] == ""]
    empty = rows.iloc[:0]
    return _sized(measured[column], valid[column], verdicts.quality_gates(rows, empty)
                  + verdicts.nonstationary_gate(rows, empty), [])


def difference(first: pd.DataFrame, second: pd.DataFrame, column: str,
               key: str = "block_id") -> verdicts.Comparison:
    """The median of first - second over blocks, or rounds (key: pair_id), with its interval."""
    first, second, _ = cells.bearing_together(first, second, column)
    pairs = cells.paired(*(rows.assign(block_id=rows[key]) for rows in (first, second)), column)
    if pairs.empty:
        return nothing("no block has both cells")
    gaps = pairs["first"] - pairs["second"]
    return _sized(gaps, gaps[~pairs["marked"]], verdicts.quality_gates(first, second),
                  verdicts.nonstationary_gate(first, second))


def _sized(measured: pd.Series, valid: pd.Series, gates: list, soft: list) -> verdicts.Comparison:
    used = valid if len(valid) else measured
    return verdicts.Comparison(stats.bca(used), len(measured) - len(valid), math.nan, math.nan,
                               math.nan, gates, shortage=verdicts.shortage_text(len(valid)),
                               soft=soft, every=stats.bca(measured))


def two_ratios(sides: dict, column: str, aa) -> verdicts.Comparison:
    """(first / first_base) / (second / second_base), in blocks that have all four."""
    pairs, gates, soft = [], [], []
    for role in ("first", "second"):
        top, bottom, _ = cells.bearing_together(sides[role], sides[f"{role}_base"], column)
        pairs.append(cells.paired(top, bottom, column).set_index("block_id"))
        gates += verdicts.quality_gates(top, bottom)
        soft += verdicts.nonstationary_gate(top, bottom)
    both = pairs[0].join(pairs[1], how="inner", rsuffix="_2")
    if both.empty:
        return nothing("no block has all four cells")
    marked = (both["marked"] | both["marked_2"]).to_numpy()
    every = stats.log_ratios(both["first"], both["second"]) - stats.log_ratios(both["first_2"],
                                                                               both["second_2"])
    logs = every[~marked] if (~marked).any() else every
    # Two independent ratios: their noise adds as squares.
    floor = math.sqrt(2) * stats.noise_floor(aa, len(logs))
    return verdicts.Comparison(stats.bca(logs, np.mean).exp(), int(marked.sum()),
                               stats.sign_flip_p(logs), math.nan, floor, gates,
                               shortage=verdicts.shortage_text(int((~marked).sum())), soft=soft,
                               every=stats.bca(every, np.mean).exp())
