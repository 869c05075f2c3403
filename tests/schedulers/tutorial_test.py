"""Goal: who follows "Add a scheduler" in schedulers/README.md has a scheduler that keeps its
promises, survives explored schedules and can be measured.
Method: the text's own code blocks, put into a copy of the tree. Objects that the change cannot
alter are copied from the build instead of compiled: the rest takes seconds, all of it ten minutes.
"""

import csv
import json
import re
import shutil
import subprocess
from functools import cache

import pytest

from tests.schedulers.readme import ROOT, code_blocks
from tests.serve.running import BUILD

NAME = "two-choices"
TABLE = "kSchedulers"  # in schedulers/registry.h; a row alters whoever names it
CHANGED = ("schedulers/registry.h", "schedulers/CMakeLists.txt")
LIMIT_S = 900
LINES_MAX = 60


def follow_the_text(tree):
    """Does what the text says; returns the two new files and the one-line edits."""
    header, source, cmake, registry = (code for _, code in code_blocks("Add a scheduler"))
    new = {"schedulers/two_choices.h": header, "schedulers/two_choices.cpp": source}
    for path, code in new.items():
        (tree / path).write_text(code)
    include, row = registry.splitlines(keepends=True)
    insert(tree / "schedulers/registry.h", include, before='#include "schedulers/work_stealing.h"')
    insert(tree / "schedulers/registry.h", row, before="});", after="inline constexpr auto kSch")
    insert(tree / "schedulers/CMakeLists.txt", cmake, before="  parameter.cpp")
    return new, (include, row, cmake)


def insert(path, line, before, after=""):
    """Puts the line before the first line that begins with `before`, below one with `after`."""
    lines = path.read_text().splitlines(keepends=True)
    start = next(i for i, text in enumerate(lines) if text.startswith(after))
    place = next(i for i in range(start, len(lines)) if lines[i].startswith(before))
    lines.insert(place, line)
    path.write_text("".join(lines))


def copy_tree(target):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in listed.splitlines():
        if (ROOT / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target / path)


def untouched_objects():
    """The objects that the change cannot alter: what they read is unchanged, or is the registry's
    declarations, and nothing they read names its table of rows."""
    listing = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], capture_output=True, text=True,
                             check=True).stdout
    blocks = [block.splitlines() for block in listing.split("\n\n") if "(VALID)" in block]
    return [block[0].split(":")[0] for block in blocks
            if not any(line.strip().endswith(CHANGED) for line in block[1:])
            or not any(names_the_table(BUILD / line.strip()) for line in block[1:])]


@cache
def names_the_table(path):
    path = path.resolve()
    return (path.is_relative_to(ROOT) and not path.as_posix().endswith(CHANGED)
            and TABLE in path.read_text(encoding="utf-8"))


def build(tree):
    """Builds etude and the conformance test, without what only speed or a debugger needs."""
    (tree / "untouched.txt").write_text("\n".join(untouched_objects()))
    launcher = tree / "compile.sh"
    launcher.write_text(
        'object=$(printf "%s\\n" "$@" | grep --max-count=1 "[.]o$")\n'
        f'if grep -qxF "$object" {tree}/untouched.txt; then cp {BUILD}/"$object" "$object"\n'
        'else exec "$@"; fi\n')
    launchers = [f"-DCMAKE_{language}_COMPILER_LAUNCHER=sh;{launcher}" for language in ("C", "CXX")]
    run("cmake", "-S", tree, "-B", tree / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -fno-lto", *launchers)
    run("ninja", "-C", tree / "build", "etude", "conformance_test")


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=LIMIT_S, check=False, **more)
    assert done.returncode == 0, f"{command}:\n{done.stdout[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module", name="tree")
def tree_with_the_new_policy(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tree")
    copy_tree(tree)
    follow_the_text(tree)
    build(tree)
    return tree


def test_it_is_one_short_pair_and_one_line_in_each_of_two_files(tmp_path):
    (tmp_path / "schedulers").mkdir()
    for path in CHANGED:
        shutil.copy(ROOT / path, tmp_path / path)
    new, edits = follow_the_text(tmp_path)
    assert sum(len(code.splitlines()) for code in new.values()) <= LINES_MAX
    include, row, cmake = edits
    assert re.fullmatch(r'#include "schedulers/two_choices\.h"\n', include)
    assert re.fullmatch(r" +scheduler_row<.*\),\n", row)
    assert re.fullmatch(r" +two_choices\.cpp\n", cmake)


def test_it_keeps_its_promises(tree):
    said = run(tree / "build/tests/conformance_test", "--gtest_filter=*two_choices*")
    passed = re.search(r"\[  PASSED  \] (\d+) tests", said)
    assert passed and int(passed[1]) >= 10, said


def test_it_survives_explored_schedules(tree):
    said = run(tree / "build/etude", "explore", "--scheduler", NAME, "--schedules", "1000",
               cwd=tree)
    assert re.search(rf"{NAME} .*: 1000 schedules, .* 0 failures", said), said


def test_it_can_be_measured(tree):
    suite = tree / "tutorial.json"
    suite.write_text(json.dumps({
        "blocks": 1, "warmup_s": 0.1, "duration_s": 0.3, "retries": 0,
        "workloads": {"plaintext": {"path": "/plaintext", "expect_body": "Hello, World!"}},
        "factors": {"scheduler": [NAME, "fifo"], "connections": 16, "workload": "plaintext",
                    "placement": "shared"}}))
    run(tree / "build/etude", "run", suite, "--out", tree / "out")
    with (tree / "out/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["scheduler"] for row in rows) == ["fifo", NAME]
    assert all(int(row["requests"]) > 0 and row["errors"] == "0" for row in rows), rows
