"""Goal: who has the installed package and no clone can write a scheduler or a task program against
it in five lines of CMake, run it, read man pages, and install a component alone.
Method: `cmake --install` into a folder that is moved afterwards; the sources of outside/ and
outside_task/ built against it, and what comes out of them served, simulated and held to promises.
"""

import csv
import json
import re
import shutil

import pytest

from tests.packaging.installed import BUILD, ROOT, files, prefix, run
from tests.serve.running import server_of

LINES_OF_CMAKE = 5


@pytest.fixture(scope="module", name="built")
def built_outside(tmp_path_factory):
    """build("outside") is a build folder of a copy of tests/packaging/outside."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def build(name):
        source, made = folder / name, folder / f"{name}-build"
        if not made.exists():
            shutil.copytree(ROOT / "tests/packaging" / name, source)
            run("cmake", "-S", source, "-B", made, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix()}")
            run("ninja", "-C", made)
        return made
    return build


@pytest.fixture(scope="module", name="plugin")
def plugin_of(built):
    return built("outside") / "libleast_given.so"


@pytest.mark.parametrize("name", ["outside", "outside_task"])
def test_it_takes_five_lines(name):
    lines = (ROOT / "tests/packaging" / name / "CMakeLists.txt").read_text().splitlines()
    assert len(lines) == LINES_OF_CMAKE and "find_package(etude REQUIRED)" in lines


def test_an_outside_scheduler_serves(plugin):
    with server_of([prefix() / "bin/etude", "serve", "--port", "0", "--cores", "0", "--scheduler",
                    plugin, "--set", "probes=2"]) as server:
        assert "scheduler least-given" in server.ready_line
        assert server.get("/plaintext") == "Hello, World!"
        assert server.stats()["scheduler"] == "least-given"
        assert server.end() == 0


def test_an_outside_scheduler_is_simulated(plugin, tmp_path):
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps({
        "blocks": 1, "warmup_s": 0.01, "duration_s": 0.1, "models": {"paper": {"costs": "nsdi22"}},
        "workloads": {"plain": {"path": "/spin?us=20&dist=exp"}},
        "factors": {"scheduler": [str(plugin), "fifo"], "cores": 4, "connections": 16,
                    "workload": "plain", "model": "paper"}}))
    run(prefix() / "bin/etude", "sim", suite, "--out", tmp_path / "out", "--quiet")
    with (tmp_path / "out/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["scheduler"] for row in rows} == {str(plugin), "fifo"}
    assert all(int(row["requests"]) > 0 and row["errors"] == "0" for row in rows), rows


def test_an_outside_scheduler_is_held_to_the_promises(plugin):
    said = run(prefix() / "bin/etude_conformance", "--gtest_filter=*/least_given_*",
               ETUDE_SCHEDULER=str(plugin))
    passed = re.search(r"\[  PASSED  \] (\d+) tests", said)
    assert passed and int(passed[1]) >= 10 and "least_given_x64" in said, said[-2000:]


def test_an_outside_task_program_runs(built):
    assert run(built("outside_task") / "count_up", "work-stealing") == "100 fibers\n"


def test_nothing_remembers_where_it_was_built():
    for path in sorted((prefix() / "lib").rglob("*.cmake")):
        assert str(ROOT) not in path.read_text(), path
        assert str(BUILD) not in path.read_text(), path


@pytest.mark.parametrize(("component", "has", "has_not"), [
    ("programs", "bin/etude", "include"),
    ("development", "include/etude/core/scheduler.h", "share"),
    ("analysis", "lib/python3/dist-packages/etude_analysis/tree/analysis/page/report.css", "bin")])
def test_a_component_comes_alone(tmp_path, component, has, has_not):
    run("cmake", "--install", BUILD, "--prefix", tmp_path, "--component", component)
    assert has in files(tmp_path)
    assert not (tmp_path / has_not).exists()


def test_there_is_a_man_page_for_each_command_with_its_options():
    etude = prefix() / "bin/etude"
    listed = run(etude, "--help").split("Subcommands:\n")[1]
    commands = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    pages = {path.name for path in (prefix() / "share/man/man1").iterdir()}
    assert pages == {"etude.1", *(f"etude-{command}.1" for command in commands)}
    for command in ("run", "sim", "pack"):
        page = (prefix() / f"share/man/man1/etude-{command}.1").read_text().replace("\\-", "-")
        assert f".TH ETUDE-{command.upper()} " in page
        assert f"etude-{command} - " in page, "apropos reads this line"
        for option in re.findall(r"^  (?:-\w,)?(--[\w-]+)", run(etude, command, "--help"),
                                 re.MULTILINE):
            assert option in page, f"{command} {option}"
        assert "Example: etude" in page.replace("\\fB", "").replace("\\fR", "")


def test_bash_finds_the_completion():
    script = (prefix() / "share/bash-completion/completions/etude").read_text()
    assert script == run(prefix() / "bin/etude", "completion")
