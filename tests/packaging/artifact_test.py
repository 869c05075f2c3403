"""Goal: a reviewer can type what artifact.md says, and a citation names this version.
Method: each command of its code blocks is looked at without being run for minutes: suites are
planned, other commands' options are looked up in --help, and each path is there or made before.
"""

import re
import shlex

import pytest

from tests.packaging.installed import BUILD, ROOT, run

TEXT = (ROOT / "experiments/artifact.md").read_text()
COMMANDS = [shlex.split(line, comments=True)
            for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
            for line in block.splitlines()]
ETUDE = BUILD / "etude"


def test_each_claim_has_its_command_time_and_tolerance():
    claims = re.findall(r"^\| (C\d+) \|", TEXT, re.MULTILINE)
    assert len(claims) >= 9 and claims == [f"C{i + 1}" for i in range(len(claims))]
    sections = re.findall(r"^### (C\d.*?)\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE)
    for claim in claims:
        of_claim = [(head, body) for head, body in sections
                    if claim in re.findall(r"C\d+", head.split("(")[0])]
        assert len(of_claim) == 1, claim
        head, body = of_claim[0]
        assert re.search(r"\(\d+ minutes?", head) and "```sh" in body and " if " in body, claim


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_can_be_typed(words, tmp_path):
    program, *rest = words
    if program == "build/etude" and rest[0] in ("run", "sim"):
        planned = [*rest[:rest.index("--out")], "--out", tmp_path / "out", "--dry-run",
                   *rest[rest.index("--out") + 2:]]
        assert re.search(r"[1-9]\d* (trials|comparisons)", run(ETUDE, *planned, cwd=ROOT))
    elif program == "build/etude":
        known = run(ETUDE, "--help") + (run(ETUDE, rest[0], "--help") if rest[0][0] != "-" else "")
        assert all(word in known for word in rest if word.startswith("--")), words
    elif program == "ctest":
        name = rest[rest.index("--tests-regex") + 1]
        described = "".join(path.read_text() for path in (ROOT / "tests").rglob("CMakeLists.txt"))
        assert f"add_test(NAME {name}_" in described or f"etude_test({name}" in described
    else:
        assert program == "bash" or "analysis/report.py" in rest, words


def test_each_path_is_there_or_made_before():
    made = {"results/smoke", "results/smoke.zip"}  # by quickstart.sh and etude pack
    for words in COMMANDS:
        for word in words[1:]:
            if word.startswith("results/"):
                assert word in made or words[words.index(word) - 1] == "--out", words
            elif "/" in word and not word.startswith("-"):
                assert (ROOT / word).exists(), words
        if "--out" in words:
            made.add(words[words.index("--out") + 1])


def test_the_citation_names_this_version_and_licence():
    text = (ROOT / "experiments/CITATION.cff").read_text()
    fields = dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))
    version = re.search(r"project\(etude VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert fields["version"] == version and fields["license"] == "Apache-2.0"
    assert {"cff-version", "message", "title", "authors"} <= set(fields) | set(
        re.findall(r"^([\w-]+):", text, re.MULTILINE))
    project = (ROOT / "analysis/pyproject.toml").read_text()
    assert f'version = "{version}"' in project
