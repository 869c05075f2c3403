"""Goal: what `etude pack` wrote can be checked by somebody who has nothing else: a changed byte, a
figure that the records do not give and a file that does not belong are each named.
Method: a small simulated run, packed by the installed program and verified; then spoilt, each way.
"""

import hashlib
import json
import zipfile

import pytest

from tests.packaging.installed import files, prefix, run

SUMS = "SHA256SUMS"


def etude(*words, code=0):
    return run(prefix() / "bin/etude", *words, code=code)


@pytest.fixture(scope="module", name="packed")
def packed_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    suite = folder / "suite.json"
    suite.write_text(json.dumps({
        "blocks": 1, "warmup_s": 0.01, "duration_s": 0.1, "models": {"paper": {"costs": "nsdi22"}},
        "workloads": {"plain": {"path": "/spin?us=20&dist=exp"}},
        "factors": {"scheduler": ["fifo", "hybrid"], "cores": 4, "connections": 16,
                    "workload": "plain", "model": "paper"}}))
    etude("sim", suite, "--out", folder / "small", "--quiet")
    said = etude("pack", folder / "small")
    assert "packed" in said and "etude verify" in said
    assert (folder / "small.zip").is_file() and not (folder / "small/report").exists()
    return folder / "small.zip"


def contents(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def spoilt(source, path, change, sums_too=False):
    """A copy of the file with `change(parts)` done to its parts; at will with sums that fit."""
    parts = contents(source)
    change(parts)
    if sums_too:
        parts[SUMS] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n"
                              for name, data in parts.items() if name != SUMS).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def figure_of(parts):
    return next(name for name in sorted(parts) if name.startswith("small/report/figures/")
                and name.endswith(".png"))


def test_it_holds_suite_records_environment_report_and_checksums(packed, tmp_path):
    parts = contents(packed)
    assert {"small/suite.json", "small/env.json", "small/trials.csv", "small/journal.jsonl",
            "small/report/report.html", "pack.json", SUMS} <= set(parts)
    figure_of(parts)
    with zipfile.ZipFile(packed) as file:
        file.extractall(tmp_path)
    run("sha256sum", "--check", "--strict", "--quiet", SUMS, cwd=tmp_path)
    assert files(tmp_path) == set(parts)


def test_its_report_is_drawn_again_byte_by_byte(packed):
    said = etude("verify", packed)
    assert said.endswith(" 0 differ\n") and " 0 wrong\n" in said, said


def test_a_figure_that_the_records_do_not_give_is_named(packed, tmp_path):
    def change(parts):
        parts[figure_of(parts)] += b"x"
    path = spoilt(packed, tmp_path / "spoilt.zip", change, sums_too=True)
    said = etude("verify", path, code=1)
    assert f"{figure_of(contents(path))}: differs from what the records give\n" in said
    assert said.endswith(" 1 differ\n"), said


@pytest.mark.parametrize(("change", "complaint"), [
    (lambda parts: parts.update({"small/trials.csv": parts["small/trials.csv"] + b"\n"}),
     "small/trials.csv: has another checksum"),
    (lambda parts: parts.pop("small/env.json"), "small/env.json: is missing"),
    (lambda parts: parts.update({"small/more.csv": b""}), "small/more.csv: is in no line of")])
def test_what_the_checksums_do_not_say_is_named(packed, tmp_path, change, complaint):
    said = etude("verify", "--checksums-only", spoilt(packed, tmp_path / "spoilt.zip", change),
                 code=1)
    assert said.startswith(complaint) and said.endswith(" 1 wrong\n"), said


def bad_files(packed, folder):
    (folder / "text.zip").write_text("no zip")
    spoilt(packed, folder / "bare.zip", lambda parts: parts.pop("pack.json"))
    spoilt(packed, folder / "outside.zip", lambda parts: parts.update({"../out": b""}))
    spoilt(packed, folder / "other.zip",
           lambda parts: parts.update({"pack.json": b'{"schema": 999}'}))
    spoilt(packed, folder / "absolute.zip", lambda parts: parts.update(
        {"pack.json": json.dumps({"schema": 1, "directory": str(packed.parent / "small"),
                                  "claims": [], "libraries": {}}).encode()}))
    return {"none.zip": "is no file", "text.zip": "is no zip",
            "bare.zip": "has no SHA256SUMS and", "outside.zip": "which leads outside",
            "absolute.zip": "is not as etude pack of this",
            "other.zip": "is not as etude pack of this"}


def test_another_file_is_refused_in_one_line(packed, tmp_path):
    for name, problem in bad_files(packed, tmp_path).items():
        said = etude("verify", tmp_path / name, code=2)
        assert said.count("\n") == 1 and said.startswith(f"verify: {tmp_path / name}"), said
        assert problem in said
    assert not (tmp_path.parent / "out").exists()


def test_what_is_no_run_is_refused_in_one_line_and_nothing_is_written(packed, tmp_path):
    (tmp_path / "empty").mkdir()
    for words, problem in ((["empty"], "has no suite.json"), (["none"], "is no directory"),
                           ([packed.parent / "small", "--claims", "none"], "is no file"),
                           ([packed.parent / "small", "--out", "no/a.zip"], "no directory")):
        said = run(prefix() / "bin/etude", "pack", *words, code=2, cwd=tmp_path)
        assert said.count("\n") == 1 and said.startswith("pack: ") and problem in said, said
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
