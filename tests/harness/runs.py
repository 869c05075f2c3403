"""Runs of build/etude over the scripted server and client, for the harness's tests."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ETUDE = ROOT / "build" / "etude"
FAKE = Path(__file__).with_name("fake_programs.py")
BOUND_S = 120  # reached only when something hangs

SUITE = {
    "blocks": 2, "warmup_s": 0, "duration_s": 0.1,
    "workloads": {"plaintext": {"path": "/plaintext"}},
    "factors": {"scheduler": ["fifo", "work-stealing:order=fifo"], "connections": [16, 32],
                "workload": "plaintext", "placement": "shared"},
}


def environment(**manners: str) -> dict[str, str]:
    return os.environ | manners | {"ETUDE_SERVE": f"{sys.executable} {FAKE} serve",
                                   "ETUDE_LOAD": f"{sys.executable} {FAKE} load"}


def write_suite(directory: Path, **changes) -> Path:
    path = directory / "small.json"
    path.write_text(json.dumps(SUITE | changes))
    return path


def run_command(suite: Path, out: Path, *options: str) -> list[str]:
    return [str(ETUDE), "run", str(suite), "--out", str(out), *options]


def run(suite: Path, out: Path, *options: str, **manners: str) -> subprocess.CompletedProcess:
    return subprocess.run(run_command(suite, out, *options), env=environment(**manners),
                          capture_output=True, text=True, timeout=BOUND_S, check=False)


def rows(out: Path, table: str = "trials") -> list[dict[str, str]]:
    with (out / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def journal_ids(out: Path) -> list[str]:
    lines = (out / "journal.jsonl").read_text().splitlines()
    return [json.loads(line)["trial"]["trial_id"] for line in lines]


def content(directory: Path) -> dict[str, bytes]:
    """Every file with its bytes: what "unchanged" means."""
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
