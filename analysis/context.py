"""What surrounds the numbers: environment, commands to reproduce, and what they cannot say.

Shapes: each function takes load.Results and returns a frame of text columns.
Errors: none; what was not recorded is said to be missing.
"""

import dataclasses

import pandas as pd

from analysis import cells, findings, nodes, rounds, schema
from analysis.aside import cell_text
from analysis.load import Results
from analysis.rules import RULES

RULE_TEXTS = {
    "level": "level of every interval",
    "resamples": "bootstrap resamples",
    "seed": "bootstrap seed",
    "blocks_min": "valid blocks a verdict needs",
    "equivalence": "half-width within which two cells are equivalent",
    "alpha": "family-wise error after Holm",
    "floor_quantile": "quantile of the A/A pair that is the noise floor",
    "marked_share": "share of marked trials that voids a cell",
    "errors_share": "errors per request that void a cell",
    "little": "error of Little's law a trial may show",
    "steal": "share of CPU stolen a trial may show",
    "others": "share of CPU used by other programs that a trial may show",
    "model_throughput": "error of a simulated throughput above which the report says so",
    "model_p99": "error of a simulated p99 above which the report says so",
}


def rules() -> pd.DataFrame:
    """rule, value: the thresholds in force."""
    return pd.DataFrame([(RULE_TEXTS[name], f"{value:,}" if name != "seed" else str(value))
                         for name, value in dataclasses.asdict(RULES).items()],
                        columns=["rule", "value"])


def environment(results: Results) -> pd.DataFrame:
    """directory, key, value: env.json, flattened."""
    rows = []
    for directory, env in zip(results.directories, results.environments):
        flat = _flat(env) or [("env.json", "missing: the environment was not recorded")]
        rows += [(directory, key, value) for key, value in flat]
    return pd.DataFrame(rows, columns=["directory", "key", "value"])


def _flat(value, prefix: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items()
                for pair in _flat(inner, f"{prefix}.{key}" if prefix else str(key))]
    if isinstance(value, list):
        return [(prefix, ", ".join(str(item) for item in value))]
    return [(prefix, str(value))]


def reproduce(results: Results, out: str, claims: list[str], baseline: str) -> pd.DataFrame:
    """step, command: from the commit to this report."""
    revisions = sorted(set(results.trials["git_rev"]) - {""})
    rows = [("the code", f"git checkout {revision}") for revision in revisions]
    rows.append(("build", "cmake -S . -B build -G Ninja && ninja -C build"))
    for directory, suite in zip(results.directories, results.suites):
        seed = f" --seed {suite['seed']}" if "seed" in suite else ""
        part = results.trials[results.trials["directory"] == directory]
        verb = "sim" if (part["source"] == "simulated").all() else "run"
        rows.append(("measure", f"build/etude {verb} {directory}/suite.json "
                                f"--out {directory}-again{seed}"))
    extra = "".join(f" --claims {claim}" for claim in claims)
    extra += f" --baseline {baseline}" if baseline else ""
    rows.append(("report", f"python3 analysis/report.py {' '.join(results.directories)} "
                           f"--out {out}{extra}"))
    return pd.DataFrame(rows, columns=["step", "command"])


def limitations(results: Results) -> pd.DataFrame:
    """limitation: what these trials cannot show, said before a reviewer asks."""
    trials = results.trials
    texts = _round_limitations(results)
    blocks = trials[trials["design"] != "solo"].groupby("run_id")["block"].nunique().min()
    if blocks < RULES.blocks_min:
        texts.append(f"A quick look: {blocks} blocks. A verdict needs {RULES.blocks_min}.")
    real = trials[trials["source"] == "real"]
    if len(real) or len(results.rounds):
        texts.append("Client and server share one machine over loopback: part of the peer's TCP "
                     "work runs on the sender's core. Other machines and networks may differ.")
    if len(real) < len(trials):
        texts.append("Simulated trials follow a cost model; they are shown beside measured ones "
                     "and never pooled with them.")
    in_blocks = (trials["design"] != "solo").any()
    if in_blocks and cells.aa_pairs(trials, "throughput_rps").empty:
        texts.append("No valid A/A block: the noise floor is unknown, so nothing is judged.")
    if cells.open_loop(pd.concat([trials, results.rounds])).sum() == 0:
        texts.append("Closed loop only: latency is mostly population there (Little's law); an "
                     "open-loop iso-load sweep is needed to see a scheduler's cost.")
    marked = int((trials["mark"] != "").sum())
    if marked:
        texts.append(f"{marked} of {len(trials)} measured trials are marked; comparisons leave "
                     f"their blocks out.")
    if len(results.excluded):
        texts.append(f"{len(results.excluded)} trials are left out; each is listed with its "
                     f"reason.")
    if trials["env_id"].nunique() > 1:
        texts.append(f"{trials['env_id'].nunique()} environments: blocks are compared within one "
                     f"run only.")
    between = nodes.sentence(nodes.spread(results))
    if between:
        texts.append(between)
    return pd.DataFrame({"limitation": texts})


DUET = ("A duet is a ratio under mutual contention: both servers run at once on the same cores, so "
        "each has half of a core and the caches hold a working set as many times as large as there "
        "are sides. Both are pinned to the same cores; pinning gives fewer false positives than "
        "containers do (arXiv 2511.03533).")


def designs(results: Results, found: pd.DataFrame) -> pd.DataFrame:
    """design: which design was used for how many comparisons, and why, in words."""
    rounds = found[(found["design"] != "blocks") & (found["control"] == "")]
    texts = []
    for (design, reason), part in rounds.groupby(["design", "design_reason"], sort=True):
        pairs = part.loc[part["verdict"] != findings.CANNOT, "n"]
        if pairs.empty:
            continue
        loads = part.loc[pairs.index, "load"].nunique()
        span = (f"{pairs.min():,.0f}" if pairs.min() == pairs.max()
                else f"{pairs.min():,.0f} to {pairs.max():,.0f}")
        why = f": {reason}" if reason else ""
        texts.append(f"{design[0].upper()}{design[1:]} under {loads} "
                     f"load{'' if loads == 1 else 's'}, {span} pairs{why}.")
    for row, text in findings.moved_controls(found):
        texts.append(f"Nothing is concluded of {findings.metric_name(row.column)} under "
                     f"{row.load}: {text}.")
    return pd.DataFrame({"design": texts})


def _round_limitations(results: Results) -> list[str]:
    """What comparisons by rounds cannot show, and whether solo trials agree with them."""
    texts = []
    if (results.comparisons["design"] == "duet").any():
        texts.append(DUET)
    agreement = rounds.agreement(results)
    if len(agreement):
        texts.append(f"Test of agreement: {rounds.agreement_text(agreement)}.")
    elif (results.trials["design"] == "solo").any() and len(results.comparisons):
        texts.append("Solo cells were measured, but fewer than 3 of their blocks are unmarked on "
                     "both sides: whether solo agrees was not tested.")
    elif len(results.comparisons):
        texts.append("No cell was measured solo as well: whether these ratios hold for a server "
                     "alone on its cores was not tested.")
    throttled = pd.concat([results.trials, results.rounds])["cpu_quota_throttled"].fillna(0)
    if (throttled > 0).any():
        texts.append(f"The control group's CPU quota throttled {int((throttled > 0).sum())} "
                     f"trials.")
    siblings = pd.concat([results.trials, results.rounds])["server_siblings_shared"].fillna(0)
    if (siblings > 0).any():
        texts.append("A server core and a client core are hyperthreads of one physical core: apart "
                     "in name only.")
    return texts


def unrecorded(results: Results) -> pd.DataFrame:
    """run, block, cell: combinations of block and cell that no row of trials.csv speaks of.

    A killed run that was not resumed leaves these; they are no failed trials, they never ended.
    """
    names = [*schema.FACTORS, "label"]
    rows = []
    for run, trials in results.every.groupby("run_id", sort=True):
        done = trials.assign(cell=trials[names].astype(str).agg("|".join, axis=1))
        heads = done.drop_duplicates("cell").set_index("cell")
        seen = set(zip(done["block"], done["cell"]))
        rows += [(run, block, cell_text(heads.loc[cell].to_dict()))
                 for block in sorted(done["block"].unique()) for cell in heads.index
                 if (block, cell) not in seen]
    return pd.DataFrame(rows, columns=["run", "block", "cell"])


def marked(results: Results) -> pd.DataFrame:
    """Trials that were measured but void a comparison: where they are, and why."""
    rows = results.trials[results.trials["mark"] != ""]
    return pd.DataFrame({
        "directory": rows["directory"], "line": rows["line"], "trial_id": rows["trial_id"],
        "block": rows["block"], "cell": [cell_text(row) for row in rows.to_dict("records")],
        "reason": rows["mark"] + rows["reasons"].map(lambda text: f": {text}" if text else ""),
    })
