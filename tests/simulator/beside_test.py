"""Goal: a model is not held against what it was fitted to, and the report says where it is off.
Method: the two suites are compared cell by cell, and made-up results go through beside().
"""

import json
from pathlib import Path

import pandas as pd

from analysis.simulated import beside

SUITES = Path(__file__).resolve().parents[2] / "experiments" / "suites"


def cells(name: str) -> set[tuple[int, int]]:
    """(cores, connections) of a suite's points; more are not needed to tell the two apart."""
    suite = json.loads((SUITES / f"{name}.json").read_text())
    found = set()
    for point in suite["points"]:
        level = suite["factors"] | point
        counts = level["connections"]
        for connections in counts if isinstance(counts, list) else [counts]:
            found.add((level["cores"], connections))
    return found


def test_no_cell_that_is_tested_was_calibrated_with():
    assert len(cells("beside")) >= 8
    assert not cells("beside") & cells("calibrate")
