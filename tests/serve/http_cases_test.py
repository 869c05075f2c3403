"""The HTTP core against raw request cases, through real sockets, on each scheduler.

The cases lie beside the project (shared/http-cases), not in it; where they are missing, the
project's own cases (tests/http/session_test.cpp) are all there is, and nothing is collected here.
"""

import subprocess
import sys

import pytest

from tests.serve.running import CASE_SERVER, ETUDE, ROOT, SCHEDULERS, serve, server_of

RUNNER = ROOT.parent / "shared" / "http-cases" / "run.py"
HAVE = "route:/sleep/{ms},limit:body=1MiB,limit:body<1TiB"


@pytest.mark.parametrize("scheduler", SCHEDULERS if RUNNER.exists() else [])
def test_no_case_fails(scheduler, record_property):
    options = ("--app", "echo", "--threads-per-core", "2")
    started = (serve(*options, scheduler=scheduler) if ETUDE.exists()
               else server_of([CASE_SERVER, scheduler]))
    with started as server:
        ran = subprocess.run([sys.executable, RUNNER, str(server.port), "--have", HAVE],
                             capture_output=True, text=True, timeout=900, check=False)
        *_, verdicts, closing = ran.stdout.strip().splitlines()
        record_property("verdicts", verdicts)
        print(f"\nhttp cases, {scheduler}: {verdicts}")
        assert ", 0 failed, 0 skipped" in closing, ran.stdout
        assert server.end() == 0
