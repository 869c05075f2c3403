"""Goal: a claims file is checked field by field, and each claim gets the answer its cells give.
Method: made-up trials with known effects, one claim per kind of answer."""

import json

import pytest

import synthetic
import synthetic_rounds
from analysis import cells, claims, claims_file, claims_rounds
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
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "claims.json"
    path.write_text(json.dumps({"schema": 1, "source": "guide.md", "claims": [
        {**BASE, "id": f"c{i}", **change} for i, change in enumerate(changes)]}))
    return claims_file.read(str(path))


@pytest.mark.parametrize("change, verdict, reason", [
    ({}, "supported", ""),
    ({"claimed": [1.15, 1.25]}, "refuted", "falls short"),
    ({"claimed": [None, 0.9]}, "refuted", "the difference goes the other way"),
    ({"first": {"scheduler": "work-stealing"}}, "equivalent", "interval inside ±2 %"),
    ({"needs": {"cores": 8}}, "cannot", "needs cores 8, this run has 1"),
    ({"needs": {"server_cores": 8}}, "cannot", "needs server cores 8, this run has 1"),
    ({"cell": {"workload": "plaintext", "connections": 9}}, "undecided", "this run has no cell"),
    ({"metric": "lat_intended_p99_ns"}, "undecided", "was not measured"),
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
    ({"claimed": [1.02, 1.1], "sized": True}, "undecided", "overlap in part"),
    ({"kind": "difference", "claimed": [20_000, 90_000]}, "supported", ""),
    ({"kind": "difference", "claimed": [None, 0]}, "refuted", "outside"),
    ({"kind": "unchecked", "reason": "nobody counts them"}, "cannot", "nobody counts them"),
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
    assert (row["verdict"], row["reason"]) == ("cannot", "needs 32960 open files")


@pytest.mark.parametrize("found, verdict, reason", [
    ({"sysctl": {"net/core/somaxconn": "4096"}}, "cannot", "8,192, this run has 4,096"),
    ({"sysctl": {"net/core/somaxconn": "8192"}}, "supported", ""),
    ({}, "cannot", "this run does not tell"),
])
def test_a_claim_can_need_something_of_the_machine(trials, tmp_path, found, verdict, reason):
    needy = read(tmp_path, {"needs": {"sysctl net/core/somaxconn": 8192}})
    row = claims.judged(needy, trials, None, [found]).iloc[0]
    assert row["verdict"] == verdict and reason in row["reason"]


def test_the_servers_cpu_per_request_stands_when_the_client_was_the_bottleneck(trials, tmp_path):
    bound = trials.assign(mark="client-bound")
    found = read(tmp_path, {}, {"metric": "server_cpu_ns_per_request", "claimed": [None, 1]})
    assert list(claims.judged(found, bound)["verdict"]) == ["undecided", "supported"]
    stolen = trials.assign(mark="client-bound; CPU steal")
    assert set(claims.judged(found, stolen)["verdict"]) == {"undecided"}


def test_littles_law_speaks_of_latency_alone(trials, tmp_path):
    late = trials.assign(mark="Little")
    found = read(tmp_path, {}, {"metric": "lat_req_p99_ns", "claimed": [None, 1]})
    assert list(claims.judged(found, late)["verdict"]) == ["supported", "undecided"]


@pytest.mark.parametrize("blocks, claimed, word", [
    (4, [1.25, None], "refuted"), (4, [None, 0.9], "refuted"), (4, [1.05, None], "undecided"),
    (2, [1.25, None], "undecided"),
])
def test_a_size_is_refuted_by_any_interval_outside_it(trials, tmp_path, blocks, claimed, word):
    """Six blocks are needed for "differs", not to lie outside a range: hybrid is at +10 %."""
    few = trials[trials["block"] < blocks]
    row = claims.judged(read(tmp_path, {"claimed": claimed}), few).iloc[0]
    assert row["verdict"] == word, row["reason"]


def test_a_client_at_its_limit_refutes_nothing_of_throughput(trials, tmp_path):
    bound = trials.assign(mark="client-bound")
    found = read(tmp_path, {"claimed": [1.25, None]},
                 {"metric": "server_cpu_ns_per_request", "claimed": [None, 0.8]})
    assert list(claims.judged(found, bound)["verdict"]) == ["undecided", "refuted"]


def test_what_moved_on_one_side_refutes_only_with_and_without_it(trials, tmp_path):
    found = read(tmp_path, {"claimed": [1.25, None]})
    moved = (trials["scheduler"] == "hybrid") & (trials["block"] < 4)
    calm = trials.assign(mark=["nonstationary" if m else "" for m in moved])
    assert claims.judged(found, calm).iloc[0]["verdict"] == "refuted"
    wild = calm.copy()
    wild.loc[moved, "throughput_rps"] *= 1.6
    assert claims.judged(found, wild).iloc[0]["verdict"] == "undecided"


def test_the_summary_counts_undecided_and_cannot_apart(trials, tmp_path):
    table = claims.judged(read(tmp_path, {}, {"claimed": [1.25, None]}, {"needs": {"cores": 8}},
                               {"metric": "lat_intended_p99_ns"}), trials)
    text = claims.summary(table)
    assert "1 are supported, 1 refuted, 0 equivalent" in text and "1 are undecided" in text
    assert "1 cannot be asked of this machine" in text
    older = table.assign(verdict=table["verdict"].replace("undecided", "undecided"))
    assert claims.summary(older) == text


def test_ratios_by_rounds_decide_where_the_harness_compared_the_cells(tmp_path):
    results = synthetic_rounds.load(tmp_path, synthetic_rounds.Plan())
    cell = {"workload": "plaintext", "connections": 256}
    cpu = {"metric": "server_cpu_ns_per_request", "cell": cell,
           "first": {"scheduler": "work-stealing"}}
    found = read(tmp_path, {**cpu, "claimed": [1.0, None]}, {**cpu, "claimed": [None, 0.9]},
                 {**cpu, "claimed": [1.2, None]}, {**cpu, "first": {"scheduler": "hybrid"}},
                 {**cpu, "second": cpu["first"], "first": {"scheduler": "fifo"},
                  "claimed": [None, 1.0]})
    table = claims.judged(found, cells.with_names(results.trials), results.every, [],
                          results.rounds, results.comparisons)
    assert list(table["verdict"]) == ["supported", "refuted", "refuted", "equivalent", "supported"]
    row = results.comparisons[(results.comparisons["candidate"] == "work-stealing")].iloc[0]
    assert (table.loc[0, "low"], table.loc[0, "high"]) == (row["decision_low"],
                                                          row["decision_high"])


def test_families_share_their_errors_and_no_others(trials, tmp_path):
    found = read(tmp_path, *[{"family": f"family {i % 10}"} for i in range(30)])
    assert set(claims.judged(found, trials)["verdict"]) == {"supported"}


def test_holm_runs_over_the_file(trials, tmp_path):
    table = claims.judged(read(tmp_path, *[{}] * 30), trials)
    assert set(table["verdict"]) == {"undecided"}  # 30 claims are too many for 10 blocks
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


ROUND_CLAIM = {"metric": "server_cpu_ns_per_request", "cell": {"workload": "plaintext",
                                                                "connections": 256, "pipeline": 16}}


def judged_by_rounds(tmp_path, change, mark=None, **plan):
    """The verdict of one claim from paired rounds, without the harness's own comparisons."""
    results = synthetic_rounds.load(tmp_path, synthetic_rounds.Plan(
        design="paired", metrics=("cpu", "throughput"), **plan))
    rounds = results.rounds if mark is None else results.rounds.assign(mark=mark)
    none = results.comparisons.iloc[:0]
    return claims.judged(read(tmp_path, ROUND_CLAIM | change), cells.with_names(results.trials),
                         results.every, results.environments, rounds, none, results.suites).iloc[0]


@pytest.mark.parametrize("first, claimed, verdict", [
    ("work-stealing", [1.0, None], "supported"), ("work-stealing", [1.3, None], "refuted"),
    ("work-stealing", [None, 1.0], "refuted"), ("hybrid", [1.0, None], "equivalent")])
def test_cells_of_the_same_rounds_answer_a_claim_that_the_harness_did_not_compare(
        tmp_path, first, claimed, verdict):
    row = judged_by_rounds(tmp_path, {"first": {"scheduler": first}, "claimed": claimed})
    assert row["verdict"] == verdict and row["n"] == 10


@pytest.mark.parametrize("mark, verdict", [
    ("nonstationary; busy machine; CPU steal", "supported"), ("errors", "undecided"),
    ("client-bound", "supported")])
def test_a_round_is_void_only_for_what_may_bias_the_measure(tmp_path, mark, verdict):
    row = judged_by_rounds(tmp_path, {"first": {"scheduler": "work-stealing"}}, mark)
    assert row["verdict"] == verdict, row["reason"]


def test_throughput_from_a_client_at_its_limit_cannot_be_asked_of_this_machine(tmp_path):
    row = judged_by_rounds(tmp_path, {"first": {"scheduler": "work-stealing"},
                                      "metric": "throughput_rps"}, "client-bound")
    assert row["verdict"] == "cannot" and "in 10 of 10 rounds" in row["reason"]


def test_more_claims_of_a_family_make_each_interval_wider(tmp_path):
    widths = []
    for count in (1, 8):
        results = synthetic_rounds.load(tmp_path / str(count), synthetic_rounds.Plan(
            design="paired", metrics=("cpu",)))
        changes = [ROUND_CLAIM | {"first": {"scheduler": "hybrid"}, "family": "one"}] * count
        table = claims.judged(read(tmp_path, *changes), cells.with_names(results.trials),
                              results.every, results.environments, results.rounds,
                              results.comparisons.iloc[:0], results.suites)
        widths.append(table["high"].iloc[0] - table["low"].iloc[0])
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize("pairs_min, pairs_max, looks", [(6, 60, 11), (8, 10, 2), (6, 21, 7),
                                                         (10, 10, 1)])
def test_looks_are_counted_as_the_harness_schedules_them(pairs_min, pairs_max, looks):
    """6, 8, 10, 13, 16, 20, 25 ..: a quarter more each time, rounded, and pairs_max at last."""
    until = {"pairs_min": pairs_min, "pairs_max": pairs_max}
    assert claims_rounds.looks([{}, {"until": until}]) == looks


def test_a_value_and_a_difference_are_read_from_rounds(tmp_path):
    value = judged_by_rounds(tmp_path / "a", {"kind": "value", "claimed": [1, None]}
                             | {"first": {"scheduler": "work-stealing"}})
    assert value["verdict"] == "supported" and value["n"] == 10
    more = judged_by_rounds(tmp_path / "b", {"kind": "difference", "claimed": [1, None],
                                             "first": {"scheduler": "work-stealing"}})
    assert more["verdict"] == "supported" and more["n"] == 10
