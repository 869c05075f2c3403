"""Goal: a README or a comment speaks of no name that the sources no longer have.

Method: of all that stands in backticks in a Markdown file or a comment of C++, and of all calls
written as name() in such comments, what looks like one of our identifiers (snake_case, CamelCase
of two words, kConstant) must occur in the code: in a source of any kind without its comments. What
is meant for another program, or belongs to an example, is listed with the reason. A file that is
spoken of by its path is tracked, and a long option in backticks stands in the code.
"""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = (".cpp", ".h", ".py", ".sh", ".txt", ".json", ".cmake", ".in", ".pml", ".js", ".css",
        ".html")
NAME = re.compile(r"(?:\w+(?:::|\.|->))*"
                  r"([a-z]+(?:_[a-z0-9]+)+_?|[A-Z][a-z]+(?:[A-Z][a-z0-9]*)+|k[A-Z]\w+)(?:\(\))?")
CALL = re.compile(r"(?:\w+(?:::|\.))*(\w+)\(\)")
# Name: why it stands in no source.
ELSEWHERE = {"TwoChoices": "the scheduler that schedulers/README.md has its reader write"}
# The same for files and options.
MADE_BY_READERS = {
    "schedulers/two_choices.h": "the scheduler that schedulers/README.md has its reader write",
    "schedulers/two_choices.cpp": "the scheduler that schedulers/README.md has its reader write",
    "experiments/simulator/costs/this-machine.json": "what a calibration writes",
    "slurm/shard.sh": "written by `etude submit` into the results directory",
    "--variant": "an option of debootstrap, not of ours",
}

SAID_PATH = re.compile(r"(?<![\w./<$*-])((?:[a-z][\w-]*/)+[\w.-]+\.(?:cpp|h|py|sh|json|pml|md))\b")
OPTION = re.compile(r"--[a-z][a-z-]+[a-z]")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                            check=False)
    if listed.returncode == 0:
        return listed.stdout.split()
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")  # a tree without its history
            if path.is_file() and path.relative_to(ROOT).parts[0] not in ("build", "results")]


def without_comments(name: str, text: str) -> str:
    if name.endswith((".cpp", ".h")):
        return re.sub(r"//.*", "", text)
    if name.endswith((".py", ".sh", ".txt", ".cmake")):
        return re.sub(r"(^|\s)#.*", "", text)
    return text


def names_in(name: str, text: str) -> set[str]:
    """What a Markdown file or the comments of a source say of identifiers."""
    if name.endswith(".md"):
        words, calls = re.findall(r"`([^`\n]+)`", text), []
    else:
        comments = "\n".join(re.findall(r"//(.*)", text))
        words, calls = re.findall(r"`([^`\n]+)`", comments), re.findall(r"\b\w+\(\)", comments)
    found = [NAME.fullmatch(word.strip()) for word in words]
    found += [CALL.fullmatch(word.strip()) for word in [*words, *calls]]
    return {match[1] for match in found if match}


def stale(files: dict[str, str]) -> list[str]:
    known: set[str] = set(ELSEWHERE)
    for name, text in files.items():
        if name.endswith(CODE):
            known |= set(re.findall(r"[A-Za-z_]\w*", without_comments(name, text)))
    return sorted(f"{name}: {word}" for name, text in files.items()
                  if name.endswith((".md", ".h", ".cpp"))
                  for word in names_in(name, text) - known)


def test_every_name_that_is_spoken_of_is_there():
    files = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
             for name in tracked()
             if name.endswith((*CODE, ".md")) and (ROOT / name).is_file()}
    assert len(files) > 200, "the look has lost its object"
    assert not stale(files)


def test_a_name_that_is_gone_would_be_found():
    files = {"a.h": "// Calls old_way(), see `Gone::by_now` and `kGone`; `here_it_is`, here().\n"
                    "void here_it_is(); int here;", "README.md": "`LostClass` `plain` `a b`"}
    assert stale(files) == ["README.md: LostClass", "a.h: by_now", "a.h: kGone", "a.h: old_way"]


def spoken(name: str, text: str) -> str:
    """The prose of a file: a Markdown file, or the comments of a source."""
    return text if name.endswith(".md") else "\n".join(re.findall(r"//(.*)", text))


def gone(files: dict[str, str]) -> list[str]:
    """Paths of files that are not there, and options that no source has."""
    code = "\n".join(text for name, text in files.items() if name.endswith(CODE))
    options = set(OPTION.findall(code))
    # "simulator/README.md" may be said from above it, "http/app.h" in its own room.
    ends = {"/".join(Path(name).parts[-length:]) for name in files
            for length in range(1, len(Path(name).parts) + 1)}
    ends |= set(MADE_BY_READERS)
    options |= set(MADE_BY_READERS)
    lost = []
    for name, text in files.items():
        if not name.endswith((".md", ".h", ".cpp")):
            continue
        prose = spoken(name, text)
        lost += [f"{name}: {path}" for path in SAID_PATH.findall(prose) if path not in ends]
        for words in re.findall(r"`([^`\n]+)`", prose):
            lost += [f"{name}: {option}" for option in OPTION.findall(words)
                     if option not in options and name.endswith(".md")]
    return sorted(set(lost))


def test_every_file_and_option_that_is_spoken_of_is_there():
    assert not gone({name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
                     for name in tracked()
                     if name.endswith((*CODE, ".md")) and (ROOT / name).is_file()})


def test_a_file_or_option_that_is_gone_would_be_found():
    files = {"core/a.h": "// As core/b.h and old/c.h say.\n", "core/b.h": "",
             "x.py": 'add("--kept")', "README.md": "`core/d.py`, `a --kept`, `a --lost 1`, --prose"}
    assert gone(files) == ["README.md: --lost", "README.md: core/d.py", "core/a.h: old/c.h"]
