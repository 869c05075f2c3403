"""Goal: a simulated result belongs to what its traces and histograms held.
Method: `etude sim` on files that change between two runs.
"""

import json

from tests.harness.runs import write_suite
from tests.simulator.sim_test import sim, simulated


def test_a_result_goes_on_only_with_the_input_files_it_was_begun_with(tmp_path):
    times, lengths = tmp_path / "times.csv", tmp_path / "lengths.csv"
    suite = write_suite(tmp_path, **{
        "blocks": 2, "warmup_s": 0.01, "duration_s": 0.1, "models": {"free": {"costs": "zero"}},
        "workloads": {"work": {"simulated": {
            "service": "empirical:lengths.csv",
            "arrivals": {"kind": "trace", "file": "times.csv"}}}},
        "factors": {"workload": "work", "scheduler": "fifo", "connections": 16,
                    "arrival": "poisson", "rate_rps": 20000}})
    times.write_text("0\n10\n30\n90\n")
    lengths.write_text("1000,2000,5\n")
    out = simulated(suite, tmp_path / "out", "--quiet")
    noted = json.loads((out / "suite.json").read_text())["input_files"]
    assert set(noted) == {"times.csv", "lengths.csv"}
    for changed, text in ((times, "0\n10\n30\n91\n"), (lengths, "1000,2000,6\n")):
        before = changed.read_text()
        changed.write_text(text)
        refused = sim(suite, out, "--quiet")
        assert refused.returncode == 2 and "another suite" in refused.stderr
        assert "input_files" in refused.stderr and changed.name in refused.stderr
        changed.write_text(before)
    # Repeated from what was kept, with the files beside it: the same files, or a refusal.
    again = tmp_path / "again.json"
    again.write_text((out / "suite.json").read_text())
    same = simulated(again, tmp_path / "same", "--quiet")
    assert (same / "trials.csv").read_bytes() == (out / "trials.csv").read_bytes()
    times.write_text("0\n5\n")
    refused = sim(again, tmp_path / "other", "--quiet")
    assert refused.returncode == 2 and "has changed since it was used" in refused.stderr
    # Said in no object: one line, and nothing is written.
    kept = json.loads(again.read_text())
    again.write_text(json.dumps(kept | {"input_files": "times.csv"}))
    refused = sim(again, tmp_path / "other", "--quiet")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "input_files: is no object" in refused.stderr
    # What is no file is refused by whoever reads it, and nothing is written.
    times.unlink()
    times.mkdir()
    refused = sim(suite, tmp_path / "other", "--quiet")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "times.csv" in refused.stderr and not (tmp_path / "other").exists()
