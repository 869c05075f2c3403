"""Goal: a claims file is checked field by field, and each claim gets the answer its cells give.
Method: made-up trials with known effects, one claim per kind of answer."""

import json

import pytest

import synthetic
from analysis import cells, claims
from analysis.failure import InputError

BASE = {"id": "c", "statement": "hybrid is faster", "metric": "throughput_rps", "kind": "ratio",
        "cell": {"workload": "plaintext", "connections": 1024}, "first": {"scheduler": "hybrid"},
        "second": {"scheduler": "fifo"}, "claimed": [1.0, None]}


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    results = synthetic.load(tmp_path_factory.mktemp("claims"), synthetic.Plan(
        schedulers=("fifo", "hybrid", "work-stealing"), connections=(256, 1024),
        effects={"hybrid": 1.1}, hist=False, noise=0.004))
    return cells.with_names(results.trials)


def read(tmp_path, *changes):
    path = tmp_path / "claims.json"
    path.write_text(json.dumps({"schema": 1, "source": "guide.md", "claims": [
        {**BASE, "id": f"c{i}", **change} for i, change in enumerate(changes)]}))
    return claims.read(str(path))


@pytest.mark.parametrize("change, verdict, reason", [
    ({}, "supported", ""),
    ({"claimed": [1.15, 1.25]}, "refuted", "a difference, but smaller than claimed"),
    ({"claimed": [None, 0.9]}, "refuted", "the difference goes the other way"),
    ({"first": {"scheduler": "work-stealing"}}, "equivalent", "interval inside ±2 %"),
    ({"needs": {"cores": 8}}, "no verdict", "needs cores 8, this run has 1"),
    ({"cell": {"workload": "plaintext", "connections": 9}}, "no verdict", "this run has no cell"),
    ({"metric": "lat_intended_p99_ns"}, "no verdict", "was not measured"),
    ({"kind": "value", "metric": "ctx_per_s", "claimed": [1e6, None]}, "refuted", "outside"),
    ({"kind": "value", "metric": "ctx_per_s", "claimed": [0, 1000]}, "supported", ""),
    ({"kind": "ratio_of_ratios", "cell": {"workload": "plaintext"},
      "first": {"scheduler": "hybrid", "connections": 1024},
      "first_base": {"scheduler": "hybrid", "connections": 256},
      "second": {"scheduler": "fifo", "connections": 1024},
      "second_base": {"scheduler": "fifo", "connections": 256}}, "equivalent", "inside"),
])
def test_each_kind_of_claim_gets_its_answer(trials, tmp_path, change, verdict, reason):
    row = claims.judged(read(tmp_path, change), trials).iloc[0]
    assert row["verdict"] == verdict and reason in row["reason"]


def test_holm_runs_over_the_file(trials, tmp_path):
    table = claims.judged(read(tmp_path, *[{}] * 30), trials)
    assert set(table["verdict"]) == {"no verdict"}  # 30 claims are too many for 10 blocks
    assert table["reason"].str.contains("after Holm over 30").all()


@pytest.mark.parametrize("change, text", [
    ({"metric": "speed"}, 'metric: "speed" is unknown'), ({"kind": "rumour"}, "kind:"),
    ({"claimed": [1.2]}, "claimed: is not [low, high]"), ({"claimed": [0.9, 1.2]}, "one side of 1"),
    ({"frist": {}}, "claims[0].frist: is unknown"), ({"second": None}, "second: is missing"),
    ({"cell": {"colour": "red"}}, "colour: is not a factor"), ({"statement": ""}, "statement"),
])
def test_a_malformed_claim_is_refused_in_one_line(tmp_path, change, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, change)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_a_claim_that_names_several_cells_is_refused(trials, tmp_path):
    with pytest.raises(InputError, match="names several cells, which differ in connections"):
        claims.judged(read(tmp_path, {"cell": {"workload": "plaintext"}}), trials)


def test_claimed_sizes_read_as_they_are_written(tmp_path):
    found = read(tmp_path, {"claimed": [1.15, 1.25]}, {"claimed": [None, 0.6]}, {},
                 {"claimed": [39, 41]}, {"kind": "value", "metric": "ctx_per_s",
                                         "claimed": [1e6, None]})
    assert [claims.claimed_text(claim) for claim in found] == [
        "+15.0 % to +25.0 %", "at most -40.0 %", "an increase", "×39.0 to ×41.0",
        "at least 1,000,000 per s"]
