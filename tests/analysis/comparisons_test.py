"""Goal: comparisons.csv is read whole or refused in one line, and what was measured side by side is
never pooled with what was measured alone.
Method: one good directory of rounds, broken in one place per case."""

import pandas as pd
import pytest

import synthetic_rounds
from analysis import load, schema
from analysis.failure import InputError

PLAN = synthetic_rounds.Plan(solo_blocks=3, rounds=6)


@pytest.fixture
def folder(tmp_path):
    return synthetic_rounds.write(tmp_path / "results", PLAN)


def edit(folder, change, name="comparisons.csv"):
    frame = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
    result = change(frame)
    (frame if result is None else result).to_csv(folder / name, index=False)


def refusal(folder) -> str:
    with pytest.raises(InputError) as caught:
        load.read([str(folder)])
    text = str(caught.value)
    assert "\n" not in text and "; " in text, text
    return text


def test_a_good_directory_is_read_whole(folder):
    results = load.read([str(folder)])
    assert len(results.comparisons) == 3 * 5
    assert len(results.rounds) == 3 * 5 * 6 * 2
    assert set(results.rounds["design"]) == {"duet"}


def test_trials_side_by_side_are_kept_apart_from_solo_ones(folder):
    results = load.read([str(folder)])
    assert len(results.trials) == 3 * 3 * 4 and set(results.trials["design"]) == {"solo"}
    assert results.excluded.empty


def test_a_directory_of_rounds_alone_is_read(tmp_path):
    results = synthetic_rounds.load(tmp_path, synthetic_rounds.Plan(rounds=3))
    assert results.trials.empty and len(results.rounds) == 3 * 5 * 3 * 2


def test_a_second_attempt_at_a_round_replaces_the_first(folder):
    def again(frame):
        first = frame[frame["pair_id"] == "g0000-r2"]
        return pd.concat([frame, first.assign(pair_id="g0000-r2-a2", attempt="2",
                                              trial_id=first["trial_id"] + "-a2")])
    edit(folder, again, "trials.csv")
    results = load.read([str(folder)])
    assert "g0000-r2" not in set(results.rounds["pair_id"])
    assert "g0000-r2-a2" in set(results.rounds["pair_id"]) and len(results.excluded) == 2


def test_without_the_file_there_are_no_comparisons(folder):
    (folder / "comparisons.csv").unlink()
    results = load.read([str(folder)])
    assert results.comparisons.empty and set(schema.COMPARISONS) <= set(results.comparisons)


@pytest.mark.parametrize("column, value, problem", [
    ("schema", "7", '"7" is unknown'), ("ratio", "fast", '"fast" is not a number'),
    ("ratio", "-1", "is not a number above 0"), ("verdict", "perhaps", "is not one of"),
    ("verdict", "", "is not one of"), ("design", "solo", "is not one of"),
    ("metric", "speed", "is not one of"), ("control", "placebo", "is not one of"),
    ("connections", "2.5", "is not a whole number"), ("low", "1.9", "is above the ratio"),
    ("high", "0.1", "is below the ratio"), ("decision_low", "1.9", "is above decision_high"),
    ("direction", "cheaper", "contradicts the ratio"), ("candidate", "", "is empty"),
    ("p_differs", "3", "is not a fraction"), ("pairs", "", "is empty"),
    ("ratio", "", "beside a verdict that rests on it"),
])
def test_a_bad_value_is_named_with_line_and_column(folder, column, value, problem):
    edit(folder, lambda frame: frame.__setitem__(column, [
        value if i == 1 else old for i, old in enumerate(frame[column])]))
    text = refusal(folder)
    assert f"comparisons.csv: line 3: column {column}: " in text and problem in text, text


def test_what_cannot_be_asked_says_what_it_needs(folder):
    def change(frame):
        frame.loc[2, ["verdict", "needs", "direction"]] = ["cannot", "", ""]
    edit(folder, change)
    assert "line 4: column needs: is empty" in refusal(folder)


def test_a_comparison_stands_there_once(folder):
    edit(folder, lambda frame: pd.concat([frame, frame.iloc[[0]]]))
    assert "column comparison_id" in refusal(folder)


@pytest.mark.parametrize("name", ["verdict", "decision_low", "void_reasons"])
def test_a_missing_column_is_named(folder, name):
    edit(folder, lambda frame: frame.drop(columns=name))
    assert f"comparisons.csv: line 1: column {name}: is missing" in refusal(folder)


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_a_cut_off_file_is_refused(folder, cut):
    path = folder / "comparisons.csv"
    path.write_bytes(path.read_bytes()[:-cut])
    assert "line 16" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00trash\n", b"a,b\n1,2\n"])
def test_what_is_no_table_is_refused(folder, content):
    (folder / "comparisons.csv").write_bytes(content)
    assert "comparisons.csv" in refusal(folder)


def test_an_unknown_design_of_a_trial_is_refused(folder):
    edit(folder, lambda frame: frame.assign(design="quartet"), "trials.csv")
    assert "column design: \"quartet\" is not one of" in refusal(folder)
