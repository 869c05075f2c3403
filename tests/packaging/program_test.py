"""Goal: the program says which one it is, and bash completes what it really takes.
Method: --version against CMakeLists.txt; the printed completion script, asked by bash itself.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
VERSION = re.search(r"project\(etude VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def completed(*words):
    """What bash offers for the last of `words`."""
    script = ('source <("$0" completion); COMP_WORDS=(etude "$@"); COMP_CWORD=$#; _etude; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    return output("bash", "-c", script, str(BUILD / "etude"), *words).split()


def test_the_version_is_that_of_the_build_description():
    first, commit, compiler, build_type = output(BUILD / "etude", "--version").splitlines()
    assert first == f"etude {VERSION}"
    assert re.fullmatch(r"commit ([0-9a-f]{12}(-dirty)?|unknown(-dirty)?)", commit)
    assert re.fullmatch(r"compiler \w+ \d+\.\d+\.\d+", compiler)
    assert build_type.startswith("build type ")


def test_every_command_and_option_of_help_is_completed():
    listed = output(BUILD / "etude", "--help").split("Subcommands:\n")[1]
    commands = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    assert len(commands) > 10
    assert set(commands) <= set(completed(""))
    for command in commands:
        text = output(BUILD / "etude", command, "--help")
        options = re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE)
        assert set(options) <= set(completed(command, "--")), command


@pytest.mark.parametrize(("words", "offered"), [
    (("ser",), ["serve"]),
    (("serve", "--acceptor", "re"), ["reuseport"]),
    (("serve", "-s", "work"), ["work-stealing"]),
    (("load", "--mode", ""), ["batch", "window"])])
def test_values_are_completed(words, offered):
    assert completed(*words) == offered


def test_a_file_is_completed(tmp_path):
    (tmp_path / "my-suite.json").touch()
    assert completed("run", f"{tmp_path}/my") == [f"{tmp_path}/my-suite.json"]
