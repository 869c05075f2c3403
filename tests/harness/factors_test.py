"""What a suite varies reaches server and client, and the tables: driver, workload, rates.

Method: `etude run` over the scripted programs, which leave the options they were started with.
"""

import pytest

from tests.harness.runs import journal_ids, rows, run, write_suite

FACTORS = {"scheduler": ["fifo", "work-stealing"], "connections": 16, "workload": "plaintext",
           "placement": "shared"}
OPEN = {"arrival": "poisson", "rate_share": [0.25, 0.5]}


def started(path, program: str) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.startswith(program)]


def test_the_drivers_variables_reach_the_server_and_the_table(tmp_path):
    words, out = tmp_path / "words", tmp_path / "out"
    changes = {"poll_every": 7, "search_rounds": 3, "wake_policy": "eager", "io_claim": "on",
               "claim_after_us": 250, "acceptor": "one", "scheduler": "fifo"}
    done = run(write_suite(tmp_path, blocks=1, factors=FACTORS | changes), out,
               FAKE_WORDS=str(words))
    assert done.returncode == 0, done.stderr
    (served,) = started(words, "serve")
    for option in ("--poll-every 7", "--search-rounds 3", "--wake-policy eager", "--io-claim on",
                   "--claim-after-us 250", "--acceptor one"):
        assert option in served
    (row,) = rows(out)
    assert row["driver"] == ("poll_every=7 search_rounds=3 wake_policy=eager io_claim=on "
                             "claim_after_us=250")
    assert row["acceptor"] == "one"


def test_what_is_recorded_of_the_driver_is_said_to_the_server_also_by_default(tmp_path):
    words, out = tmp_path / "words", tmp_path / "out"
    run(write_suite(tmp_path, blocks=1, factors=FACTORS | {"scheduler": "fifo"}), out,
        FAKE_WORDS=str(words))
    (served,) = started(words, "serve")
    (row,) = rows(out)
    for pair in row["driver"].split():
        name, value = pair.split("=")
        assert f"--{name.replace('_', '-')} {value}" in served


def test_mix_and_beside_reach_the_client_and_the_servers_limit(tmp_path):
    words = tmp_path / "words"
    workload = {"mix": [{"path": "/a", "weight": 9}, {"path": "/b", "weight": 0.5}],
                "beside": {"path": "/block?us=2000", "connections": 5}}
    suite = write_suite(tmp_path, blocks=1, workloads={"plaintext": workload}, factors=FACTORS)
    done = run(suite, tmp_path / "out", FAKE_WORDS=str(words))
    assert done.returncode == 0, done.stderr
    for line in started(words, "load"):
        assert "--mix 9:/a --mix 0.5:/b --beside /block?us=2000 --beside-connections 5" in line
    for line in started(words, "serve"):
        assert f"--max-connections {16 + 5 + 64}" in line
    listed = run(suite, tmp_path / "none", "--dry-run").stdout
    assert "plaintext: mix 9:/a 0.5:/b beside 5 x /block?us=2000" in listed


def test_rates_are_shares_of_one_capacity_measured_first(tmp_path):
    out = tmp_path / "out"
    done = run(write_suite(tmp_path, factors=FACTORS | OPEN), out)
    assert done.returncode == 0, done.stderr
    assert journal_ids(out)[0].endswith("-capacity")
    capacity = [row for row in rows(out) if row["label"] == "capacity"]
    assert [(row["arrival"], row["scheduler"], row["throughput_rps"]) for row in capacity] == [
        ("closed", "fifo", "164")]
    others = [row for row in rows(out) if row["label"] != "capacity"]
    assert len(others) == 2 * 4
    for row in others:
        assert row["rate_target_rps"] == {"0.25": "41", "0.5": "82"}[row["rate_share"]]


def test_a_resumed_run_keeps_the_capacity_it_began_with(tmp_path):
    suite, out, words = write_suite(tmp_path, factors=FACTORS | OPEN), tmp_path / "out", (
        tmp_path / "words")
    run(suite, out, "--only", "rate_share=0.25")
    done = run(suite, out, FAKE_WORDS=str(words))
    assert done.returncode == 0, done.stderr
    assert all("--mode" not in line for line in started(words, "load")), "measured a second time"
    assert len(journal_ids(out)) == len(set(journal_ids(out))) == 1 + 2 * 4


def test_a_capacity_that_fails_ends_the_run_and_is_tried_again(tmp_path):
    suite, out = write_suite(tmp_path, factors=FACTORS | OPEN), tmp_path / "out"
    done = run(suite, out, FAKE_LOAD="garbage")
    assert done.returncode == 1
    assert "no rate without it" in done.stderr
    assert journal_ids(out) == []
    assert run(suite, out).returncode == 0


def test_shards_agree_on_rates_or_are_refused(tmp_path):
    suite = write_suite(tmp_path, factors=FACTORS | OPEN)
    done = run(suite, tmp_path / "out", "--shard", "1/2")
    assert done.returncode == 2
    assert "capacity_rps" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
    fixed = write_suite(tmp_path, factors=FACTORS | OPEN, workloads={
        "plaintext": {"path": "/plaintext", "capacity_rps": 1000}})
    assert run(fixed, tmp_path / "out", "--shard", "2/2").returncode == 0
    assert {row["rate_target_rps"] for row in rows(tmp_path / "out")} == {"250", "500"}


@pytest.mark.parametrize("name", ["dispersion", "imbalance", "fanout", "stall", "knobs"])
def test_every_suite_of_study_can_be_planned_and_has_its_controls(tmp_path, name):
    from tests.harness.runs import ROOT

    done = run(ROOT / "experiments" / "suites" / f"{name}.json", tmp_path / "out", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "6 blocks, about" in done.stdout
    assert "label=A" in done.stdout
    assert ("subject=ceiling" in done.stdout) == ("arrival=closed" in done.stdout.replace(
        "label=capacity", "") and name in ("imbalance", "fanout", "knobs"))
