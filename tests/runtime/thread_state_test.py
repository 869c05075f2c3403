"""Goal: no compiler keeps errno's address, or a thread_local's, across a switch of fibers.

Method: the server as it was built is looked at (thread_state.py says for what), and what suspends
in it once more as clang compiles it, where clang is installed. Three functions that are wrong on
purpose, compiled by both, show that the look would find it.
"""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.runtime.thread_state import faults, functions, may_suspend

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
SOURCES = ("core/runtime/fiber.cpp", "core/runtime/worker.cpp", "core/runtime/tcp_stream.cpp",
           "core/runtime/context.cpp", "core/http/connection.cpp", "core/http/session.cpp")
CLANG = [name for name in ("clang++-16", "clang++") if shutil.which(name)][:1]
COMPILERS = ["g++", *CLANG]
LIMIT_S = 280

# clang 14, the default of Debian 12, has no std::source_location. Where a message points to does
# not matter here.
STAND_IN = """
#include <source_location>
#ifndef __cpp_lib_source_location
namespace std {
struct source_location {
  static constexpr source_location current() noexcept { return {}; }
  constexpr const char* file_name() const noexcept { return ""; }
  constexpr const char* function_name() const noexcept { return ""; }
  constexpr unsigned line() const noexcept { return 0; }
};
}
#endif
"""

WRONG = """
#include <cerrno>
#include "core/runtime/context.h"

int keeps_errno(etude::Context& from, etude::Context& to) {
  errno = 0;
  etude::Context::switch_to(from, to);
  return errno;
}

thread_local int counter = 0;
int keeps_counter(etude::Context& from, etude::Context& to) {
  ++counter;
  etude::Context::switch_to(from, to);
  return ++counter;
}

int keeps_errno_across_a_call(etude::Context& from, etude::Context& to) {
  errno = 0;
  while (keeps_counter(from, to) < 9) errno = errno + 1;
  return errno;
}
"""


def search_paths(source):
    """The options that tell where the build finds the headers of one of its sources."""
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    command = next(e["command"] for e in entries if e["file"] == str(ROOT / source))
    words = shlex.split(command)
    return [word for at, word in enumerate(words)
            if word.startswith("-I") or "-isystem" in (word, words[at - 1])]


def compiled(compiler, level, source, to, options=()):
    stand_in = to.with_name("source_location.h")
    stand_in.write_text(STAND_IN)
    subprocess.run([compiler, "-std=c++20", level, "-DNDEBUG", "-I", ROOT, *options,
                    "-include", stand_in, "-c", source, "-o", to],
                   check=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
    return functions(to)


def held(bodies, indirect=False):
    suspending = may_suspend(bodies, indirect)
    assert any("sleep_for" in name for name in suspending), "the look has lost its object"
    assert not faults(bodies, suspending)


def test_the_server_keeps_nothing_per_thread_across_a_switch():
    held(functions(BUILD / "etude"))


@pytest.mark.parametrize("compiler", CLANG)
def test_nor_does_it_as_clang_compiles_it(compiler, tmp_path):
    bodies = {}
    for source in SOURCES:
        bodies |= compiled(compiler, "-O3", ROOT / source, tmp_path / "part.o",
                           search_paths(source))
    held(bodies, indirect=True)


@pytest.mark.parametrize("level", ["-O2", "-O3"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_what_is_kept_would_be_found(compiler, level, tmp_path):
    (tmp_path / "wrong.cpp").write_text(WRONG)
    bodies = compiled(compiler, level, tmp_path / "wrong.cpp", tmp_path / "wrong.o")
    found = " ".join(faults(bodies, may_suspend(bodies)))
    for name in ("keeps_errno", "keeps_counter", "keeps_errno_across_a_call"):
        assert name in found, found
