"""Other load generators agree that there was a load: etude load, wrk and h2load on one server.

Method: the comparison itself, for a second each, with a server that is the bottleneck. Only errors
are judged; how the throughputs relate is printed, and belongs to the machine.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_all_three_clients_load_one_server_without_an_error():
    cores = sorted(os.sched_getaffinity(0))
    ran = subprocess.run([sys.executable, ROOT / "experiments/load/compare_clients.py",
                          "--rounds", "1", "--duration", "1", "--connections", "8", "--pipeline",
                          "4", "--server-core", str(cores[0]), "--client-core", str(cores[-1]),
                          "--spin-us", "100"],
                         capture_output=True, text=True, timeout=120, check=False)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    summary = ran.stdout.split("median_rps")[1].splitlines()[1:]
    assert [line.rsplit(maxsplit=4)[0] for line in summary] == ["etude load", "wrk", "h2load"]
    assert all(float(line.split()[-4]) > 0 for line in summary), ran.stdout
