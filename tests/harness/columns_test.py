"""Goal: what `etude columns` says is what the tables hold and what the analysis checks.
Method: its CSV is compared with analysis/schema.py, and with the ends of the columns' names.
"""

import csv
import io
import subprocess

import pytest

from analysis import schema
from tests.serve.running import BUILD

TABLES = {"trials.csv": schema.TRIALS | schema.FURTHER, "hist.csv": schema.HIST,
          "comparisons.csv": schema.COMPARISONS}
# What a name ends in, and the unit that it promises.
ENDINGS = {"_ns": "ns", "_s": "s", "_bytes": "bytes", "_rps": "requests/s", "_frac": "fraction"}
UNITS = {schema.NANOS: ("ns",), schema.FRACTION: ("fraction", "probability")}


def etude(*words):
    return subprocess.run([BUILD / "etude", "columns", *words], capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.fixture(name="rows", scope="module")
def rows_fixture():
    found = etude("--csv")
    assert found.returncode == 0, found.stderr
    return list(csv.DictReader(io.StringIO(found.stdout)))


def columns_of(rows, table):
    return {row["column"]: row for row in rows if row["table"] == table}


@pytest.mark.parametrize("table", TABLES)
def test_the_analysis_knows_the_same_columns(rows, table):
    names = list(columns_of(rows, table))
    unknown = set(TABLES[table]) - set(names)
    assert not unknown, f"analysis/schema.py has columns that {table} has not: {unknown}"
    published = {"trials.csv": schema.TRIALS}.get(table, TABLES[table])
    assert names[:len(published)] == list(published)


@pytest.mark.parametrize("table", TABLES)
def test_units_are_those_that_the_analysis_checks(rows, table):
    columns = columns_of(rows, table)
    for name, kind in TABLES[table].items():
        unit = columns[name]["unit"]
        if kind in UNITS:
            assert unit in UNITS[kind], f"{table}: {name}"
        if not unit and kind.numeric:
            assert kind.whole, f"{table}: {name} is a measured number without a unit"


def test_a_name_that_ends_in_a_unit_has_that_unit(rows):
    for row in rows:
        for ending, unit in ENDINGS.items():
            if row["column"].endswith(ending):
                assert row["unit"] == unit, row


def test_each_has_a_meaning_and_stands_there_once(rows):
    assert all(row["meaning"] for row in rows)
    names = [(row["table"], row["column"]) for row in rows]
    assert len(names) == len(set(names))
    kinds = {row["kind"] for row in columns_of(rows, "workers.csv").values()}
    assert kinds == {"", "counter", "gauge"}


def test_one_table_alone_and_a_wrong_name():
    found = etude("workers.csv")
    assert found.returncode == 0
    assert found.stdout.startswith("workers.csv: one row is ")
    assert "steal_lost" in found.stdout and "lat_req_p99_ns" not in found.stdout
    wrong = etude("worker.csv")
    assert wrong.returncode == 2
    assert "worker.csv" in wrong.stderr and wrong.stdout == ""
