"""Goal: the parts of latency growth, of a request's time and of its CPU add up to the whole.
Method: trials with a known split, by hand and from the generator."""

import math

import numpy as np
import pandas as pd
import pytest

import synthetic
from analysis import attribution, cells, tables


def trial(block, connections, latency_ms, rate, inflight):
    return {"twin": 0, "slice": "plaintext", "series": "fifo", "arrival": "closed",
            "block_id": block, "connections": float(connections), "pipeline": 16.0,
            "lat_req_mean_ns": latency_ms * 1e6, "throughput_rps": float(rate),
            "inflight_mean": float(inflight), "idle_frac": 0.0}


def test_growth_by_hand():
    # 256 -> 1,024 connections: x4 population; 400k -> 200k req/s: x2; busy share .9 -> .45: x1/2.
    # Little: R = L / X, so 9.216 ms -> 36.864 ms, x4 in all, and nothing is left over.
    rows = pd.DataFrame([
        trial(b, 256, 256 * 16 * 0.9 / 400e3 * 1e3, 400e3, 256 * 16 * 0.9) for b in "abc"] + [
        trial(b, 1024, 1024 * 16 * 0.45 / 200e3 * 1e3, 200e3, 1024 * 16 * 0.45) for b in "abc"])
    ln = attribution.growth(rows).set_index("part")["ln"]
    assert ln["population"] == pytest.approx(math.log(4))
    assert ln["throughput"] == pytest.approx(math.log(2))
    assert ln["idle"] == pytest.approx(math.log(0.5))
    assert ln["total"] == pytest.approx(math.log(4))
    assert ln["rest"] == pytest.approx(0, abs=1e-12)


def test_without_the_integral_the_idle_share_stands_in():
    rows = pd.DataFrame([trial("a", 256, 9.0, 4e5, np.nan), trial("a", 512, 18.0, 4e5, np.nan)])
    rows["idle_frac"] = [0.1, 0.1]
    ln = attribution.growth(rows).set_index("part")["ln"]
    assert ln["idle"] == pytest.approx(0, abs=1e-12)


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    results = synthetic.load(tmp_path_factory.mktemp("attribution"), synthetic.Plan(
        workloads=(("plaintext", 16),), blocks=6, hist=False))
    return cells.with_names(results.trials)


def test_parts_add_up_in_every_cell(trials):
    table = attribution.growth(trials)
    for _, cell in table.groupby(["slice", "series", "connections"]):
        ln = cell.set_index("part")["ln"]
        assert ln[list(attribution.GROWTH_PARTS)].sum() == pytest.approx(ln["total"])


def test_stage_shares_add_to_one_and_order_is_a_requests(trials):
    table = attribution.stages(trials)
    assert "ceiling" not in set(table["series"])  # it stamps nothing: no rows, not zeros
    for _, cell in table.groupby(["slice", "series", "connections"]):
        assert list(cell["part"]) == list(attribution.STAGES.values())
        assert cell["share"].sum() == pytest.approx(1)


def test_user_and_system_add_to_cpu_per_request(trials):
    table = attribution.cpu(trials)
    split = table.groupby(["series", "connections"])["mean_ns"].sum()
    main = trials[trials["twin"] == 0]
    whole = main.groupby(["series", "connections"])["server_cpu_ns_per_request"].mean()
    assert np.allclose(split, whole[split.index])


def test_little_floor_by_hand():
    rows = pd.DataFrame([trial("a", 256, 9, 400e3, 4000), trial("a", 1024, 40, 200e3, 16000)])
    floor = tables.little_floor(rows).set_index("connections")["floor_ns"]
    assert floor[256] == pytest.approx(4000 / 400e3 * 1e9)
    assert floor[1024] == pytest.approx(16000 / 400e3 * 1e9)  # at the best rate of the sweep
