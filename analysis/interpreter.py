"""Finds a python that has the four libraries of this package.

A machine often has a second python3 first in its PATH (pyenv, conda), while Debian's packages
belong to /usr/bin/python3. The command then goes on with that one instead of failing.

Errors: exit 2 with one line that names the missing packages, when no python here has them.
"""

import importlib.util
import os
import subprocess
import sys

DEBIAN_PYTHON = "/usr/bin/python3"
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib")


def missing() -> list[str]:
    """The libraries this interpreter lacks."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def ensure(argv: list[str]) -> None:
    """Returns when all libraries are here; else replaces the process with Debian's python.

    argv: the script and its arguments, as in sys.argv.
    """
    lacking = missing()
    if not lacking:
        return
    if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN_PYTHON) and _debian_has_them():
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *argv])
    packages = " ".join(f"python3-{name}" for name in lacking)
    print(f"{sys.executable}: no module named {', '.join(lacking)}; "
          f"run: apt-get install {packages}, and use {DEBIAN_PYTHON}", file=sys.stderr)
    raise SystemExit(2)


def _debian_has_them() -> bool:
    probe = ("import importlib.util, sys; "
             f"sys.exit(any(importlib.util.find_spec(n) is None for n in {LIBRARIES!r}))")
    try:
        return subprocess.run([DEBIAN_PYTHON, "-c", probe], check=False).returncode == 0
    except OSError:
        return False
