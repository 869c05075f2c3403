"""Goal: a claims file is checked field by field, and each claim gets the answer its cells give.
Method: made-up trials with known effects, one claim per kind of answer."""

import json

import pytest

import synthetic
from analysis import cells, claims, claims_file
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
    return claims_file.read(str(path))


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


@pytest.mark.parametrize("change, verdict, reason", [
    ({"claimed": [0.95, 1.15], "sized": True}, "supported", ""),
    ({"claimed": [1.0, 1.05], "sized": True}, "refuted", "outside"),
    ({"claimed": [1.02, 1.1], "sized": True}, "no verdict", "overlap in part"),
    ({"kind": "difference", "claimed": [20_000, 90_000]}, "supported", ""),
    ({"kind": "difference", "claimed": [None, 0]}, "refuted", "outside"),
    ({"kind": "unchecked", "reason": "nobody counts them"}, "no verdict", "nobody counts them"),
])
def test_sizes_differences_and_what_cannot_be_checked(trials, tmp_path, change, verdict, reason):
    row = claims.judged(read(tmp_path, change), trials).iloc[0]
    assert row["verdict"] == verdict and reason in row["reason"]


def test_a_cell_that_was_skipped_gives_the_reason_of_its_trials(trials, tmp_path):
    skipped = trials.iloc[[0]].assign(connections=32768.0, throughput_rps=float("nan"),
                                      scheduler="hybrid", status="skipped_machine_limit",
                                      reasons="needs 32960 open files")
    cell = {"workload": "plaintext", "connections": 32768}
    row = claims.judged(read(tmp_path, {"cell": cell}), trials, skipped).iloc[0]
    assert (row["verdict"], row["reason"]) == ("no verdict", "not measured: needs 32960 open files")


@pytest.mark.parametrize("found, verdict, reason", [
    ({"sysctl": {"net/core/somaxconn": "4096"}}, "no verdict", "8,192, this run has 4,096"),
    ({"sysctl": {"net/core/somaxconn": "8192"}}, "supported", ""),
    ({}, "no verdict", "this run does not tell"),
])
def test_a_claim_can_need_something_of_the_machine(trials, tmp_path, found, verdict, reason):
    needy = read(tmp_path, {"needs": {"sysctl net/core/somaxconn": 8192}})
    row = claims.judged(needy, trials, None, [found]).iloc[0]
    assert row["verdict"] == verdict and reason in row["reason"]


def test_the_servers_cpu_per_request_stands_when_the_client_was_the_bottleneck(trials, tmp_path):
    bound = trials.assign(mark="client-bound")
    found = read(tmp_path, {}, {"metric": "server_cpu_ns_per_request", "claimed": [None, 1]})
    assert list(claims.judged(found, bound)["verdict"]) == ["no verdict", "supported"]
    late = trials.assign(mark="client-bound; Little")
    assert set(claims.judged(found, late)["verdict"]) == {"no verdict"}


def test_families_share_their_errors_and_no_others(trials, tmp_path):
    found = read(tmp_path, *[{"family": f"family {i % 10}"} for i in range(30)])
    assert set(claims.judged(found, trials)["verdict"]) == {"supported"}


def test_holm_runs_over_the_file(trials, tmp_path):
    table = claims.judged(read(tmp_path, *[{}] * 30), trials)
    assert set(table["verdict"]) == {"no verdict"}  # 30 claims are too many for 10 blocks
    assert table["reason"].str.contains("after Holm over 30").all()


@pytest.mark.parametrize("change, text", [
    ({"metric": "speed"}, 'metric: "speed" is unknown'), ({"kind": "rumour"}, "kind:"),
    ({"claimed": [1.2]}, "claimed: is not [low, high]"), ({"claimed": [0.9, 1.2]}, "one side of 1"),
    ({"frist": {}}, "claims[0].frist: is unknown"), ({"second": None}, "second: is missing"),
    ({"cell": {"colour": "red"}}, "colour: is not a factor"), ({"statement": ""}, "statement"),
    ({"needs": {"colour": 1}}, "colour: is not a factor"), ({"sized": "yes"}, "sized: is neither"),
    ({"kind": "unchecked"}, "reason: is missing"),
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
