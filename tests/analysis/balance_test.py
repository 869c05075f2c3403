"""The spread of connections over workers: against values counted by hand, and in the report."""

import pandas as pd
import pytest

from analysis import balance, load
from analysis.failure import InputError
from tests.analysis import synthetic


def spread_over(folder, counts):
    """Gives the first trial of `folder` one worker for each count; the others one worker."""
    ids = list(pd.read_csv(folder / "trials.csv", dtype=str)["trial_id"])
    rows = [f"{ids[0]},{worker},{count}" for worker, count in enumerate(counts)]
    rows += [f"{trial},0,5" for trial in ids[1:]]
    (folder / "workers.csv").write_text("trial_id,worker,connections\n" + "\n".join(rows) + "\n")


@pytest.fixture(name="folder")
def written(tmp_path):
    plan = synthetic.Plan(schedulers=("fifo",), workloads=(("plaintext", 16),))
    synthetic.write(tmp_path / "run", plan)
    return tmp_path / "run"


def test_the_fullest_worker_is_compared_with_the_mean(folder):
    spread_over(folder, [40, 10, 10, 20])
    found = balance.named(load.read([str(folder)]))
    assert len(found) == 1, "one worker alone has nothing to spread"
    row = found.iloc[0]
    assert (row["workers"], row["n"], row["fullest"], row["fullest_max"]) == (4, 1, 2.0, 2.0)


def test_a_random_spread_is_known_for_small_cases():
    assert balance.expected(1, 2) == 2.0
    assert balance.expected(2, 2) == pytest.approx(1.5, abs=0.03)
    assert balance.expected(64, 8) == pytest.approx(1.53, abs=0.05)


@pytest.mark.parametrize("text", ["x", "-1"])
def test_a_count_that_is_none_is_refused_with_its_line(folder, text):
    spread_over(folder, [40, text])
    with pytest.raises(InputError, match="line 3: column connections"):
        load.read([str(folder)])


def test_without_the_column_nothing_is_said(folder):
    (folder / "workers.csv").write_text("trial_id,worker\nt1,0\n")
    assert balance.named(load.read([str(folder)])).empty
