"""Memory per idle connection: what the harness reads, and what a connection of ours may take."""

import ctypes
import json
import mmap
import subprocess

from tests.harness.runs import BOUND_S, ROOT, rows, run, run_command, write_suite

COLUMNS = ("rss_empty_bytes", "anon_empty_bytes", "mappings_empty", "rss_idle_bytes",
           "anon_idle_bytes", "mappings_idle", "rss_per_connection_bytes")
IDLE = {"plaintext": {"path": "/plaintext", "think_ms": 70}}
MADV_GUARD_INSTALL = 102
GROWTH_BYTES = 64 << 20  # of the scripted server, by FAKE_SERVE=grow


def mappings_per_guarded_stack() -> int:
    """0 where the kernel installs guards within a mapping (Linux 6.13), else 2."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    page = libc.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ | mmap.PROT_WRITE,
                     mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, ctypes.c_size_t(0))
    return 0 if libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(mmap.PAGESIZE),
                             MADV_GUARD_INSTALL) == 0 else 2


def test_the_growth_between_no_connection_and_all_of_them_is_shared_out(tmp_path):
    words = tmp_path / "words"
    suite = write_suite(tmp_path, blocks=1, workloads=IDLE)
    done = run(suite, tmp_path / "out", FAKE_SERVE="grow", FAKE_WORDS=str(words))
    assert done.returncode == 0, done.stderr
    loads = [line for line in words.read_text().splitlines() if line.startswith("load")]
    assert loads and all("--think 70ms" in line for line in loads)
    for row in rows(tmp_path / "out"):
        grown = int(row["rss_idle_bytes"]) - int(row["rss_empty_bytes"])
        assert GROWTH_BYTES <= grown < 1.5 * GROWTH_BYTES
        assert int(row["anon_idle_bytes"]) - int(row["anon_empty_bytes"]) >= GROWTH_BYTES
        assert int(row["mappings_idle"]) > int(row["mappings_empty"]) > 0
        assert float(row["rss_per_connection_bytes"]) == grown / int(row["connections"])


def test_memory_is_left_alone_where_nobody_idles(tmp_path):
    run(write_suite(tmp_path, blocks=1), tmp_path / "out")
    for row in rows(tmp_path / "out"):
        assert [row[column] for column in COLUMNS] == [""] * len(COLUMNS)


def test_an_idle_connection_of_ours_takes_at_most_5_kib_and_no_mapping(tmp_path):
    """The suite itself, at 4,096 connections: each has been served, and waits."""
    suite = json.loads((ROOT / "experiments/suites/memory.json").read_text())
    suite |= {"blocks": 1}
    suite.pop("aa")
    suite["points"] = [{"subject": "etude", "scheduler": ["fifo", "hybrid"], "connections": 4096,
                        "placement": "shared"}]
    path = tmp_path / "memory.json"
    path.write_text(json.dumps(suite))
    done = subprocess.run(run_command(path, tmp_path / "out"), capture_output=True, text=True,
                          timeout=BOUND_S, check=False)
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path / "out")
    assert len(table) == 2
    for row in table:
        assert row["errors"] == "0", row["reasons"]
        assert 0 < float(row["rss_per_connection_bytes"]) <= 5 * 1024
        mapped = int(row["mappings_idle"]) - int(row["mappings_empty"])
        assert mapped < 64 + 4096 * mappings_per_guarded_stack()
