"""From a results directory to figures, tables, verdicts and a report.

    from analysis import figures, load
    results = load.read(["results/quick"])
    figures.throughput(results.trials).savefig("mine.pdf")

Nothing is imported here, so that `analysis.interpreter` can run where the libraries are missing.
"""
