"""Style that can be checked is checked here, not remembered.

Each rule is one test; its complaints read "file:line: what is wrong: remedy". The rules about
words stand in the table WORDS, the ones that need more than a word follow it. How the sources are
read stands in tests/tidy_sources.py.
"""

import re
import subprocess

import pytest

from tests.tidy_sources import (ROOT, all_files, code_of, cpp_functions,
                                headers_read_first, include_flags, python_functions,
                                scheduler_names, text_of)

LINES_MAX, COLUMNS_MAX, FUNCTION_LINES_MAX = 300, 100, 60

# Where a rule looks: prefixes of paths from the root, and endings.
CPP = (".h", ".cpp", ".c")
CODE = CPP + (".py", ".sh", "CMakeLists.txt", ".ci/run")
EVERYWHERE = ("",)
# What must not stand in the sources; written in two parts, or this file would complain of itself.
UNFINISHED = r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b"
MACHINE_PATHS = r"(?<![\w.])/(wo" r"rk|ro" r"ot|ho" r"me)/"

# name: (pattern, where it is looked for, where it may stand, remedy). Comments are not looked at,
# but for the first two rows.
WORDS = {
    "nothing unfinished": (UNFINISHED, (EVERYWHERE, CODE), (), "finish it, or delete it"),
    "no path of one machine": (MACHINE_PATHS, (EVERYWHERE, CODE + (".md", ".json")), (),
                               "start from the root of the project"),
    "core knows no scheduler and no experiment": (
        r'#include "(schedulers|experiments|tests)/', (("core/",), CPP), (),
        "core/ may use core/ only; hand the thing in by a constructor"),
    "schedulers see the seam only": (
        r'#include "(?!schedulers/|core/(scheduler|task|types|failure|counters|random)\.h)',
        (("schedulers/",), CPP), (), "use the seam's headers; the rest is the driver's"),
    "schedulers have no thread, sleep, clock, output": (
        r"std::(thread|jthread|this_thread|chrono|condition_variable|cout|cerr)\b|\bthread_local\b"
        r"|\w*printf\b|fmt::print|\w*sleep\w*\(|clock_gettime|Clock\b|monotonic_ns",
        (("schedulers/",), CPP), (), "a scheduler is passive: its driver does that"),
    "schedulers allocate nothing while they run": (
        r"\bnew\b(?! \()|\b(m|c|re)alloc\(|std::(deque|list|queue|function)\b",
        (("schedulers/",), CPP), (), "take the memory in the constructor, link tasks intrusively"),
    "no using namespace in a header": (
        r"\busing namespace\b", (EVERYWHERE, (".h",)), (), "name what is used"),
    "no macros": (r"^\s*#\s*define\b", (EVERYWHERE, CPP), (), "a function or a constant does it"),
    "Boost.Context has one owner": (
        r"#include <boost/context", (EVERYWHERE, CPP),
        ("core/runtime/context", "experiments/microbench/floor_bench"), "go through Context"),
    "Boost.Math has one owner": (
        r"#include <boost/(?!context)", (EVERYWHERE, CPP), ("experiments/harness/sequential",),
        "go through weigh()"),
    "libevent has one owner": (
        r"#include <(event2/|event\.h|evdns|evhttp)", (EVERYWHERE, CPP), ("core/runtime/reactor",),
        "go through the reactor"),
    "llhttp has one owner": (
        r"#include <llhttp", (EVERYWHERE, CPP), ("core/http/parser", "core/http/field_parser"),
        "go through the parser"),
    "the clock has one owner": (
        r"\b(system|steady|high_resolution)_clock\b|\b(clock_gettime|gettimeofday)\("
        r"|\bstd::time\(|\btime\((0|nullptr)\)", (("core/", "schedulers/", "experiments/"), CPP),
        ("core/clock",), "use core/clock.h"),
    "randomness has one owner": (
        r"#include <random>|std::(mt19937|random_device|shuffle)|\b[ls]?rand(48|om)?\(",
        (EVERYWHERE, CPP), ("core/random",), "use core/random.h, with a seed"),
    "sources are listed by name": (
        r"\bGLOB(_RECURSE)?\b", (EVERYWHERE, ("CMakeLists.txt",)), (), "list the files"),
    "tests do not sleep to wait": (
        r"this_thread::sleep|\bu?sleep\(|\bnanosleep\(|time\.sleep|^\s*sleep\b",
        (("tests/",), CPP + (".py", ".sh")), ("tests/tidy_test.py",),
        "wait for the thing itself: a latch, a line read, select with a time limit"),
    "warnings stay on": (
        r"#pragma GCC diagnostic|\bNOLINT\b|no_sanitize", (EVERYWHERE, CPP),
        (), "mend what the warning names"),
}

# Longer than LINES_MAX and better so, with the reason. Keep it empty.
LONG_FILES = {}

TOP_LEVEL = {"CMakeLists.txt", "core", "schedulers", "experiments", "analysis", "tests",
             "README.md", "LICENSE", "CHANGELOG.md", ".ci", ".devcontainer", ".clang-format",
             ".clang-tidy", ".gitignore"}


def check(complaints):
    complaints = list(complaints)
    assert not complaints, "\n" + "\n".join(complaints)


def files(prefixes=EVERYWHERE, endings=CODE):
    return [path for path in all_files() if path.startswith(prefixes) and path.endswith(endings)]


@pytest.mark.parametrize("name", WORDS)
def test_words(name):
    pattern, (prefixes, endings), allowed, remedy = WORDS[name]
    with_comments = name in list(WORDS)[:2]
    check(f"{path}:{number}: {name}: {remedy}"
          for path in files(prefixes, endings) if not (allowed and path.startswith(allowed))
          for number, line in enumerate(
              (text_of(path) if with_comments else code_of(path)).splitlines(), 1)
          if re.search(pattern, line))


def test_experiments_name_no_concrete_scheduler():
    names = "|".join(scheduler_names())
    check(f"{path}:{number}: names the scheduler {match[1]}: take it from the suite, the command "
          "line or schedulers/registry.h"
          for path in files(("experiments/", "core/"), CPP)
          for number, line in enumerate(code_of(path).splitlines(), 1)
          for match in re.finditer(rf'"({names})"', line))


def test_files_are_short():
    check(f"{path}:1: {length} lines, above {LINES_MAX}: a file does one thing; split it"
          for path in files() if (length := len(text_of(path).splitlines())) > LINES_MAX
          and path not in LONG_FILES)


def test_lines_end_by_the_last_column():
    check(f"{path}:{number}: {len(line)} columns, above {COLUMNS_MAX}: break the line"
          for path in files() for number, line in enumerate(text_of(path).splitlines(), 1)
          if len(line) > COLUMNS_MAX)


def test_functions_fit_a_screen():
    found = [(path, *function) for path in files(endings=CPP) for function in cpp_functions(path)]
    found += [(path, *function) for path in files(endings=(".py",))
              for function in python_functions(path)]
    check(f"{path}:{line}: {length} lines of one function, above {FUNCTION_LINES_MAX}: give a "
          f"part of it a name ({head})" for path, line, length, head in found
          if length > FUNCTION_LINES_MAX)


def test_headers_begin_with_their_name_and_are_guarded():
    for wanted in ("// {path}", "#pragma once"):
        check(f"{path}:1: a contract with a guard: write the line {line}"
              for path in files(endings=(".h",)) for line in [wanted.format(path=path)]
              if line not in text_of(path).splitlines())


def test_headers_compile_alone():
    flags = include_flags()
    # The build has compiled what a source includes first; the others are compiled here.
    known = headers_read_first()
    headers = [path for path in files(("core/", "schedulers/", "experiments/"), (".h",))
               if path not in known]
    assert headers, "no header is left: is this still how sources are found?"
    # Two at a time; -w, because #pragma once warns in what is compiled as the main file.
    compiler = ["g++", "-std=c++20", "-fsyntax-only", "-w", *flags, "-x", "c++"]
    result = subprocess.run(["xargs", "-P", "2", "-n", "4", *compiler], input="\n".join(headers),
                            cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, f"include what is used:\n{result.stderr}"


def test_cpp_is_formatted():
    command = ["clang-format", "--dry-run", "--Werror", *files(endings=(".h", ".cpp"))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300,
                            check=False)
    first_in_file = {line.split(":")[0]: line for line in reversed(result.stderr.splitlines())
                     if ": error: " in line}
    check(f"{path}:{line.split(':')[1]}: not as clang-format writes it: clang-format -i {path}"
          for path, line in sorted(first_in_file.items()))
    assert result.returncode == 0, result.stderr


def test_every_source_is_in_the_build():
    listed = "".join(code_of(path) for path in files(endings=("CMakeLists.txt",)))
    check(f"{path}:1: in no CMakeLists.txt: list it, or delete it"
          for path in files(endings=(".cpp",))
          if not re.search(rf"\b{path.split('/')[-1].removesuffix('.cpp')}\b", listed))


def test_top_level_holds_the_rooms_only():
    ignored = {"build", "results", "CMakeUserPresets.json", ".git", ".cache", ".pytest_cache"}
    found = {entry.name for entry in ROOT.iterdir()
             if entry.name not in ignored and not entry.name.startswith("build-")}
    check(f"{name}:1: not a room: put it into one" for name in sorted(found - TOP_LEVEL))
    check(f"{name}:1: missing at the top level" for name in sorted(TOP_LEVEL - found))


def test_links_lead_somewhere():
    check(f"{path}:{number}: {target} is not there: mend the link"
          for path in files(endings=(".md",))
          for number, line in enumerate(text_of(path).splitlines(), 1)
          for target in re.findall(r"\]\(([^)#\s]+)", line)
          if "://" not in target and not (ROOT / path).parent.joinpath(target).exists())
