#!/usr/bin/env python3
"""A results directory as one file that others can check: etude pack, etude verify.

    python3 analysis/archive.py pack results/quick                 # results/quick.zip
    python3 analysis/archive.py pack results/guide --claims experiments/claims/guide.json
    python3 analysis/archive.py verify results/quick.zip           # draws the report again

The file holds NAME/ (suite, environment, records, tables), NAME/report/ as drawn from those files,
claims/, pack.json (what it was drawn with) and SHA256SUMS, which `sha256sum -c` reads. Two packs of
one directory are equal, byte by byte. verify draws the report from the records inside and compares
each of its files; nothing of the machine it ran on is needed.

Exit: 0 done, all as packed; 1 a checksum or a redrawn file differs, each named; 2 bad input, said
      in one line, with nothing written.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import interpreter  # noqa: E402  the path has to stand first
from analysis.failure import InputError  # noqa: E402

SCHEMA = 1
SUMS, ABOUT = "SHA256SUMS", "pack.json"
# What a run leaves, in the order of reading; env-*.json are those of further machines.
NEEDED = ("suite.json", "env.json", "trials.csv")
RECORDS = (*NEEDED, "comparisons.csv", "workers.csv", "windows.csv", "hist.csv", "journal.jsonl")
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib")
BYTES_MAX = 16 << 30  # unpacked: beyond that a file of a few kilobytes could fill the disk
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold


def main(argv: list[str]) -> int:
    """The command. argv: sys.argv."""
    interpreter.ensure(argv)
    options = _options(argv[1:])
    try:
        return options.work(options)
    except InputError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
    except (OSError, zipfile.BadZipFile) as error:
        subject = getattr(error, "filename", None) or options.path
        print(f"{options.command}: {subject}: {getattr(error, 'strerror', None) or error}; "
              "name another file or directory", file=sys.stderr)
    return 2


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="archive.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("pack", epilog="example: etude pack results/quick")
    one.add_argument("path", metavar="DIR", help="a results directory")
    one.add_argument("--out", metavar="FILE", help="the file to write (default: DIR.zip)")
    one.add_argument("--claims", action="append", default=[], metavar="FILE",
                     help="a claims file to judge and to pack; may be given again")
    one.set_defaults(work=pack)
    other = commands.add_parser("verify", epilog="example: etude verify results/quick.zip")
    other.add_argument("path", metavar="FILE", help="a file that etude pack wrote")
    other.add_argument("--checksums-only", action="store_true", help="draw nothing")
    other.set_defaults(work=verify)
    return parser.parse_args(arguments)


def pack(options: argparse.Namespace) -> int:
    """Writes the file: all of it, or nothing."""
    source = Path(options.path).resolve()
    out = Path(options.out or f"{source}.zip")
    records = _records(source)
    claims = {f"claims/{Path(path).name}": Path(path).resolve() for path in options.claims}
    for path in (path for path in claims.values() if not path.is_file()):
        raise InputError(str(path), "is no file", "name a claims file, or drop --claims")
    if len(claims) < len(options.claims):
        raise InputError("--claims", "has two files of one name", "rename one of them")
    if not out.absolute().parent.is_dir():
        raise InputError(str(out), "lies in no directory", "make it, or name another --out")
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.absolute().parent) as scratch:
        room = Path(scratch)
        for name, path in {**records, **claims}.items():
            (room / name).parent.mkdir(parents=True, exist_ok=True)
            (room / name).symlink_to(path)
        _draw(room, source.name, list(claims))
        about = {"schema": SCHEMA, "directory": source.name, "claims": list(claims),
                 "libraries": _versions()}
        (room / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        names = sorted(path.relative_to(room).as_posix() for path in room.rglob("*")
                       if path.is_file())
        sums = "".join(f"{_sha256(room / name)}  {name}\n" for name in names)
        (room / SUMS).write_text(sums, encoding="utf-8")
        made = room / "made.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for name in [SUMS, *names]:
                _add(file, room / name, name)
        made.replace(out)
    print(f"packed {len(names)} files of {source} into {out} ({out.stat().st_size:,} bytes); "
          f"etude verify {out} checks it", file=sys.stderr)
    return 0


def _records(source: Path) -> dict[str, Path]:
    """Name in the file -> path, of what a run left in `source`."""
    if not source.is_dir():
        raise InputError(str(source), "is no directory", "name what `etude run --out` wrote")
    for name in NEEDED:
        if not (source / name).is_file():
            raise InputError(str(source), f"has no {name}",
                             "name what `etude run --out` wrote, or merged/ of a submission")
    names = [name for name in RECORDS if (source / name).is_file()]
    names += sorted(path.name for path in source.glob("env-*.json"))
    return {f"{source.name}/{name}": source / name for name in names}


def _draw(room: Path, name: str, claims: list[str]) -> None:
    """room/NAME/report, by paths that are the same wherever `room` is."""
    command = [sys.executable, str(Path(__file__).resolve().parent / "report.py"), name, "--quiet"]
    for path in claims:
        command += ["--claims", path]
    done = subprocess.run(command, cwd=room, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no word from report.py"])[-1]
        raise InputError(name, f"no report can be drawn ({last.removeprefix('report: ')})",
                         "mend what it names")


def _add(file: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with path.open("rb") as source, file.open(entry, "w", force_zip64=True) as target:
        while piece := source.read(1 << 20):
            target.write(piece)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def verify(options: argparse.Namespace) -> int:
    """Unpacks beside nothing of the user's, compares, and says what differs."""
    path = Path(options.path)
    with tempfile.TemporaryDirectory(prefix="etude-verify-") as scratch:
        room = Path(scratch) / "packed"
        about = _unpack(path, room)
        wrong, count = _checked(room)
        for line in wrong:
            print(line)
        print(f"{path}: {count} checksums, {len(wrong)} wrong")
        if wrong or options.checksums_only:
            return 1 if wrong else 0
        again = Path(scratch) / "again"
        name = about["directory"]
        for entry in [room / name, *([room / "claims"] if about["claims"] else [])]:
            for part in (part for part in entry.iterdir() if part.is_file()):
                (again / entry.name).mkdir(parents=True, exist_ok=True)
                os.link(part, again / entry.name / part.name)
        _draw(again, name, about["claims"])
        return _compared(room / name / "report", again / name / "report", about, path)


def _unpack(path: Path, room: Path) -> dict:
    """What pack.json says. Nothing is written outside of `room`, whatever the names inside."""
    if not path.is_file():
        raise InputError(str(path), "is no file", "name what `etude pack` wrote")
    if not zipfile.is_zipfile(path):
        raise InputError(str(path), "is no zip", "name what `etude pack` wrote")
    with zipfile.ZipFile(path) as file:
        if not {SUMS, ABOUT} <= set(file.namelist()):
            raise InputError(str(path), f"has no {SUMS} and {ABOUT}",
                             "name what `etude pack` wrote")
        for entry in file.infolist():
            parts = PurePosixPath(entry.filename).parts
            if entry.filename.startswith("/") or ".." in parts or not parts:
                raise InputError(str(path), f"holds {entry.filename!r}, which leads outside",
                                 "do not unpack it: etude pack writes no such name")
        if sum(entry.file_size for entry in file.infolist()) > BYTES_MAX:
            raise InputError(str(path), f"unpacks to more than {BYTES_MAX >> 30} GiB",
                             "do not unpack it, unless you know who wrote it")
        file.extractall(room)
    try:
        about = json.loads((room / ABOUT).read_text(encoding="utf-8"))
        names = [PurePosixPath(about["directory"]), *map(PurePosixPath, about["claims"])]
        inside = all(not name.is_absolute() and ".." not in name.parts and (room / name).exists()
                     for name in names)
        whole = about["schema"] == SCHEMA and inside and len(names[0].parts) == 1
        whole = whole and all(name.parts[:-1] == ("claims",) for name in names[1:])
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise InputError(f"{path}: {ABOUT}", "is not as etude pack of this version writes it",
                         "pack the results again, or verify with the version that packed them")
    return about


def _checked(room: Path) -> tuple[list[str], int]:
    """One line for each file that is not as SHA256SUMS says, and how many it lists."""
    listed = {}
    for line in (room / SUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    found = {path.relative_to(room).as_posix() for path in room.rglob("*") if path.is_file()}
    wrong = [f"{name}: is missing" for name in sorted(set(listed) - found)]
    wrong += [f"{name}: is in no line of {SUMS}" for name in sorted(found - set(listed) - {SUMS})]
    wrong += [f"{name}: has another checksum" for name in sorted(found & set(listed))
              if _sha256(room / name) != listed[name]]
    return wrong, len(listed)


def _compared(packed: Path, drawn: Path, about: dict, path: Path) -> int:
    """Says which files of the two reports differ; the exit code."""
    names = sorted({file.relative_to(report).as_posix() for report in (packed, drawn)
                    for file in report.rglob("*") if file.is_file()})
    differ = [name for name in names if not _same(packed / name, drawn / name)]
    for name in differ:
        print(f"{about['directory']}/report/{name}: differs from what the records give")
    figures = sum(name.startswith("figures/") for name in names)
    print(f"{path}: {len(names)} files of the report redrawn ({figures} of figures), "
          f"{len(differ)} differ")
    if differ and about["libraries"] != _versions():
        print("drawn with " + ", ".join(
            f"{name} {version}, here {_versions()[name]}"
            for name, version in about["libraries"].items() if version != _versions().get(name)))
    return 1 if differ else 0


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
