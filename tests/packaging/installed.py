"""An installed Etude for tests: what `cmake --install` writes, moved to another place afterwards,
so that nothing in it may remember where it was put, or where it was built.
"""

import os
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.serve.running import BUILD, ROOT

LIMIT_S = 600  # bounds a machine that is busy; each step takes seconds


def run(*command, code=0, cwd=None, **environment):
    """stdout and stderr of a command that has to end with `code`."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False,
                          cwd=cwd, env=kept | environment)
    assert done.returncode == code, f"{command}: exit {done.returncode}:\n{done.stdout[-4000:]}"
    return done.stdout


@cache
def prefix() -> Path:
    """The place it was moved to; made once for all tests of the process."""
    folder = Path(mkdtemp(prefix="etude-installed-"))
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    (folder / "first").rename(folder / "then")
    return folder / "then"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


__all__ = ["BUILD", "ROOT", "files", "prefix", "run"]
