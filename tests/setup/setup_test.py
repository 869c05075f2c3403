"""Goal: experiments/setup.sh installs only what is missing, asks for nothing when all is there,
and names what is missing when it may not install. Method: it runs with made-up dpkg-query,
apt-get, id and sudo, which note how they were called, on a PATH that has no others.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("awk", "bash", "dirname", "env", "sed")


class Machine:
    """A made-up Debian: which packages it has, who is asking, and what was run there."""

    def __init__(self, folder):
        self.bin, self.log, self.have = folder / "bin", folder / "log", folder / "have"
        self.bin.mkdir()
        self.log.touch()
        self.have.touch()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.command("dpkg-query", f"sed 's/^/installed:/' {self.have}; exit 1")

    def command(self, name, body):
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.log}\n{body}\n')
        path.chmod(0o755)

    def user(self, uid):
        self.command("id", f"echo {uid}")

    def with_apt(self, result="exit 0"):
        """An apt-get that installs each word that is no option, and then does `result`."""
        self.command("apt-get", 'if [[ " $* " == *" install "* ]]; then for word in "${@}"; do '
                     f'[[ $word == -* || $word == install ]] || echo "$word" >>{self.have}; done; '
                     f"{result}; fi")

    def install(self, *packages):
        self.have.write_text("".join(f"{package}\n" for package in packages))

    def setup(self, *groups):
        return subprocess.run([self.bin / "bash", ROOT / "experiments/setup.sh", *groups],
                              env={"PATH": str(self.bin)}, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60, check=False)

    def calls(self, name):
        return [line for line in self.log.read_text().splitlines() if line.startswith(name + " ")]


@pytest.fixture
def machine(tmp_path):
    made_up = Machine(tmp_path)
    made_up.user(0)
    made_up.with_apt()
    return made_up


def group(name):
    lines = (ROOT / "experiments/packages.txt").read_text().splitlines()
    return [line.split()[1] for line in lines if line.split()[:1] == [name]]


def test_does_nothing_when_all_is_there(machine):
    machine.user(1000)
    machine.install(*group("report"))
    result = machine.setup("report")
    assert result.returncode == 0, result.stderr
    assert machine.calls("apt-get") == []


def test_installs_only_what_is_missing_and_says_so_first(machine):
    first, *others = group("report")
    machine.install(*others)
    result = machine.setup("report")
    assert result.returncode == 0, result.stderr
    update, install = machine.calls("apt-get")
    assert "update" in update.split()
    assert [word for word in install.split() if word in group("report")] == [first]
    assert "--no-install-recommends" in install
    assert f"  {first}\n" in result.stderr


def test_works_again_when_run_again(machine):
    assert machine.setup("build", "report").returncode == 0
    calls = len(machine.calls("apt-get"))
    assert machine.setup("build", "report").returncode == 0
    assert len(machine.calls("apt-get")) == calls, "the second run should install nothing"


def test_names_what_is_missing_without_root_and_sudo(machine):
    machine.user(1000)
    first, *others = group("report")
    machine.install(*others)
    result = machine.setup("report")
    assert result.returncode == 2
    assert f"missing: {first}\n" in result.stderr
    assert f"apt-get install --no-install-recommends {first}\n" in result.stderr
    assert machine.calls("apt-get") == []


def test_uses_sudo_when_not_root_and_asks_for_no_password_without_terminal(machine):
    machine.user(1000)
    machine.command("sudo", 'shift; exec "$@"')
    result = machine.setup("report")
    assert result.returncode == 0, result.stderr
    assert all(call.startswith("sudo -n ") for call in machine.calls("sudo"))
    assert len(machine.calls("sudo")) == 2


def test_names_what_is_missing_when_sudo_refuses(machine):
    machine.user(1000)
    machine.command("sudo", "exit 1")
    result = machine.setup("report")
    assert result.returncode == 2
    assert f"missing: {' '.join(group('report'))}\n" in result.stderr


def test_names_what_is_missing_when_apt_fails(machine):
    machine.command("apt-get", "exit 100")
    result = machine.setup("report")
    assert result.returncode == 2
    assert f"missing: {' '.join(group('report'))}\n" in result.stderr


def test_names_what_is_missing_where_there_is_no_apt(machine):
    (machine.bin / "apt-get").unlink()
    result = machine.setup("report")
    assert result.returncode == 2
    assert f"missing: {' '.join(group('report'))}\n" in result.stderr


def test_unknown_group_names_the_known_ones(machine):
    result = machine.setup("kitchen")
    assert result.returncode == 2
    assert "kitchen" in result.stderr
    assert "build report test fuzz" in result.stderr
    assert machine.calls("apt-get") == []


def test_the_two_commands_and_ci_are_sound_shell():
    for script in ("experiments/setup.sh", "experiments/build.sh", "experiments/quickstart.sh",
                   "tests/run.sh", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), f"{script}: chmod +x"
        subprocess.run(["bash", "-n", ROOT / script], check=True, timeout=60)
