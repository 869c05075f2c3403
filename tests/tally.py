"""Sums up JUnit reports of ctest and pytest: the last lines of tests/run.sh.

    tally.py [--times FILE] REPORT...

Prints where the time went (one line per part of FILE: "name<TAB>wall s<TAB>user s<TAB>system s"),
the ten slowest cases, each case that did not pass, then "N passed, N failed" alone on a line. Exit
1 when a case failed or could not run, a report is missing, or nothing ran at all.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SLOWEST = 10


def outcome(case):
    """One <testcase>, in the words of ctest or pytest, as "passed", "skipped" or "failed"."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("status") in ("fail", "notrun"):  # ctest: notrun, the program is not there
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "disabled":
        return "skipped"
    return "passed"


def cases_of(report_name):
    """The <testcase> elements of one report; none when it is missing or broken off."""
    try:
        return list(ElementTree.parse(Path(report_name)).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def print_parts(times):
    """Wall time and the cores' time of each part. Parts overlap: the walls do not add up."""
    lines = Path(times).read_text(encoding="utf-8").splitlines() if times else []
    for line in lines:
        name, wall_s, *cores_s = line.split("\t")
        print(f"{float(wall_s):7.0f} s {sum(map(float, cores_s)):7.0f} core s  {name}")


def print_slowest(reports):
    """The cases that a later change should look at first, over all reports."""
    timed = [(float(case.get("time") or 0), report, case.get("classname"), case.get("name"))
             for report, cases in reports.items() for case in cases]
    for seconds, report, place, name in sorted(timed, reverse=True)[:SLOWEST]:
        print(f"{seconds:7.1f} s slowest: {Path(report).parent.name}: {place}.{name}")


def print_outcomes(reports):
    """Each case that did not pass, and the sum; returns the exit code."""
    count = {"passed": 0, "skipped": 0, "failed": 0}
    for report, cases in reports.items():
        if not cases:
            print(f"failed: {report}: empty; its build or its run ended early, above")
            count["failed"] += 1
        for case in cases:
            count[outcome(case)] += 1
            if outcome(case) != "passed":
                print(f"{outcome(case)}: {report}: {case.get('classname')}.{case.get('name')}")
    if count["skipped"]:
        print(f"{count['skipped']} skipped, named above")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] or not count["passed"] else 0


def main(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", help="what tests/run.sh noted about its parts")
    parser.add_argument("reports", nargs="+")
    options = parser.parse_args(words)
    reports = {name: cases_of(name) for name in options.reports}
    print_parts(options.times)
    print_slowest(reports)
    return print_outcomes(reports)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
