#!/usr/bin/env python3
"""Did a change of the code make a scheduler faster? Two runs of one suite, judged as in a report.

    python3 analysis/compare.py results/before results/after
    python3 analysis/compare.py results/before results/after --csv change.csv

The runs share no blocks, so samples are unpaired: ratio of geometric means with a two-sample BCa
interval, Mann-Whitney, A12, Holm over each metric of each slice. The bare control server has not
changed: if it differs between the runs, the machine has, and nothing is judged.

Exit: 0 nothing got worse; 1 something got worse; 2 bad input; 3 with --strict, if nothing could be
      judged at all.
"""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import interpreter  # noqa: E402  the path has to stand first

METRICS_COMPARED = ("throughput_rps", "lat_req_p99_ns", "lat_intended_p99_ns",
                    "server_cpu_ns_per_request")
COLUMNS = ["metric", "slice", "series", "connections", "rate_target_rps", "n", "ratio", "low",
           "high", "p", "p_holm", "a12", "floor_ratio", "verdict", "reason", "words"]


def main(argv: list[str]) -> int:
    """The command. argv: sys.argv."""
    interpreter.ensure(argv)
    from analysis import failure, load, tables

    options = _options(argv[1:])
    try:
        old, new = load.read([options.old]), load.read([options.new])
        table = changes(old, new)
        if options.csv:
            tables.write_csv(table, options.csv)
    except failure.InputError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"compare: {error.filename}: {error.strerror}; choose another --csv",
              file=sys.stderr)
        return 2
    print(told(table))
    return exit_code(table, options.strict)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="compare.py", description="Judges NEW against OLD, cell by cell.",
        epilog="example: python3 analysis/compare.py results/before results/after")
    parser.add_argument("old", metavar="OLD", help="the results directory before the change")
    parser.add_argument("new", metavar="NEW", help="the one after it")
    parser.add_argument("--csv", metavar="FILE", help="write the table there, too")
    parser.add_argument("--strict", action="store_true",
                        help="exit 3 when there is no verdict on any cell")
    return parser.parse_args(arguments)


def changes(old, new):
    """One row per cell that both runs have, columns COLUMNS; InputError when they share none.

    old, new: load.Results.
    """
    import pandas as pd

    from analysis import cells
    from analysis.failure import InputError
    from analysis.metrics import JUDGED_CLOSED, JUDGED_OPEN

    both = cells.with_names(pd.concat([old.trials.assign(side="old"),
                                       new.trials.assign(side="new")], ignore_index=True))
    rows = []
    for metric in METRICS_COMPARED:
        allowed = cells.open_loop(both).map({True: metric in JUDGED_OPEN,
                                             False: metric in JUDGED_CLOSED})
        for name, part in cells.slices(both[both[metric].notna() & allowed]):
            rows += _slice_changes(metric, name, part, both, _other_machine(old, new))
    if not rows:
        raise InputError(f"{', '.join(old.directories)} and {', '.join(new.directories)}",
                         "have no cell in common", "run the same suite twice")
    return pd.DataFrame(rows, columns=COLUMNS)


def _slice_changes(metric, name, part, both, machine_gate) -> list[tuple]:
    """The cells of one slice in one metric: one Holm family."""
    import math

    import numpy as np

    from analysis import cells, tables, verdicts
    from analysis.metrics import METRICS

    source = part["source"].iloc[0]
    aa = np.concatenate([cells.aa_log_ratios(both[both["side"] == side], metric, source)
                         for side in ("old", "new")])
    used = part[part["twin"] == 0]
    found, control_gate = [], []
    for key, cell in used.groupby(["series", "connections", "rate_target_rps"], dropna=False,
                                  sort=True):
        sides = [cell[cell["side"] == side] for side in ("new", "old")]
        if sides[0].empty or sides[1].empty:
            continue
        comparison = verdicts.compare_unpaired(*sides, metric, aa)
        if cells.is_control(cell):
            control_gate += _control_gate(key, comparison)
        else:
            comparison.gates += machine_gate
            found.append((key, comparison))
    verdicts.adjust([comparison for _, comparison in found])
    rows = []
    for key, comparison in found:
        comparison.gates += control_gate
        verdict, ratio = verdicts.judge(comparison), comparison.ratio
        rows.append((metric, name, *key, ratio.n, ratio.estimate, ratio.low, ratio.high,
                     comparison.p, comparison.p_holm, comparison.a12, math.exp(comparison.floor),
                     verdict.word, verdict.reason, tables.words(METRICS[metric], ratio, verdict)))
    return rows


def _control_gate(key, comparison) -> list[str]:
    """A reason for no verdict when the control, whose code is the same, differs."""
    from analysis import verdicts

    verdicts.adjust([comparison])
    verdict = verdicts.judge(comparison)
    if verdict.word not in (verdicts.HIGHER, verdicts.LOWER):
        return []
    return [f"the control {key[0]} differs by {100 * (comparison.ratio.estimate - 1):+.1f} % at "
            f"{key[1]:,.0f}: the machine changed"]


def _other_machine(old, new) -> list[str]:
    """A reason for no verdict when the two runs' env.json name different machines."""
    machines = [results.environments[0].get("machine") for results in (old, new)]
    if None in machines or machines[0] == machines[1]:
        return []
    names = [key for key in sorted({*machines[0], *machines[1]})
             if machines[0].get(key) != machines[1].get(key)]
    return [f"different machines ({', '.join(names)})"]


def told(table) -> str:
    """The table in lines, one per cell, then the sum."""
    from analysis import tables
    from analysis.metrics import METRICS
    from analysis.stats import Interval

    lines = []
    for row in table.itertuples():
        ratio = tables.ratio_text(Interval(row.ratio, row.low, row.high, row.n))
        reason = f" ({row.reason})" if row.reason else ""
        rate = row.rate_target_rps
        at = f"{row.connections:,.0f}" + (f" at {rate:,.0f} req/s" if rate == rate else "")
        lines.append(f"{METRICS[row.metric].name}, {row.slice}, {row.series}, {at}: "
                     f"new/old {ratio}: {row.words}{reason}")
    better, worse, none = (sum(kinds) for kinds in zip(*map(_direction, table.itertuples())))
    lines.append(f"{len(table)} cells: {better} better, {worse} worse, {none} without verdict, "
                 f"{len(table) - better - worse - none} equivalent")
    return "\n".join(lines)


def _direction(row) -> tuple[bool, bool, bool]:
    """(better, worse, no verdict) of a row."""
    from analysis import verdicts
    from analysis.metrics import METRICS

    higher_is_better = METRICS[row.metric].higher_is_better
    changed = row.verdict in (verdicts.HIGHER, verdicts.LOWER)
    better = changed and (row.verdict == verdicts.HIGHER) == higher_is_better
    return better, changed and not better, row.verdict == verdicts.NONE


def exit_code(table, strict: bool) -> int:
    """0, 1 or 3, as the module text says."""
    kinds = list(map(_direction, table.itertuples()))
    if any(worse for _, worse, _ in kinds):
        return 1
    return 3 if strict and all(none for _, _, none in kinds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
