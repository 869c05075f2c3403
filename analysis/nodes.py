"""What lies between the nodes of a cluster: how far medians of one cell differ from node to node.

A node is the column `node`; in tables without it, the host of the environment that a trial names.
Different nodes are a blocking factor: ratios are taken within a round or a block, which runs on one
node, so this spread is in no ratio; it is in medians over all trials.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis import memo, schema
from analysis.load import Results
from analysis.metrics import METRICS
from analysis.side_files import read_json

COLUMNS = ("throughput_rps", "server_cpu_ns_per_request", "lat_req_p99_ns")
NAMES = ["metric", "node", "cells", "trials", "ratio", "least", "most"]


@memo.by_object
def spread(results: Results) -> pd.DataFrame:
    """metric, node, cells, trials, ratio, least, most: of the cells that ran on several nodes, the
    geometric mean (and the extremes) of the node's median over the mean of all nodes' medians.
    Empty unless measured trials ran on more than one node."""
    trials = _with_nodes(results)
    if trials["node"].nunique() < 2:
        return pd.DataFrame(columns=NAMES)
    rows = []
    for column in (name for name in COLUMNS if name in trials):
        valid = trials[trials[column] > 0]
        cell = ["directory", "design", *schema.FACTORS, "label", "node"]
        medians = np.log(valid.groupby(cell, dropna=False)[column].median())
        medians = medians.unstack("node").dropna(thresh=2)
        ratios = np.exp(medians.sub(medians.mean(axis=1), axis=0))
        for node in ratios:
            of_node = ratios[node].dropna()
            if of_node.empty:
                continue
            rows.append((METRICS[column].name, node, len(of_node),
                         int((valid["node"] == node).sum()), float(np.exp(np.log(of_node).mean())),
                         float(of_node.min()), float(of_node.max())))
    return pd.DataFrame(rows, columns=NAMES)


def sentence(table: pd.DataFrame) -> str:
    """One sentence on the largest spread; "" without nodes to compare."""
    if table.empty:
        return ""
    means = table.groupby("metric", sort=False)["ratio"]
    apart = means.max() / means.min() - 1
    return (f"{table['node'].nunique()} nodes: medians of one cell lie up to "
            f"{apart.max() * 100:.1f} % apart in {apart.idxmax()} from node to node (table "
            f"tables/nodes.csv); each ratio is taken within one node.")


def _with_nodes(results: Results) -> pd.DataFrame:
    """The measured trials, rounds included, with the column node."""
    sides = results.rounds if len(results.rounds) else results.trials.iloc[:0]
    trials = pd.concat([results.trials, sides], ignore_index=True)
    trials = trials[trials["source"] == "real"].copy()
    hosts = {}
    for directory in results.directories:
        for path in sorted(Path(directory).glob("env*.json")):
            environment = read_json(path)
            host = environment.get("machine", {}).get("host", "")
            hosts[directory, environment.get("env_id", "")] = host
    keys = zip(trials["directory"], trials["env_id"])
    trials["node"] = [node or hosts.get(key, "") for node, key in zip(trials["node"], keys)]
    return trials[trials["node"] != ""]
