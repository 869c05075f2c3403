"""Writes a changed copy of one source file: python3 mutate.py MUTANTS.json NAME SOURCE_DIR OUT_DIR

A mutant is one small error that people really make. The text that it replaces must stand in the
file exactly once, so that a mutant whose place has changed stops the build instead of testing
nothing.
"""

import json
import sys
from pathlib import Path


def main():
    table, name, source_dir, out_dir = sys.argv[1:]
    mutant = next(row for row in json.loads(Path(table).read_text()) if row["name"] == name)
    text = (Path(source_dir) / mutant["file"]).read_text()
    old, new = ("\n".join(mutant[key]) for key in ("old", "new"))
    if text.count(old) != 1:
        sys.exit(f"mutant {name}: its text stands {text.count(old)} times in {mutant['file']}, "
                 "not once: adapt mutants.json")
    target = Path(out_dir) / mutant["file"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.replace(old, new))


if __name__ == "__main__":
    main()
