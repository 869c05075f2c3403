"""Goal: a suite in shards on Slurm gives the tables of one run, each trial once, also when
a node or a task is killed.

Method: a real slurmctld with four slurmd on this machine; simulated suites of some seconds under a
directory with an odd name; the daemon of one node and the program of another task killed -9.
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.harness.runs import ETUDE, journal_ids
from tests.slurm.cluster import BOUND_S, Cluster, wait_for

TABLES = ("trials.csv", "workers.csv", "windows.csv", "hist.csv", "classes.csv")
SUITE = {
    "blocks": 4, "warmup_s": 0.01, "duration_s": 40, "retries": 0,
    "workloads": {"one": {"simulated": {"service": "exp:100"}}},
    "models": {"free": {"costs": "zero"}},
    "factors": {"scheduler": ["fifo", "shared-queue"], "cores": 4, "connections": [32, 64],
                "workload": "one", "model": "free"},
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    slurm = Cluster(tmp_path_factory.mktemp("slurm") / "c")
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The suite, and what one run of it writes."""
    folder = tmp_path_factory.mktemp("whole") / "it's 100%d $HOME"
    folder.mkdir()
    suite = folder / "a b.json"
    suite.write_text(json.dumps(SUITE))
    subprocess.run([str(ETUDE), "sim", str(suite), "--out", str(folder / "one"), "--quiet"],
                   check=True, timeout=BOUND_S)
    return suite, folder / "one"


def submit(cluster, suite, out, *options):
    return cluster.run(str(ETUDE), "submit", str(suite), "--out", str(out), "--sim", *options)


def status(cluster, out) -> dict:
    done = cluster.run(str(ETUDE), "status", str(out), "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def merged(cluster, out) -> Path:
    outcome = out / "slurm" / "outcome"
    wait_for(outcome.exists, f"{out} is merged", 2 * BOUND_S)
    assert outcome.read_text() == "merged\n"
    answer = status(cluster, out)
    assert answer["merge"] == "merged"
    assert {shard["state"] for shard in answer["shards"]} == {"done"}
    return out / "merged"


def assert_same(one, many):
    ids = journal_ids(many)
    assert len(ids) == len(set(ids)) == 16
    for table in TABLES:
        assert (many / table).read_bytes() == (one / table).read_bytes(), table


def processes_of(words: str) -> list[int]:
    """The simulations whose command line holds these words."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (OSError, ValueError):
            continue
        if line[0].endswith("/etude") and "sim" in line and any(words in word for word in line):
            found.append(int(entry.name))
    return found


def running(cluster, out) -> dict[int, str]:
    return {shard["shard"]: shard["node"] for shard in status(cluster, out)["shards"]
            if shard["state"] == "running" and shard["node"]
            and processes_of(f"{out}/shards/{shard['shard']}/")}


def test_two_kills_lose_and_double_nothing(cluster, whole):
    suite, one = whole
    out = suite.parent / "killed"
    done = submit(cluster, suite, out, "--shards", "4", "--no-report")
    assert done.returncode == 0, done.stderr
    shards = wait_for(lambda: (now := running(cluster, out)) and len(now) >= 2 and now,
                      "two shards run")
    (killed, _), (lost, node) = sorted(shards.items())[:2]
    cluster.kill_node(node)
    for pid in processes_of(f"{out}/shards/{killed}/"):
        os.kill(pid, signal.SIGKILL)
    try:
        assert_same(one, merged(cluster, out))
    finally:
        cluster.begin_node(node)
    assert (out / "shards" / str(killed) / "attempt-2").is_dir()
    log = (out / "slurm" / "merge.log").read_text()
    assert f"shards {killed} did not finish: submitted again" in log, log
    wait_for(lambda: "down" not in cluster.run("sinfo", "-h", "-o", "%T").stdout,
             "all nodes are up")


def test_a_shard_that_never_finishes_is_named(cluster, tmp_path):
    suite = tmp_path / "bad.json"
    suite.write_text(json.dumps(SUITE))
    out = tmp_path / "out"
    # Without Slurm the scripts are written all the same, and handed over later.
    subprocess.run([str(ETUDE), "submit", str(suite), "--out", str(out), "--sim", "--shards", "2",
                    "--no-report", "--again", "1"], env=os.environ | {"SLURM_CONF": "/dev/null"},
                   capture_output=True, timeout=BOUND_S, check=False)
    suite.write_text("{")
    done = cluster.run("bash", str(out / "slurm" / "submit.sh"))
    assert done.returncode == 0, done.stderr
    outcome = out / "slurm" / "outcome"
    wait_for(outcome.exists, "the merge job has ended")
    assert "shards 1 2 did not finish" in outcome.read_text()
    answer = status(cluster, out)
    assert [shard["state"] for shard in answer["shards"]] == ["failed", "failed"]
    assert "bad.json" in answer["shards"][0]["reason"]


def test_scripts_run_by_hand_without_slurm(whole):
    suite, one = whole
    out = suite.parent / "by hand"
    nobody = os.environ | {"SLURM_CONF": "/dev/null"}
    command = [str(ETUDE), "submit", str(suite), "--out", str(out), "--sim", "--shards", "3",
               "--no-report"]
    shown = subprocess.run([*command, "--dry-run"], env=nobody, capture_output=True, text=True,
                           timeout=BOUND_S, check=True).stdout
    assert not out.exists() and "#SBATCH --cpus-per-task=1" in shown
    refused = subprocess.run(command, env=nobody, capture_output=True, timeout=BOUND_S, check=False)
    assert refused.returncode == 1
    (suite.parent / "bin").mkdir()
    for program in ("bash", "cat"):
        (suite.parent / "bin" / program).symlink_to(shutil.which(program))
    alone = subprocess.run(["bash", str(out / "slurm" / "submit.sh")], capture_output=True,
                           env={"PATH": str(suite.parent / "bin")}, text=True, timeout=BOUND_S,
                           check=False)
    assert alone.returncode == 1 and alone.stderr.startswith("etude: sbatch: is not on this")
    assert alone.stderr.count("\n") == 1
    subprocess.run(["bash", str(out / "slurm" / "shard.sh"), "2"], env=nobody, check=True,
                   timeout=BOUND_S)
    subprocess.run(["bash", str(out / "slurm" / "merge.sh")], env=nobody, check=True,
                   timeout=BOUND_S)
    assert_same(one, out / "merged")


def test_measured_shards_have_nodes_for_themselves(whole, tmp_path):
    suite = tmp_path / "real.json"
    suite.write_text(json.dumps(SUITE | {"workloads": {"one": {"path": "/plaintext"}}}))
    command = [str(ETUDE), "submit", str(suite), "--out", str(tmp_path / "o"), "--dry-run"]
    shown = subprocess.run([*command, "--shards", "4"], capture_output=True, text=True,
                           timeout=BOUND_S, check=True).stdout
    assert "#SBATCH --exclusive" in shown and "--shard-by' 'block" in shown
    many = subprocess.run([*command, "--shards", "5"], capture_output=True, text=True,
                          timeout=BOUND_S, check=False)
    assert many.returncode == 2 and "this suite has 4 blocks" in many.stderr
