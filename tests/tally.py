"""Sums up JUnit reports of ctest and pytest: the last line of tests/run.sh.

Prints each failed case, then "N passed, N failed" alone on a line. Exit 1 when a case failed or
could not run, a report is missing, or nothing ran at all.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def outcome(case):
    """One <testcase>, in the words of ctest or pytest, as "passed", "skipped" or "failed"."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("status") in ("fail", "notrun"):  # ctest: notrun, the program is not there
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "disabled":
        return "skipped"
    return "passed"


def main(report_names):
    count = {"passed": 0, "skipped": 0, "failed": 0}
    for report_name in report_names:
        try:
            cases = list(ElementTree.parse(Path(report_name)).iter("testcase"))
        except (OSError, ElementTree.ParseError):
            cases = []
        if not cases:
            print(f"failed: {report_name}: empty; its build or its run ended early, above")
            count["failed"] += 1
        for case in cases:
            count[outcome(case)] += 1
            if outcome(case) != "passed":
                print(f"{outcome(case)}: {report_name}: {case.get('classname')}.{case.get('name')}")
    if count["skipped"]:
        print(f"{count['skipped']} skipped, named above")
    print(f"{count['passed']} passed, {count['failed']} failed")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
