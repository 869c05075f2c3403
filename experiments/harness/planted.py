"""Whether `etude compare` finds a slowdown that was planted: the instrument held against itself.

    /usr/bin/python3 experiments/harness/planted.py [--percent 2] [--runs 50] [--budget 60s]

Two copies of one server are compared, again and again with another seed each time; in one of them
each send() burns a number of turns of a loop (planted_spin.cpp, preloaded). How many turns are the
wanted percentage is found first, by comparisons close to that size and as long as those to come:
what a turn costs depends on what runs beside it, and turns and percent are not proportional.
Prints a line per run and at the end how many found it, with the ratios seen. --percent 0 plants
nothing: then what is found is an error.

Needs: build/etude and build/libplanted_spin.so (ninja -C build planted_spin).
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
FIRST_GUESS = 2_000  # turns per send(); about a tenth of a plaintext x16 batch
CALIBRATION_RUNS = 4


def subject(name: str, loops: int) -> str:
    return (f"{name}=env LD_PRELOAD={BUILD / 'libplanted_spin.so'} ETUDE_PLANTED_LOOPS={loops} "
            f"{BUILD / 'etude'} serve --scheduler fifo --port {{port}} --cores {{cores}} "
            "--backlog 16384")


def compare(loops: int, seed: int, budget: str, out: Path) -> dict:
    """The verdict of one comparison: {"verdict", "direction", "ratio", "pairs", ...}."""
    ran = subprocess.run(
        [BUILD / "etude", "compare", "--subject", subject("plain", 0), "--subject",
         subject("planted", loops), "--budget", budget, "--seed", str(seed), "--out", out,
         "--json", "--quiet"], capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 3):
        sys.exit(f"planted.py: {ran.stderr.strip()}")
    return json.loads(ran.stdout)["comparisons"][0]


def mean_log_ratio(loops: int, first_seed: int, budget: str, out: Path) -> float:
    """The mean of log(planted : plain) over CALIBRATION_RUNS comparisons."""
    ratios = [compare(loops, first_seed + run, budget, out / f"{loops}-{run}")["ratio"]
              for run in range(CALIBRATION_RUNS)]
    return sum(map(math.log, ratios)) / len(ratios)


def turns_for(percent: float, budget: str, out: Path) -> int:
    """How many turns of the loop cost that many percent of the server's CPU per request."""
    if percent == 0:
        return 0
    wanted = math.log1p(percent / 100)
    known = FIRST_GUESS, mean_log_ratio(FIRST_GUESS, 1_001, budget, out)
    loops = round(FIRST_GUESS * wanted / known[1])
    for step in range(2, 4):  # the secant through the last two sizes
        seen = loops, mean_log_ratio(loops, 1_000 * step + 1, budget, out)
        print(f"calibration: {loops} turns cost {math.expm1(seen[1]):+.2%}", flush=True)
        turns_per_log = (seen[0] - known[0]) / (seen[1] - known[1])
        known, loops = seen, round(loops + (wanted - seen[1]) * turns_per_log)
    return loops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--percent", type=float, default=2.0)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "planted")
    options = parser.parse_args()
    loops = turns_for(options.percent, options.budget, options.out / "calibration")
    print(f"planted: {options.percent:g} %, {loops} turns per send()")
    found = Counter()
    ratios = []
    for run in range(1, options.runs + 1):
        row = compare(loops, run, options.budget, options.out / f"{options.percent:g}-{run}")
        word = row["direction"] or row["verdict"]
        found[word] += 1
        ratios.append(row["ratio"])
        print(f"{run:>3}  {word:<10}  {row['ratio']:.4f} [{row['low']:.4f}, {row['high']:.4f}]  "
              f"{row['pairs']} pairs", flush=True)
    truth = 1 + options.percent / 100
    covered = ", ".join(f"{count} {word}" for word, count in found.most_common())
    print(f"{covered} of {options.runs}; ratios {min(ratios):.4f} to {max(ratios):.4f}, "
          f"mean {sum(ratios) / len(ratios):.4f} where {truth:.3f} was planted")


if __name__ == "__main__":
    main()
