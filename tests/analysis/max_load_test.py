"""Goal: the load at which p99 reaches a bound is found where theory says that it is.
Method: the closed forms against the chain of states, solved numerically; then trials made up from
the closed forms, read back as a report reads them."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special

import synthetic
from analysis import figures, load, max_load, metrics, style
from analysis.figures import loads

# At p99 <= 10 mean services; 53.95 % and 96.77 % are the published ones.
PUBLISHED = {1: 0.5395, 16: 0.9677}


def chain_tail(servers, rho, times):
    """Share of M/M/c sojourns above `times`: over what an arrival finds, by its gamma law."""
    states = np.arange(3000)
    steps = servers * rho / np.minimum(states[1:], servers)
    law = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    law = np.exp(law - special.logsumexp(law))
    finds = law[servers:]
    turns = np.arange(1, finds.size + 1)  # departures before its own service begins

    def waits_longer(t):
        return float(finds @ special.gammaincc(turns, servers * t))

    def begins_at(t):  # density of the wait, for those that wait
        logs = turns * math.log(servers) + (turns - 1) * math.log(t) - servers * t
        return float(finds @ np.exp(logs - special.gammaln(turns)))

    later, _ = integrate.quad(lambda t: begins_at(t) * math.exp(-(times - t)), 1e-12, times,
                              limit=400, points=[times / 100, times / 10])
    return law[:servers].sum() * math.exp(-times) + waits_longer(times) + later


@pytest.mark.parametrize("servers, rho, times", [(1, 0.5, 4), (2, 0.75, 9), (4, 0.8, 6),
                                                 (16, 0.95, 8), (32, 0.5, 4)])
def test_the_closed_form_is_the_chains(servers, rho, times):
    assert max_load.mmc_tail(servers, rho, times) == pytest.approx(
        chain_tail(servers, rho, times), rel=1e-6)


@pytest.mark.parametrize("servers", PUBLISHED)
def test_the_published_loads_come_out(servers):
    assert max_load.mmc_max_load(servers, 10) == pytest.approx(PUBLISHED[servers], abs=5e-5)


def test_p99_at_the_highest_load_is_the_bound():
    for servers in (1, 4, 8, 16, 32):
        assert max_load.mmc_p99(servers, max_load.mmc_max_load(servers, 10)) == pytest.approx(10)
    assert math.isnan(max_load.mmc_max_load(4, 4))  # one exponential service alone has 4.6


def test_one_server_is_found_exactly_between_any_two_loads():
    loads = [0.2, 0.7]
    times = [max_load.mmc_p99(1, rho) for rho in loads]
    assert max_load.highest(loads, times, 10) == pytest.approx(1 - math.log(100) / 10)


def test_a_bound_that_no_load_or_every_load_keeps_is_beyond():
    assert max_load.highest([0.1, 0.2], [11, 12], 10) == -math.inf
    assert max_load.highest([0.1, 0.2], [8, 9], 10) == math.inf


@pytest.mark.parametrize("service, mean", [
    ("exp:10", 10), ("fixed:3", 3), ("bimodal:4,10000,0.005", 53.98), ("hyperexp:1,11,0.1", 2),
    ("uniform:1,9", 5), ("empirical:some.csv", math.nan)])
def test_the_mean_service_is_read_from_the_suite(service, mean):
    asked = max_load.asked({"p99_bound_us": 100, "simulated": {"service": service}})
    assert asked.service_us == pytest.approx(mean, nan_ok=True)
    assert asked.exponential == service.startswith("exp:")


SHARES = (0.3, 0.5, 0.52, 0.56, 0.7, 0.85, 0.95)


@pytest.fixture
def results(tmp_path):
    """fifo as M/M/1 and shared-queue as M/M/4 say, with a percent of noise, as a run leaves it."""
    rng = np.random.default_rng(1)
    frame = synthetic.table(synthetic.Plan(
        schedulers=("fifo", "shared-queue"), connections=(4096,), workloads=(("exp", 1),),
        blocks=6, control=False, ceiling=False, open_rates=SHARES, source="simulated"))
    frame = frame[frame["arrival"] == "poisson"].copy()
    frame["rate_share"] = [SHARES[i] for i in frame.groupby(["block", "scheduler"]).cumcount()]
    # The plan shuffles its cells: the shares are dealt out anew, so rates follow them.
    frame["rate_target_rps"] = frame["rate_share"] * 400_000
    frame["cores"] = 4
    for quantile in ("p50", "p999"):
        frame[f"lat_intended_{quantile}_ns"] = ""
    frame["lat_intended_p99_ns"] = [
        round(10_000 * max_load.mmc_p99(1 if row.scheduler == "fifo" else 4, row.rate_share)
              * math.exp(rng.normal(0, 0.01))) for row in frame.itertuples()]
    folder = tmp_path / "results"
    folder.mkdir()
    frame.to_csv(folder / "trials.csv", index=False)
    (folder / "suite.json").write_text(json.dumps({"name": "loads", "workloads": {"exp": {
        "p99_bound_us": 100, "simulated": {"service": "exp:10"}}}}))
    return load.read([str(folder)])


def test_the_table_has_both_answers_with_their_closed_forms(results):
    rows = max_load.curves(results.trials, results.directories, results.suites)
    table = max_load.table(rows).set_index("series")
    assert list(table.index) == ["fifo", "shared-queue"]
    for series, form, exact in (("fifo", "alone", max_load.mmc_max_load(1, 10)),
                                ("shared-queue", "together", max_load.mmc_max_load(4, 10))):
        row = table.loc[series]
        assert row[form] == pytest.approx(exact) and row["n"] == 6 and row["times"] == 10
        assert row["max_load"] == pytest.approx(exact, abs=0.012)
        assert row["low"] <= row["max_load"] <= row["high"]
        assert row["shown"].startswith(f"{100 * row['max_load']:.2f} % [")


def test_what_lies_beyond_the_loads_is_said_and_not_guessed(results):
    low = results.trials[results.trials["rate_share"] < 0.55]
    rows = max_load.curves(low, results.directories, results.suites)
    table = max_load.table(rows).set_index("series")
    assert np.isnan(table.at["shared-queue", "max_load"])
    assert table.at["shared-queue", "shown"] == "above 0.52, the highest load that was run"


def test_without_a_bound_nothing_is_drawn(results):
    results.suites[0]["workloads"]["exp"].pop("p99_bound_us")
    with pytest.raises(figures.NothingToDraw, match="p99_bound_us"):
        figures.p99_against_load(results.trials, results)


@pytest.mark.parametrize("width", [style.NARROW_IN, style.WIDE_IN])
def test_the_figure_is_fit_to_print(results, width):
    from figures_test import check
    figure = figures.p99_against_load(results.trials, results, width_in=width)
    check(figure, width)
    assert len(figure.axes) == 1 and isinstance(figure.table, pd.DataFrame)


# 1 / p99 falls along a straight line between loads in the figure as in the table, and `high` is
# above four bounds everywhere.
@pytest.mark.filterwarnings("error")
def test_each_series_is_seen_and_the_mark_lies_where_the_line_crosses():
    rows = pd.DataFrame(
        [{"series": series, "rate_share": load, "times": times, "limit": 10.0}
         for series, curve in {"low": [2, 4, 40], "high": [80, 90, 900]}.items()
         for load, times in zip([0.3, 0.6, 0.9], curve)])
    top = loads._top(rows)
    assert top >= 2 * rows.loc[rows["series"] == "high", "times"].min()
    low = rows[rows["series"] == "low"]
    crossing = max_load.highest(low["rate_share"], low["times"], 10)
    fine, drawn = loads._between(low["rate_share"].to_numpy(), low["times"].to_numpy())
    assert 1 / np.interp(crossing, fine, 1 / drawn) == pytest.approx(10)


def test_small_times_are_in_microseconds():
    p99 = metrics.METRICS["lat_req_p99_ns"]
    assert metrics.sized(p99, pd.Series([5e3, 8e3])).unit == "µs"
    assert metrics.sized(p99, pd.Series([5e5, 8e6])).unit == "ms"
