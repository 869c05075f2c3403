"""Goal: no scheduler knows which driver runs it.
Method: read the build. schedulers/ includes nothing of a driver; each of its sources is compiled
once, and server, simulator, conformance and theory tests link that one archive. No other code of
ours holds a policy over std::atomic. The explorer alone compiles the same headers once more, over
atomics of its own: that is how it controls what they do."""

import json
import re
import subprocess

import pytest

from tests.tidy_sources import BUILD, ROOT, all_files, code_of

POLICIES = ("Fifo", "WorkStealing", "Hybrid", "SharedQueue")
ARCHIVE = "schedulers/libetude_schedulers.a"
# The program with `etude serve`, `run`, `sim` and `explore`, and two tests that drive schedulers.
DRIVERS = ("etude", "tests/conformance_test", "tests/theory_test")


def compiled():
    """Source, as its path from the root -> object, for each compile step."""
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    return [(entry["file"].removeprefix(f"{ROOT}/"),
             re.search(r" -o (\S+) ", entry["command"])[1]) for entry in entries]


def symbols(path):
    """Demangled names that the file defines."""
    done = subprocess.run(["nm", "-C", "--defined-only", str(BUILD / path)], check=True,
                          capture_output=True, text=True, timeout=60)
    return done.stdout


def test_schedulers_include_no_driver():
    sources = [path for path in all_files()
               if path.startswith("schedulers/") and path.endswith((".h", ".cpp"))]
    assert len(sources) > 10
    for path in sources:
        found = re.findall(r'#include "((?:experiments|core/runtime|core/http|tests)/[^"]+)"',
                           code_of(path))
        assert not found, f"{path} includes {found}"


def test_each_policy_is_compiled_once():
    # parameter.cpp is no policy, and schedulers from outside the tree bring it along.
    found = [source for source, _ in compiled()
             if source.startswith("schedulers/") and source != "schedulers/parameter.cpp"]
    assert sorted(found) == sorted(set(found)), "compiled into two targets"
    assert {"schedulers/fifo.cpp", "schedulers/work_stealing.cpp", "schedulers/hybrid.cpp",
            "schedulers/shared_queue.cpp"} <= set(found)


@pytest.mark.parametrize("program", DRIVERS)
def test_every_driver_links_the_same_archive(program):
    query = subprocess.run(["ninja", "-C", str(BUILD), "-t", "query", program], check=True,
                           capture_output=True, text=True, timeout=60).stdout
    inputs = query.split("outputs:")[0].split()
    assert ARCHIVE in inputs, query
    assert not [name for name in inputs if re.match(r"schedulers/.*\.o$", name)], query


def test_only_the_archive_holds_policies_over_the_real_atomics():
    assert all(f"etude::{name}<std::atomic>::next" in symbols(ARCHIVE) for name in POLICIES)
    drivers = [path for path in BUILD.rglob("libetude_*.a")
               if path.relative_to(BUILD).as_posix() != ARCHIVE]
    assert any("simulator" in path.name for path in drivers)
    for path in drivers:
        found = re.findall(rf"etude::(?:{'|'.join(POLICIES)})<std::atomic>::(?:next|submit)",
                           symbols(path.relative_to(BUILD)))
        assert not found, f"{path.name} holds {set(found)}"


def test_the_explorer_compiles_the_same_headers_over_its_own_atomics():
    text = code_of("experiments/explorer/explored_schedulers.cpp")
    assert "kSchedulers<Atomic>" in text
    held = symbols("experiments/explorer/libetude_explorer.a")
    assert all(f"etude::{name}<etude::explorer::Atomic>::next" in held for name in POLICIES)
