"""The commands of an installed analysis: python3 -m etude_analysis report results/quick

    python3 -m etude_analysis report DIR...          figures, tables, verdicts, report.html
    python3 -m etude_analysis compare OLD NEW        did a change make a scheduler faster?
    python3 -m etude_analysis pack DIR               one zip that others can check
    python3 -m etude_analysis verify FILE            checks it, draws its figures again

Each has --help. They are the scripts of the folder analysis/ of a clone, under this interpreter and
no other. Exit: as theirs; 2 for bad input, or where a library is missing.
"""

import importlib
import sys

from etude_analysis.place import TREE

# Command: the script, and the first of its words.
SCRIPTS = {"report": ("report", []), "compare": ("compare", []), "pack": ("archive", ["pack"]),
           "verify": ("archive", ["verify"])}


def main() -> int:
    """The command line of this process."""
    asked = sys.argv[1:2]
    if asked in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    if not asked or asked[0] not in SCRIPTS:
        print(f"etude_analysis: {asked[0] if asked else 'no command'}: is none of "
              f"{', '.join(SCRIPTS)}; see python3 -m etude_analysis --help", file=sys.stderr)
        return 2
    script, words = SCRIPTS[asked[0]]
    sys.path.insert(0, TREE)
    lacking = importlib.import_module("analysis.interpreter").missing()
    if lacking:
        print(f"etude_analysis: no module named {', '.join(lacking)}; run: {sys.executable} -m pip "
              f"install {' '.join(lacking)}", file=sys.stderr)
        return 2
    command = importlib.import_module(f"analysis.{script}")
    return command.main([f"{script}.py", *words, *sys.argv[2:]])


if __name__ == "__main__":
    sys.exit(main())
