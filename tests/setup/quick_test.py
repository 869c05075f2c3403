"""Goal: what `tests/run.sh --quick` leaves out is named rightly, and with a reason.
Method: each line of tests/not_quick.txt is looked up among the tests.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = [line.split(maxsplit=1) for line in
         (ROOT / "tests/not_quick.txt").read_text(encoding="utf-8").splitlines()
         if line and not line.startswith("#")]


@pytest.mark.parametrize("name", [line[0] for line in LINES])
def test_a_name_that_is_left_out_is_the_name_of_a_test(name):
    if name.startswith("tests/"):
        path, _, function = name.partition("::")
        assert f"def {function or 'test_'}" in (ROOT / path).read_text(encoding="utf-8")
    else:
        declared = "".join(path.read_text(encoding="utf-8")
                           for path in (ROOT / "tests").rglob("CMakeLists.txt"))
        assert re.search(rf"etude_(test|fuzz)\({name}\b", declared)


def test_each_has_a_reason_and_stands_there_once():
    assert all(len(line) == 2 for line in LINES)
    names = [line[0] for line in LINES]
    assert len(names) == len(set(names)) >= 10
