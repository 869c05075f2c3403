"""Goal: the report says how far the nodes of a cluster differ, and nothing on one machine.
Method: made-up trials whose odd blocks ran on a node that is slower by a known factor."""

import json

import pandas as pd
import pytest

import synthetic
from analysis import context, load, nodes

SLOWER = 0.8


def on_two_nodes(tmp_path, second: str):
    folder = synthetic.write(tmp_path / "results", synthetic.Plan(noise=0.0, hist=False))
    trials = pd.read_csv(folder / "trials.csv")
    odd = trials["block"] % 2 == 1
    trials.loc[odd, "env_id"] = "env-2"
    trials["throughput_rps"] = 100_000.0
    trials.loc[odd, "throughput_rps"] = 100_000.0 * SLOWER
    trials["requests"] = (trials["throughput_rps"] * trials["duration_s"]).round().astype(int)
    trials.to_csv(folder / "trials.csv", index=False)
    for number, host in ((1, "n1"), (2, second)):
        name = "env.json" if number == 1 else "env-env-2.json"
        (folder / name).write_text(json.dumps({"env_id": f"env-{number}",
                                               "machine": {"host": host}}))
    return load.read([str(folder)])


def test_the_spread_is_the_one_put_in(tmp_path):
    results = on_two_nodes(tmp_path, "n2")
    table = nodes.spread(results)
    rows = table[table["metric"] == table["metric"].iloc[0]].set_index("node")
    assert rows.loc["n2", "ratio"] / rows.loc["n1", "ratio"] == pytest.approx(SLOWER)
    assert rows.loc["n1", "ratio"] == pytest.approx(SLOWER ** -0.5)
    assert rows.loc["n1", "trials"] == (results.trials["block"] % 2 == 0).sum()
    assert rows.loc["n1", "cells"] > 1
    said = [text for text in context.limitations(results)["limitation"] if "2 nodes" in text]
    assert len(said) == 1 and "tables/nodes.csv" in said[0]


def test_one_node_has_no_spread(tmp_path):
    results = on_two_nodes(tmp_path, "n1")
    assert nodes.spread(results).empty
    assert not any("nodes" in text for text in context.limitations(results)["limitation"])
