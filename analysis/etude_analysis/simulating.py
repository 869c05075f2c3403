"""`etude sim --scheduler ..` as a function: a question about a scheduler, answered as a table."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.failure import InputError

_BUILT = Path(__file__).resolve().parents[2] / "build" / "etude"  # in a clone


def simulate(scheduler: str | Iterable[str], service: str, load: float | str | Iterable[float], *,
             cores: int = 1, costs: str = "zero", requests: int | None = None, runs: int = 4,
             seed: int = 1, out: str | Path | None = None) -> pd.DataFrame:
    """Poisson requests, each to a core of its own choice, on virtual cores.

        simulate(["fifo", "work-stealing"], "exp:5", "0.1:0.9:0.1", cores=16)

    scheduler: one, or several; with parameters "work-stealing:steal=one". service: CPU of a
    request, in microseconds ("exp:5", "bimodal:5,500,0.005"). load: shares of the cores' time, a
    number, several, or "from:to:step". costs: a name of experiments/simulator/costs, or a path.
    requests: of a run, warm-up apart; None: what the relaxation time asks for. out: a directory
    that keeps the trials, as those of a suite.

    Shapes: one row per scheduler and load, in this order: scheduler, scheduler_params, cores,
            load, runs, mean, mean_half (half of Student's 95 % interval over the runs), p50, p99,
            p999, slowdown_* (time over service, per request), throughput_rps, utilisation and
            efficiency (of the cores, of the busy time), steals and looks per request, the closed
            form (its name, mean, p50, p99, p999), status, reasons.
    Units:  in the names: times in ns, rates in requests/s, shares of 1. No value: NaN, "" in text.
    Errors: InputError with the line that `etude sim` says of a wrong argument, or where it is not
            built; RuntimeError where a trial failed.
    Source: experiments/simulator/README.md says what is assumed; closed forms: Kleinrock, Queueing
            Systems 1, 1975.
    """
    schedulers = [scheduler] if isinstance(scheduler, str) else list(scheduler)
    loads = load if isinstance(load, str) else ",".join(
        repr(float(one)) for one in ([load] if isinstance(load, (int, float)) else load))
    arguments = [option for name in schedulers for option in ("--scheduler", name)]
    arguments += ["--service", service, "--load", loads, "--cores", str(cores), "--costs", costs,
                  "--blocks", str(runs), "--seed", str(seed), "--quiet", "--json"]
    arguments += [] if requests is None else ["--requests", str(requests)]
    arguments += [] if out is None else ["--out", str(out)]
    return _table(_answer(arguments))


def _answer(arguments: list[str]) -> list[dict]:
    found = str(_BUILT) if _BUILT.is_file() else shutil.which("etude") or str(_BUILT)
    binary = os.environ.get("ETUDE_BIN", found)
    try:
        done = subprocess.run([binary, "sim", *arguments], capture_output=True, text=True,
                              check=False)
    except OSError as error:
        raise InputError(binary, error.strerror or "cannot be run",
                         "build it: bash experiments/build.sh build") from error
    said = done.stderr.strip().splitlines()
    if done.returncode == 2:
        head, _, remedy = (said[-1] if said else "").removeprefix("etude: ").rpartition("; ")
        subject, _, problem = head.partition(": ")
        raise InputError(subject or "etude sim", problem or "refused its arguments", remedy)
    if done.returncode != 0:
        raise RuntimeError(f"etude sim ended with {done.returncode}: {' '.join(said[-1:])}")
    return json.loads(done.stdout)["rows"]


def _table(rows: list[dict]) -> pd.DataFrame:
    """Numbers as floats, with NaN where there is none."""
    frame = pd.DataFrame(rows)
    text = ["scheduler", "scheduler_params", "closed_form", "status", "reasons"]
    numbers = frame.columns.difference([*text, "cores", "runs"], sort=False)
    frame[numbers] = frame[numbers].astype(float)
    return frame
