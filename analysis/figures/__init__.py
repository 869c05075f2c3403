"""One call per figure: each takes trials (Results.trials, or rows of it) and returns a Figure.

    from analysis import figures, load
    trials = load.read(["results/sweep"]).trials
    figures.throughput(trials, width_in=7.0).savefig("throughput.pdf")

A table with several slices (workloads, arrivals ..) gives one panel each. Nothing is written to
disk here; analysis/style.py says how figures look and saves them. The attribute `hover` of a
returned figure lists its points for the report: (axes, x, y, text).

Errors: NothingToDraw when the trials hold none of what a figure shows.
"""

from analysis.figures.common import NothingToDraw, caption
from analysis.figures.loads import p99_against_load
from analysis.figures.ratios import aa_strip, ratio_forest, simulated_beside_measured
from analysis.figures.rounds import round_drift, round_figures, round_forest
from analysis.figures.stacks import cpu_split, growth, stages
from analysis.figures.sweep import (cpu_per_request, intended_latency, latency, run_queue_delay,
                                    throughput)
from analysis.figures.tails import ccdf, throughput_p99

__all__ = ["NothingToDraw", "aa_strip", "caption", "ccdf", "cpu_per_request", "cpu_split",
           "growth", "intended_latency", "latency", "p99_against_load", "ratio_forest",
           "round_drift", "round_figures", "round_forest",
           "run_queue_delay", "simulated_beside_measured", "stages", "throughput",
           "throughput_p99"]
