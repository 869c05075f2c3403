#!/usr/bin/env python3
"""From results directories to figures, tables, verdicts and report.html.

    python3 analysis/report.py results/quick
    python3 analysis/report.py results/guide --claims experiments/claims/guide.json --out paper/

Writes OUT/report.html, OUT/figures/, OUT/tables/ and OUT/paper.tex; OUT is DIR/report by default.
Exit: 0 done; 2 bad input, said in one line, with nothing written.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from analysis import interpreter  # noqa: E402  the path has to stand first


def main(argv: list[str]) -> int:
    """The command. argv: sys.argv."""
    interpreter.ensure(argv)
    from analysis import failure, load

    options = _options(argv[1:])
    out = Path(options.out or Path(options.directories[0]) / "report")
    say = (lambda text: None) if options.quiet else (lambda text: print(text, file=sys.stderr))
    try:
        _refuse_foreign(out)
        say(f"reading {', '.join(options.directories)}")
        results = load.read(options.directories)
        if len(results.excluded):
            say(f"{len(results.excluded)} of {len(results.every)} trials are left out; the report "
                f"lists each with its reason")
        _build(results, out, options, say)
    except failure.InputError as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"report: {error.filename or out}: {error.strerror}; choose another --out",
              file=sys.stderr)
        return 2
    say(f"wrote {out}/report.html")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="report.py", description="Figures, tables, verdicts and report.html.",
        epilog="example: python3 analysis/report.py results/quick --out results/quick/report")
    parser.add_argument("directories", nargs="+", metavar="DIR", help="a results directory")
    parser.add_argument("--out", help="where to write (default: DIR/report of the first)")
    parser.add_argument("--claims", action="append", default=[], metavar="FILE",
                        help="a claims file to judge; may be given again")
    parser.add_argument("--baseline", default="", help="the series others are compared with")
    parser.add_argument("--quiet", action="store_true", help="say nothing while working")
    return parser.parse_args(arguments)


def _refuse_foreign(out: Path) -> None:
    from analysis.failure import InputError

    if out.is_dir() and any(out.iterdir()) and not (out / "report.html").is_file():
        raise InputError(str(out), "holds other files and no report",
                         "name an empty or a new directory with --out")
    if out.exists() and not out.is_dir():
        raise InputError(str(out), "is a file", "name a directory with --out")


def _build(results, out: Path, options, say) -> None:
    """Everything into a directory beside `out`, then in one move to its place."""
    from analysis import contents

    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        made = Path(scratch) / "report"
        contents.write(results, made, str(out), options, say)
        made.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
