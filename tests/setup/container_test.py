"""Goal: the container needs nothing but Debian and this tree.

Method: where podman or buildah is installed, it is built; everywhere, its instructions are read
and each path and package group that they name is looked up in the tree.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = ROOT / "experiments" / "container" / "Containerfile"
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "CMD"}


def instructions() -> list[list[str]]:
    return [line.split(maxsplit=1) for line in CONTAINERFILE.read_text().splitlines()
            if line and not line.startswith("#")]


def groups_of_packages() -> set[str]:
    lines = (ROOT / "experiments" / "packages.txt").read_text().splitlines()
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def test_instructions_name_what_is_there():
    read = instructions()
    assert read[0] == ["FROM", "docker.io/library/debian:12-slim"]
    assert {word for word, _ in read} == KNOWN
    for word, rest in read:
        scripts = re.findall(r"[\w/.-]+\.sh", rest)
        copied = rest.split()[:-1] if word == "COPY" else []
        for path in scripts + copied:
            assert (ROOT / path).exists(), f"{word} {rest}: there is no {path}"
        if "setup.sh" in rest and word == "RUN":
            asked = set(rest.split("setup.sh")[1].split())
            assert asked and asked <= groups_of_packages(), rest
    assert json.loads(read[-1][1]) == ["bash", "experiments/quickstart.sh"]


def test_setup_has_what_it_reads_before_the_tree_is_copied():
    read = instructions()
    first_run = next(i for i, (word, _) in enumerate(read) if word == "RUN")
    copied = {path for word, rest in read[:first_run] if word == "COPY"
              for path in rest.split()[:-1]}
    setup = (ROOT / "experiments" / "setup.sh").read_text()
    assert copied == {"experiments/setup.sh", *re.findall(r"=(experiments/[\w.]+)", setup)}


def test_devcontainer_uses_it():
    folder = ROOT / ".devcontainer"
    build = json.loads((folder / "devcontainer.json").read_text())["build"]
    assert (folder / build["dockerfile"]).resolve() == CONTAINERFILE
    assert (folder / build["context"]).resolve() == ROOT


def test_it_builds_where_a_builder_is():
    builder = next(filter(shutil.which, ("podman", "buildah")), None)
    if builder is None:  # the scripts that it runs are at least scripts
        for word, rest in instructions():
            for path in re.findall(r"[\w/.-]+\.sh", rest):
                subprocess.run(["bash", "-n", str(ROOT / path)], check=True, timeout=20)
        return
    subprocess.run([builder, "build", "-f", str(CONTAINERFILE), "-t", "etude-test", str(ROOT)],
                   check=True, timeout=1500)
