"""Goal: a model is not held against what it was fitted to, and cells are compared where they are.
Method: the two suites are compared cell by cell; results as published go through beside().
"""

import json
from pathlib import Path

from analysis import cells, load
from analysis.simulated import beside

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


def points(name: str) -> set[tuple[int, int]]:
    """(cores, connections) of a suite's points; more are not needed to tell the two apart."""
    suite = json.loads((EXPERIMENTS / "suites" / f"{name}.json").read_text())
    found = set()
    for point in suite["points"]:
        level = suite["factors"] | point
        counts = level["connections"]
        for connections in counts if isinstance(counts, list) else [counts]:
            found.add((level["cores"], connections))
    return found


def test_no_cell_that_is_tested_was_calibrated_with():
    assert len(points("beside")) >= 8
    assert not points("beside") & points("calibrate")


def test_a_client_apart_is_not_compared_with_one_on_the_same_core():
    found = load.read([str(EXPERIMENTS / "published" / f"simulated-{way}")
                       for way in ("real", "model")])
    rows = beside(cells.main_trials(found.trials))
    throughput = rows[rows["metric"] == "throughput_rps"]
    assert len(throughput) == 52, "48 cells of plaintext and 4 of JSON"
    assert int((throughput["error"].abs() <= 0.15).sum()) == 43 + 4, "as the README says"
