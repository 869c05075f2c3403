"""Goal: the Debian package installs on a Debian that has what it depends on, and runs from there.
Method: cpack in the build folder; dpkg reads the package, tries its dependencies, and unpacks it
into a folder.
"""

import csv
import re

import pytest

from tests.packaging.installed import BUILD, ROOT, run

VERSION = re.search(r"project\(etude VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]


@pytest.fixture(scope="module", name="package")
def made_by_cpack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deb")
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    found = list(folder.glob("*.deb"))
    assert [path.name for path in found] == [f"etude_{VERSION}_amd64.deb"]
    return found[0]


def test_it_depends_on_the_libraries_it_is_linked_with(package):
    needs = run("dpkg-deb", "--field", package, "Depends")
    for library in ("libc6", "libfmt9", "libevent-core-2.1-7", "libstdc++6"):
        assert re.search(rf"\b{re.escape(library)}\b", needs), needs


def test_dpkg_would_install_it(package):
    said = run("dpkg", "--no-act", "--install", package)
    assert "etude" in said and "dependency problems" not in said, said


def test_what_it_holds_runs(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    etude = tmp_path / "usr/bin/etude"
    assert run(etude, "--version").startswith(f"etude {VERSION}\n")
    run(etude, "sim", tmp_path / "usr/share/etude/suites/smoke.json", "--out", tmp_path / "out",
        "--quiet", "--only", "scheduler=fifo")
    with (tmp_path / "out/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows and all(int(row["requests"]) > 0 for row in rows), rows
    assert (tmp_path / "usr/share/doc/etude/copyright").is_file()
    assert (tmp_path / "usr/share/man/man1/etude-serve.1").is_file()
