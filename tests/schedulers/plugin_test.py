"""Goal: a scheduler compiled outside of the tree serves, is measured in a suite and held to the
same promises; and one that does not fit is refused before anything starts.
Method: the files of schedulers/README.md, compiled by the command that stands there.
"""

import csv
import json
import os
import subprocess

import pytest

from tests.schedulers.readme import ROOT, code_blocks
from tests.serve.running import BUILD, LIMIT_S, serve, serve_refuses


def compile_object(folder, changes=()):
    """Follows the README in `folder`, after changes [(old, new)] to mine.cpp."""
    header = next(code for language, code in code_blocks("Add a scheduler") if language == "cpp")
    (language, source), (shell, command) = code_blocks("Load one from outside the tree")
    assert (language, shell) == ("cpp", "sh")
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    (folder / "two_choices.h").write_text(header)
    (folder / "mine.cpp").write_text(source)
    # -O0 comes last and counts: what is compiled here is loaded, not measured.
    subprocess.run(command.strip() + " -O0", shell=True, cwd=folder, check=True, timeout=LIMIT_S,
                   env=os.environ | {"ETUDE": str(ROOT)})
    return folder / "libmine.so"


@pytest.fixture(scope="module", name="loaded")
def loaded_once(tmp_path_factory):
    return compile_object(tmp_path_factory.mktemp("mine"))


def test_it_serves(loaded):
    with serve(scheduler="./libmine.so", cwd=loaded.parent) as server:
        assert "scheduler mine" in server.ready_line
        assert server.get("/plaintext") == "Hello, World!"
        assert server.stats()["scheduler"] == "mine"
        assert server.end() == 0


def test_it_is_measured_in_a_suite(loaded, tmp_path):
    suite = tmp_path / "loaded.json"
    suite.write_text(json.dumps({
        "blocks": 1, "warmup_s": 0, "duration_s": 0.2, "retries": 0,
        "workloads": {"plaintext": {"path": "/plaintext"}},
        "factors": {"scheduler": str(loaded), "connections": 4, "workload": "plaintext",
                    "placement": "shared"}}))
    done = subprocess.run([BUILD / "etude", "run", suite, "--out", tmp_path / "out"],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert str(loaded) in (tmp_path / "out/trials.csv").read_text()


# Mitzenmacher's limit of many workers: the mean sojourn is the sum of load^(2^i - 2), i >= 1, mean
# services. With 200 workers the finite number adds up to 0.8 % at load .9.
def test_its_mean_sojourn_is_mitzenmachers(loaded, tmp_path):
    cores, service_us, loads = 200, 10, (0.3, 0.5, 0.7, 0.9)
    suite = tmp_path / "theory.json"
    suite.write_text(json.dumps({
        "blocks": 1, "warmup_s": 0.003, "duration_s": 60,
        "models": {"textbook": {"costs": "zero", "delivery": "direct", "client": "ideal",
                                "assignment": "each_request", "requests_max": 300_000}},
        "workloads": {"exponential": {"simulated": {"service": f"exp:{service_us}"}}},
        "factors": {"scheduler": str(loaded), "connections": 16384, "workload": "exponential",
                    "arrival": "poisson", "cores": cores,
                    "rate_rps": [load * cores * 1e6 / service_us for load in loads]}}))
    done = subprocess.run([BUILD / "etude", "sim", suite, "--out", tmp_path / "out"],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out/trials.csv").open(newline="") as file:
        found = {float(row["offered_load"]): float(row["lat_req_mean_ns"]) / (1e3 * service_us)
                 for row in csv.DictReader(file)}
    for load in loads:
        theory = sum(load ** (2 ** i - 2) for i in range(1, 12))
        times = next(mean for known, mean in found.items() if abs(known - load) < 1e-6)
        assert times == pytest.approx(theory, rel=0.02), f"load {load}: {found}"


def test_it_is_held_to_the_promises(loaded):
    done = subprocess.run([BUILD / "tests/conformance_test", "--gtest_filter=*/mine_*"],
                          env=os.environ | {"ETUDE_SCHEDULER": str(loaded)}, capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout
    assert "[  PASSED  ]" in done.stdout
    assert "mine_x64" in done.stdout


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ("plugin{\n", "plugin{\n.interface_version = 999,", "has interface version 999, and this "),
    ("etude_scheduler_plugin()", "another()", "exports no function etude_scheduler_plugin"),
    ("return &plugin", "return nullptr", "hands out no scheduler"),
    ('"mine"', '"fifo"', "calls itself fifo, which is built in"),
    *(('"mine"', f'"{name}"', "calls itself") for name in (
        "null", "nan", "true", "1e5", "a,b", 'a\\"b', "NA", " mine", "a\\nb", "\\xff",
        "x" * 41))])
def test_one_that_does_not_fit_is_refused(tmp_path, old, new, complaint):
    path = compile_object(tmp_path, [(old, new)])
    said = serve_refuses("--scheduler", str(path), "--port", "0")
    assert said.startswith(f"etude: scheduler {path}: {complaint}"), said


def test_a_missing_file_is_refused():
    assert serve_refuses("--scheduler", "./none.so").startswith(
        "etude: scheduler ./none.so: cannot be loaded: cannot open shared object file: No such")


def test_a_file_of_another_kind_is_refused():
    assert "invalid ELF header" in serve_refuses("--scheduler", str(ROOT / "README.md"))


def test_it_cannot_be_explored(loaded):
    done = subprocess.run([BUILD / "etude", "explore", "--scheduler", loaded], capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 2
    assert "compiled for std::atomic only" in done.stderr
