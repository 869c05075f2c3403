"""Goal: the protocol of core/runtime/parking.h loses no wake-up, and each of its steps is needed.

Method: SPIN visits every state of wake.pml, in which a lost wake-up is a deadlock: as it stands
there must be none, and without any one of the steps that the negative controls drop there must be
one. A control that is not found would mean that the model cannot see what it is there for.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("wake.pml")
CONTROLS = ["NO_RECHECK", "NO_CHAIN", "NO_SEARCHER_AGAIN", "NO_RESCAN"]
LIMIT_S = 200


def errors_found(folder, control):
    """How many deadlocks SPIN finds. Fails unless it either found one or visited every state."""
    shutil.copy(MODEL, folder / MODEL.name)
    define = [f"-D{control}"] if control else []
    subprocess.run(["spin", *define, "-a", MODEL.name], cwd=folder, check=True, timeout=LIMIT_S)
    compile_ = ["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=2000", "-o", "pan", "pan.c"]
    subprocess.run(compile_, cwd=folder, check=True, timeout=LIMIT_S)
    run = subprocess.run(["./pan", "-m100000"], cwd=folder, check=True, timeout=LIMIT_S,
                         capture_output=True, text=True)
    errors = int(re.search(r"errors: (\d+)", run.stdout).group(1))
    if errors == 0:
        assert "Search not completed" not in run.stdout, run.stdout
        assert "max search depth too small" not in run.stdout, run.stdout
    else:
        assert "invalid end state" in run.stdout, run.stdout
    return errors


def test_no_wake_up_is_lost(tmp_path):
    assert errors_found(tmp_path, None) == 0


@pytest.mark.parametrize("control", CONTROLS)
def test_without_a_step_one_is(tmp_path, control):
    assert errors_found(tmp_path, control) == 1
