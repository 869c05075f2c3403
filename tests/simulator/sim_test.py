"""Goal: `etude sim` writes what `etude run` writes, the same bytes each time, and loses nothing.

Method: small suites on virtual cores, twice, by several jobs, in shards, killed and resumed; each
suite that is shipped is planned, and its report is drawn from what is simulated.
"""

import csv
import json
import random
import shutil
import signal
import subprocess
import sys

import pytest

from tests.harness.runs import BOUND_S, ETUDE, ROOT, content, journal_ids, rows, run, write_suite

SUITES = sorted((ROOT / "experiments" / "suites").glob("*.json"))
COSTS = {"about": "for tests", "costs": {"request_ns": {"value": 2000, "source": "made up"}}}
OTHER = {"name": "other", "ready": "port", "command": ["other"]}
# Four cells that take milliseconds, of every way to drive a model.
SMALL = {
    "blocks": 2, "warmup_s": 0.01, "duration_s": 0.1, "aa": True,
    "workloads": {"plain": {"path": "/spin?us=20&dist=exp"},
                  "own": {"simulated": {"service": "hyperexp:5,500,0.005", "think": "exp:200"}}},
    "models": {"free": {"costs": "zero"}, "paper": {"costs": "nsdi22"}},
    "factors": {"scheduler": ["fifo", "work-stealing"], "cores": 4, "connections": 16},
    "points": [{"workload": "own", "model": ["free", "paper"]},
               {"workload": "plain", "arrival": "poisson", "rate_share": [0.5, 0.8]}],
}


def command(suite, out, *options) -> list[str]:
    return [str(ETUDE), "sim", str(suite), "--out", str(out), *options]


def sim(suite, out, *options) -> subprocess.CompletedProcess:
    return subprocess.run(command(suite, out, *options), capture_output=True, text=True,
                          timeout=BOUND_S, check=False)


def simulated(suite, out, *options):
    done = sim(suite, out, *options)
    assert done.returncode == 0, done.stderr
    return out


def costs_file(directory) -> str:
    path = directory / "costs.json"
    path.write_text(json.dumps(COSTS))
    return str(path)


def report(*directories, out) -> str:
    done = subprocess.run([sys.executable, str(ROOT / "analysis" / "report.py"),
                           *map(str, directories), "--out", str(out)],
                          capture_output=True, text=True, timeout=5 * BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    return (out / "report.html").read_text()


def same_bytes(one, other):
    first, second = ({path.replace(str(root), ""): data for path, data in content(root).items()}
                     for root in (one, other))
    assert first.keys() == second.keys()
    for name, data in first.items():
        assert data == second[name], f"{name} differs"


@pytest.fixture(scope="module", name="small")
def small_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    suite = write_suite(folder, **SMALL)
    return suite, simulated(suite, folder / "out", "--jobs", "1", "--quiet")


def test_its_rows_are_those_of_a_real_run_but_for_the_source(small):
    _, out = small
    table = rows(out)
    assert {row["source"] for row in table} == {"simulated"}
    assert {row["status"] for row in table} <= {"ok", "client_bound", "nonstationary"}
    for row in table:
        for column in ("requests", "throughput_rps", "lat_req_p99_ns", "inflight_mean",
                       "little_err", "server_cpu_s", "server_cpu_ns_per_request",
                       "queue_depth_mean", "sched_delay_p99_ns", "sim_events", "model", "cell_id"):
            assert row[column] != "", column
        for column in ("node", "started_at", "ctx_voluntary", "rss_max_bytes"):
            assert row[column] == "", column
        assert abs(float(row["little_err"])) < 0.03 or row["arrival"] == "poisson", row
    assert {row["model"] for row in table} == {"free", "paper"}
    workers = rows(out, "workers")
    assert len(workers) == 4 * len(table)
    assert {row["core"] for row in workers} == {"0", "1", "2", "3"}
    assert rows(out, "windows") and {row["metric"] for row in rows(out, "hist")} >= {"lat_req_ns"}


def test_the_twins_of_a_pair_differ_by_chance_alone(small):
    _, out = small
    pairs = {}
    for row in rows(out):
        if row["label"] in ("A", "B"):
            key = (row["block"], row["workload"], row["model"], row["rate_share"])
            pairs.setdefault(key, {})[row["label"]] = row
    assert pairs
    for key, pair in pairs.items():
        one, other = (float(pair[label]["requests"]) for label in "AB")
        assert one != other and abs(one / other - 1) < 0.5, key


def test_an_open_loop_runs_at_its_share_of_the_simulated_capacity(small):
    _, out = small
    table = rows(out)
    (capacity,) = {row["throughput_rps"] for row in table if row["label"] == "capacity"}
    shared = [row for row in table if row["rate_share"] and row["label"] != "capacity"]
    assert len(shared) == 2 * 2 * 3  # blocks, shares, a pair and one more
    for row in shared:
        wanted = round(float(row["rate_share"]) * float(capacity))
        assert float(row["rate_target_rps"]) == wanted


def test_two_runs_and_any_number_of_jobs_write_the_same_bytes(small, tmp_path):
    suite, out = small
    same_bytes(out, simulated(suite, tmp_path / "two", "--jobs", "2", "--quiet"))
    same_bytes(out, simulated(suite, tmp_path / "five", "--jobs", "5", "--quiet"))
    other = simulated(suite, tmp_path / "seed", "--seed", "2", "--quiet")
    assert rows(other)[0]["requests"] != rows(out)[0]["requests"]


def test_shards_merge_to_the_whole(small, tmp_path):
    suite, out = small
    shards = [simulated(suite, tmp_path / f"s{i}", "--shard", f"{i}/3", "--quiet")
              for i in (1, 2, 3)]
    done = subprocess.run([str(ETUDE), "merge", *map(str, shards), "--out", str(tmp_path / "all")],
                          capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    for table in ("trials", "workers", "windows", "hist"):
        assert rows(tmp_path / "all", table) == rows(out, table), table


def test_kill_9_loses_and_doubles_nothing(small, tmp_path):
    suite, whole = small
    out, rng, finished = tmp_path / "out", random.Random(5), []
    for _ in range(15):
        running = subprocess.Popen(command(suite, out, "--quiet"))
        try:
            running.wait(timeout=rng.uniform(0.01, 0.3))
        except subprocess.TimeoutExpired:
            running.kill()
        running.wait(timeout=BOUND_S)
        path = out / "journal.jsonl"
        text = path.read_text() if path.exists() else ""
        now = text[:text.rfind("\n") + 1].splitlines()
        assert now[:len(finished)] == finished
        finished = now
    same_bytes(whole, simulated(suite, out, "--quiet"))


def test_ctrl_c_finishes_the_trial_and_says_how_to_go_on(tmp_path):
    suite, out = write_suite(tmp_path, **(SMALL | {"blocks": 500})), tmp_path / "out"
    running = subprocess.Popen(command(suite, out), stderr=subprocess.PIPE, text=True)
    assert running.stderr.readline(), "the line of the first finished trial"
    running.send_signal(signal.SIGINT)
    _, talk = running.communicate(timeout=BOUND_S)
    assert running.returncode == 130
    assert "run the same command again" in talk
    assert [row["trial_id"] for row in rows(out)]


def test_costs_that_changed_are_another_run(small, tmp_path):
    suite, _ = small
    out = tmp_path / "out"
    changed = write_suite(tmp_path, **(SMALL | {"models": {
        "free": {"costs": "zero"}, "paper": {"costs": {"base": "nsdi22", "poll_ns": 1}}}}))
    simulated(suite, out, "--quiet")
    before = content(out)
    done = sim(changed, out)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert 'in "models", in "paper"' in done.stderr
    assert content(out) == before


@pytest.mark.parametrize(("changes", "named"), [
    ({"factors": SMALL["factors"] | {"cores": 1025}}, "cores"),
    ({"factors": SMALL["factors"] | {"cores": 1024, "threads_per_core": 2}}, "1024 workers"),
    ({"factors": SMALL["factors"] | {"scheduler": "fif"}}, "fif"),
    ({"models": {"free": {"costs": "zeros"}, "paper": {}}}, "models.free.costs"),
    ({"models": {"free": {"delivry": "direct"}, "paper": {}}}, "delivry"),
    ({"workloads": SMALL["workloads"] | {"plain": {"path": "/spin?us=x"}}}, "/spin?us=x"),
    ({"workloads": SMALL["workloads"] | {"own": {"path": "/plaintext"}}}, "never ends"),
    ({"workloads": SMALL["workloads"] | {"own": {"simulated": {"service": "exp:x"}}}},
     "workloads.own.simulated.service"),
    ({"workloads": SMALL["workloads"] | {"own": {"simulated": {"service": "empirical:no.csv"}}}},
     "no.csv"),
])
def test_bad_input_is_one_line_exit_2_and_nothing_written(tmp_path, changes, named):
    done = sim(write_suite(tmp_path, **(SMALL | changes)), tmp_path / "out")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert named in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [("--cores", "0"), ("--costs", "none-such"), ("--jobs", "0"),
                                     ("--shard", "3/2"), ("--only", "model=dear")])
def test_bad_options_are_one_line_too(tmp_path, options):
    suite = write_suite(tmp_path, **(SMALL | {"models": {"free": {}}, "points": [
        {"workload": "own"}]}))
    done = sim(suite, tmp_path / "out", *options)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_ignores_models_and_refuses_what_has_no_path(tmp_path):
    points = [{"workload": "plain", "model": ["free", "paper"]}]
    changes = SMALL | {"points": points}
    done = run(write_suite(tmp_path, **changes), tmp_path / "out", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "6 trials" in done.stdout, "two blocks of a pair and one more, whatever the model"
    done = run(write_suite(tmp_path, **SMALL), tmp_path / "out")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert '"own" has no path' in done.stderr
    assert not (tmp_path / "out").exists()


def test_other_servers_are_left_out_with_a_word(tmp_path):
    factors = {"scheduler": "fifo", "connections": 4, "workload": "plain",
               "subject": ["etude", "ceiling", OTHER]}
    suite = write_suite(tmp_path, **(SMALL | {"factors": factors, "points": [{}], "aa": False,
                                              "blocks": 1}))
    out = simulated(suite, tmp_path / "out", "--quiet")
    by_subject = {row["subject"]: row for row in rows(out)}
    assert by_subject["etude"]["requests"] != ""
    for subject in ("ceiling", "other"):
        assert by_subject[subject]["status"] == "skipped_not_simulated"
        assert subject in by_subject[subject]["reasons"]


def test_cores_replace_those_of_the_suite(small, tmp_path):
    suite, _ = small
    out = simulated(suite, tmp_path / "out", "--cores", "33", "--blocks", "1", "--quiet")
    assert {row["cores"] for row in rows(out)} == {"33"}


def test_bursts_and_traces_say_what_they_are(tmp_path):
    (tmp_path / "times.csv").write_text("0\n10\n30\n90\n")
    arrivals = {"bursts": {"kind": "on_off", "on": "exp:500", "off": "exp:500"},
                "trace": {"kind": "trace", "file": "times.csv"}}
    suite = write_suite(tmp_path, **(SMALL | {
        "aa": False, "models": {"free": {"costs": "zero"}}, "points": [{}],
        "workloads": {name: {"simulated": {"service": "fixed:5", "arrivals": how}}
                      for name, how in arrivals.items()},
        "factors": {"scheduler": "fifo", "connections": 16, "arrival": "poisson",
                    "workload": ["bursts", "trace"], "rate_rps": 20000}}))
    table = rows(simulated(suite, tmp_path / "out", "--quiet"))
    assert {row["arrival"] for row in table} == {"on_off", "trace"}
    for row in table:
        if row["arrival"] == "trace":
            assert float(row["throughput_rps"]) == pytest.approx(20000, rel=0.01)


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_every_shipped_suite_can_be_planned(suite, tmp_path):
    done = sim(suite, tmp_path / "out", "--dry-run", "--costs", costs_file(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "trials, seed" in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_report_is_drawn_of_simulated_trials_alone_and_beside_measured_ones(tmp_path):
    suite = ROOT / "experiments" / "suites" / "smoke.json"
    model = simulated(suite, tmp_path / "model", "--blocks", "3", "--costs", costs_file(tmp_path),
                      "--quiet")
    assert "simulated" in report(model, out=tmp_path / "alone")
    # The same rows, as if they had been measured: each has then a simulated one beside it.
    real = shutil.copytree(model, tmp_path / "real")
    table = [row | {"source": "real", "model": "", "run_id": "measured"} for row in rows(model)]
    with (real / "trials.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    report(real, model, out=tmp_path / "both")
    with (tmp_path / "both" / "tables" / "simulated.csv").open(newline="") as file:
        beside = list(csv.DictReader(file))
    assert {row["series"].split(" ")[0] for row in beside} == {"fifo", "work-stealing"}
    assert {float(row["error"]) for row in beside} == {0.0}


def test_a_resumed_run_has_one_journal_line_for_each_trial(small):
    _, out = small
    assert len(journal_ids(out)) == len(set(journal_ids(out))) == len(rows(out))
