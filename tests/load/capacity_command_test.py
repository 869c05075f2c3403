"""etude capacity as a user meets it: the answer lies between rates that kept and broke the bound.

Method: against the bare server, with a bound that every rate keeps and one that none can.
"""

import json
import subprocess

import pytest

from tests.load.load_test import BUILD, LIMIT_S, ceiling

SHORT = ("-d", "200ms", "-w", "50ms", "-c", "4", "--resolution", "0.2")


def capacity(*options):
    return subprocess.run([BUILD / "etude", "capacity", *options], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)


def test_the_answer_is_the_highest_rate_that_kept_the_bound(tmp_path):
    with ceiling() as url:
        done = capacity(url, "--p99", "20ms", "--json", tmp_path / "found.json", *SHORT)
    found = json.loads((tmp_path / "found.json").read_text())
    kept = [tried["rate_rps"] for tried in found["tries"] if tried["kept"]]
    broken = [tried["rate_rps"] for tried in found["tries"] if not tried["kept"]]
    assert done.returncode == (0 if kept else 1), done.stderr
    assert found["capacity_rps"] == max(kept, default=None)
    assert all(rate < min(broken, default=found["closed_loop_rps"]) for rate in kept)
    assert max(kept + broken) <= found["closed_loop_rps"]
    for tried in found["tries"]:
        assert not tried["kept"] or tried["p99_ns"] <= found["p99_bound_ns"]
    if kept:
        assert done.stdout == f"{max(kept):.0f} requests/s with p99 within 20ms\n"


def test_a_bound_that_nothing_can_keep_is_said_with_exit_1():
    with ceiling() as url:
        done = capacity(url, "--p99", "1us", *SHORT, "--quiet")
    assert done.returncode == 1
    assert done.stderr == "etude: no rate that was tried kept p99 within 1us\n"


@pytest.mark.parametrize(("options", "named"), [
    (("--p99", "0"), "--p99 0"), (("--p99", "fast"), "fast"), (("--p99", "5ms", "-c", "0"), "-c"),
    (("--p99", "5ms", "--resolution", "2"), "resolution"), ((), "--p99"),
    (("--p99", "5ms"), "http://127.0.0.1:1/")])
def test_bad_input_is_one_line(options, named):
    done = capacity("http://127.0.0.1:1/", *options, *SHORT[:4], "--quiet")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and named in done.stderr, done.stderr
