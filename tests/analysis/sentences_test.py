"""Goal: each sentence at the head of a report is true of the table of verdicts, and it says nothing
that the table does not hold.
Method: tables drawn at random over schedulers, loads, metrics and verdicts; every number and every
statement of each sentence is looked up again, by other means, in the table."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis import findings, sentences
from analysis.comparisons_file import DIRECTIONS

CANDIDATES = ("work-stealing", "hybrid", "shared-queue", "ceiling")
LOADS = ("plaintext ×16, 256 connections", "plaintext ×16, 4,096 connections",
         "json, 256 connections", "json, 16,384 connections")


def drawn(seed: int) -> pd.DataFrame:
    """A table of findings; the shares of the verdicts vary from seed to seed."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.6] * 4)
    rows = []
    for metric in rng.permutation(findings.METRIC_ORDER)[:rng.integers(1, 4)]:
        for place, load in enumerate(LOADS[:rng.integers(1, 5)]):
            for candidate in CANDIDATES[:rng.integers(1, 5)]:
                rows.append(row(rng, metric, place, load, candidate, shares))
    return pd.DataFrame(rows, columns=findings.COLUMNS[:-2])


def row(rng, metric, place, load, candidate, shares) -> tuple:
    verdict = rng.choice(["differs", "equivalent", "undecided", "cannot"], p=shares)
    ratio = float(np.exp(rng.normal(0, 0.1)))
    if verdict == "equivalent":
        ratio = float(rng.uniform(0.99, 1.01))
    control = "bare" if candidate == "ceiling" else ""
    direction = DIRECTIONS[metric][0 if ratio > 1 else 1] if verdict == "differs" else ""
    open_ = verdict == "undecided"
    more = float(rng.integers(1, 60)) if open_ and rng.random() < 0.8 else np.nan
    moved = open_ and rng.random() < 0.3
    return (metric, "x", control, load, (load.split(",")[0], place, 0.0), "fifo", candidate, "duet",
            "", 12, ratio, ratio * 0.99, ratio * 1.01, 0.02, verdict, direction,
            "the A/A pair differs by +3.0 %" if moved else
            "under the 4.5 % that an A/A pair reaches" if open_ else "", more, more * 2.6,
            "8 server cores" if verdict == "cannot" else "")


@pytest.fixture(params=range(60))
def case(request):
    table = drawn(request.param)
    return table, sentences.generate(table)


def asked(table):
    return table[table["control"] == ""]


def test_there_are_at_most_five_and_each_is_one_sentence(case):
    _, said = case
    assert 1 <= len(said) <= 5
    assert all(text.endswith(".") and "\n" not in text and text.count(". ") == 0 for text in said)


def test_what_could_not_be_judged_stands_last(case):
    _, said = case
    kinds = [bool(re.search("undecided|cannot be asked", text)) for text in said]
    assert kinds == sorted(kinds) and sum(kinds) <= 1


NAMED = re.compile(r"^(\S+) (?:costs|serves|has a) ([\d.]+)(?: to ([\d.]+))? % (more|less|fewer|"
                   r"lower|higher)")


def test_each_named_difference_is_in_the_table_with_its_size_and_sign(case):
    table, said = case
    for text in said:
        match = NAMED.match(text)
        if not match:
            continue
        name = next(key for key, value in sentences.NAMES.items() if value in text
                    or (key == "throughput" and "requests per second" in text))
        rows = asked(table)
        rows = rows[(rows["candidate"] == match[1]) & (rows["metric"] == name)
                    & (rows["verdict"] == "differs")]
        up = match[4] in ("more", "higher")
        rows = rows[(rows["ratio"] > 1) == up]
        sizes = (100 * (rows["ratio"] - 1)).abs()
        assert f"{sizes.min():.1f}" == match[2]
        assert f"{sizes.max():.1f}" == (match[3] or match[2])
        for load in LOADS:
            if load in text:
                assert load in set(rows["load"]), text
        count = re.search(r"under (?:all )?(\d+) (?:of (\d+) )?loads", text)
        if count:
            assert int(count[1]) == len(rows)
        if "under all" in text:
            every = asked(table)
            assert len(every[(every["candidate"] == match[1])
                             & (every["metric"] == name)]) == len(rows)


def test_every_difference_is_told_or_counted(case):
    table, said = case
    differ = asked(table).query("verdict == 'differs'")
    named = [text for text in said if NAMED.match(text)]
    rest = [int(match[1]) for text in said
            if (match := re.match(r"(\d+) further comparisons? differs?", text))]
    groups = differ.groupby(["metric", "candidate", "direction"]).size()
    if not rest:
        assert len(named) == len(groups)
    else:
        assert len(named) == 2 and len(groups) > 3 and rest[0] < len(differ)
    if differ.empty:
        assert not named and not rest


def test_nothing_else_differs_is_said_only_where_all_the_rest_is_equivalent(case):
    table, said = case
    rows = asked(table)
    others = rows[rows["verdict"] != "differs"]
    for text in said:
        if text.startswith("Nothing"):
            assert len(others) and (others["verdict"] == "equivalent").all()
            assert ("Nothing else" in text) == (len(others) < len(rows))
            assert "2 %" in text


def test_what_is_equivalent_is_counted_right(case):
    table, said = case
    rows = asked(table)
    for text in said:
        match = re.match(r"(\d+) of (\d+) comparisons? (?:is|are) equivalent", text)
        if match:
            assert int(match[1]) == (rows["verdict"] == "equivalent").sum()
            assert int(match[2]) == len(rows)


def test_undecided_and_cannot_are_counted_apart_and_right(case):
    table, said = case
    rows = asked(table)
    text = " ".join(said)
    for word, pattern in (("undecided", r"(\d+) of \d+ (?:is|are) undecided"),
                          ("cannot", r"(\d+) cannot be asked")):
        match = re.search(pattern, text)
        assert (int(match[1]) if match else 0) == (rows["verdict"] == word).sum(), text
    known = rows[(rows["verdict"] == "undecided") & (rows["pairs_more"] > 0)]
    match = re.search(r"about (\d+) more pairs", text)
    assert (match is not None) == (len(known) > 0)
    if match:
        assert int(match[1]) == known["pairs_more"].min()
    match = re.search(r"concluded in (\d+) of these", text)
    assert (int(match[1]) if match else 0) == rows["reason"].str.contains("pair differs").sum()


def test_a_control_is_never_a_subject(case):
    _, said = case
    assert not any(text.startswith(("ceiling", "bare")) for text in said)


def test_a_table_of_one_scheduler_says_so():
    table = drawn(1)
    assert sentences.generate(table[table["control"] != ""].assign(control="bare"))[0].startswith(
        "There is nothing to compare")


def test_the_words_of_the_issue_come_out():
    """The example that the rules were written for."""
    rng = np.random.default_rng(1)
    rows = [list(row(rng, "cpu", 0, "plaintext ×16, 256 connections", name, [0, 1, 0, 0]))
            for name in CANDIDATES[:3]]
    rows[0][10], rows[0][14], rows[0][15] = 1.101, "differs", "dearer"
    said = sentences.generate(pd.DataFrame(rows, columns=findings.COLUMNS[:-2]))
    assert said == ["work-stealing costs 10.1 % more server CPU per request than fifo with "
                    "plaintext ×16, 256 connections.", "Nothing else differs by more than 2 %."]
