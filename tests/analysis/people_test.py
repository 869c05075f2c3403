"""Goal: whoever loads results in a notebook gets what was measured, whatever names it has.

Method: a made-up results directory whose schedulers have names that readers of CSV take for
something else; loaded in a process of its own that knows nothing but PYTHONPATH=analysis.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import synthetic

ROOT = Path(__file__).resolve().parents[2]
ODD = ("null", "NA", "true", "1e5", "a,b", 'say "x"', "n\u2028l", "007", "None", "-", "inf",
       "=1+1", "\u65e5\u672c")


def written(folder, names):
    plan = synthetic.Plan(schedulers=("fifo",), connections=(256,), blocks=2,
                          workloads=(("plaintext", 16),), hist=True)
    synthetic.write(folder, plan)
    one = pd.read_csv(folder / "trials.csv", dtype=str, keep_default_na=False)
    parts = []
    for number, name in enumerate(names):
        part = one.copy()
        part["scheduler"] = name
        part["trial_id"] += f"-{number}"
        parts.append(part)
    pd.concat(parts).to_csv(folder / "trials.csv", index=False)
    (folder / "workers.csv").write_text("trial_id,worker,core,connections,cpu_ns\n"
                                        "null,0,0,3,1e5\nt1,1,0,,7\n")
    return folder


def run(code, *arguments):
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], timeout=120,
                          capture_output=True, text=True, check=False, cwd="/",
                          env=os.environ | {"PYTHONPATH": str(ROOT / "analysis")})


def test_names_stay_names(tmp_path):
    folder = written(tmp_path / "odd", ODD)
    ran = run("import sys, json, etude_analysis\n"
              "found = etude_analysis.load(sys.argv[1])\n"
              "print(json.dumps([sorted(set(found.trials.scheduler)),\n"
              "  str(found.trials.throughput_rps.dtype), list(found.workers.trial_id),\n"
              "  list(found.workers.cpu_ns), len(found.hist) > 0,\n"
              "  bool(found.workers.connections.isna()[1]), found.windows.empty]))", folder)
    assert ran.returncode == 0, ran.stderr

    names, kind, ids, cpu, hist, empty, windows = json.loads(ran.stdout)
    assert names == sorted(ODD)
    assert (kind, ids, cpu) == ("float64", ["null", "t1"], [1e5, 7.0])
    assert hist and empty and windows


@pytest.mark.parametrize("text", ["trial_id,worker\nt1,x\n", "trial_id,worker\nt1\n",
                                  "worker\n1\n", "trial_id,worker\nt1,1", "trial_id\n\xff\n"])
def test_a_broken_file_is_refused_with_its_name(tmp_path, text):
    folder = written(tmp_path / "broken", ("fifo",))
    (folder / "workers.csv").write_bytes(text.encode("latin-1"))
    ran = run("import sys, etude_analysis\n"
              "try: etude_analysis.load(sys.argv[1])\n"
              "except etude_analysis.InputError as error: print(error)", folder)
    assert "workers.csv: line " in ran.stdout, ran.stdout + ran.stderr
