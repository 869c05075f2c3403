"""Results directories as pandas tables, for notebooks and scripts of one's own.

    import etude_analysis                       # pip install ./analysis, or PYTHONPATH=analysis
    quick = etude_analysis.load("results/quick")
    quick.trials.groupby("scheduler")["throughput_rps"].median()
    etude_analysis.simulate("work-stealing", "exp:5", 0.8, cores=64)     # needs etude

load(), Tables and InputError are described in tables.py, simulate() in simulating.py. After this
import `from analysis import figures` works as well. The commands: python3 -m etude_analysis --help.
"""

import sys

from etude_analysis.place import TREE

if TREE not in sys.path:
    sys.path.append(TREE)  # behind all others: nothing of the user's is hidden

__all__ = ["InputError", "Tables", "load", "simulate"]


def __getattr__(name: str):
    """Reads pandas at first use, no sooner: the commands say by themselves what is missing."""
    if name in __all__:
        from etude_analysis import simulating, tables

        return getattr(simulating if name == "simulate" else tables, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
