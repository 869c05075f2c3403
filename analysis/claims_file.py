"""Reads claims files: statements of others, each with the cells that would show it.

The format is in analysis/README.md. What a claim compares is its kind: two cells ("ratio",
"difference"), two such ratios ("ratio_of_ratios"), one cell and a number ("value"), or nothing
("unchecked"): a statement that these measurements cannot answer stays on the list, with the reason.

Shapes: read() gives a list of Claim, in the order of the file.
Errors: failure.InputError with file, claim, field and remedy for anything malformed.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from analysis import schema
from analysis.failure import InputError
from analysis.metrics import METRICS

RATIOS = ("ratio", "ratio_of_ratios")
KINDS = {"ratio": ("first", "second"), "difference": ("first", "second"), "value": ("first",),
         "ratio_of_ratios": ("first", "second", "first_base", "second_base"), "unchecked": ()}
TEXTS = ("id", "statement", "kind")
FIELDS = {*TEXTS, "metric", "source_line", "cell", "claimed", "needs", "note", "family", "sized",
          "reason", "first", "second", "first_base", "second_base"}
SYSCTL = "sysctl "  # needs {"sysctl net/core/somaxconn": 8192}: as env.json names them

MACHINE = ("server_cores", "somaxconn")  # what a machine has, in short


@dataclass(frozen=True)
class Claim:
    """One claim of a file. low, high: the claimed range of the ratio or value (inf: open)."""

    where: str  # file and claim, for complaints
    id: str
    source: str
    source_line: str
    statement: str
    metric: str  # "" of an unchecked one
    kind: str
    low: float
    high: float
    cells: dict  # role -> {column: value or list of values}
    needs: dict = field(default_factory=dict)  # column or MACHINE -> the least value needed
    family: str = ""  # claims of one family share the error that Holm divides
    sized: bool = False  # the size itself is claimed: a larger effect refutes it, too
    reason: str = ""  # of an unchecked one


def read(path: str) -> list[Claim]:
    """The claims of a file, checked."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, error.strerror, "name a claims file") from error
    except ValueError as error:
        raise InputError(f"{path}: line {getattr(error, 'lineno', 1)}", "is not JSON",
                         "correct it") from error
    if not isinstance(document, dict) or document.get("schema") != 1:
        raise InputError(f"{path}: schema", "is not 1", "write {\"schema\": 1, \"claims\": [..]}")
    if not isinstance(document.get("claims"), list) or not document["claims"]:
        raise InputError(f"{path}: claims", "is not a list of claims", "see analysis/README.md")
    claims = [_claim(path, i, raw, str(document.get("source", "")))
              for i, raw in enumerate(document["claims"])]
    for claim in claims:
        if sum(other.id == claim.id for other in claims) > 1:
            raise InputError(claim.where, "has the id of another claim", "rename one")
    return claims


def _claim(path: str, index: int, raw, source: str) -> Claim:
    where = f"{path}: claims[{index}]"
    if not isinstance(raw, dict):
        raise InputError(where, "is not an object", "see analysis/README.md")
    for name in raw:
        if name not in FIELDS:
            raise InputError(f"{where}.{name}", "is unknown",
                             f"use one of {', '.join(sorted(FIELDS))}")
    checked = raw.get("kind") != "unchecked"
    for name in (*TEXTS, "metric" if checked else "reason"):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise InputError(f"{where}.{name}", "is missing or no text", "write it")
    if raw["kind"] not in KINDS:
        raise InputError(f"{where}.kind", f"\"{raw['kind']}\" is unknown",
                         f"use one of {', '.join(KINDS)}")
    if checked and raw["metric"] not in METRICS:
        raise InputError(f"{where}.metric", f"\"{raw['metric']}\" is unknown",
                         f"use one of {', '.join(METRICS)}")
    if not isinstance(raw.get("sized", False), bool):
        raise InputError(f"{where}.sized", "is neither true nor false", "correct it")
    low, high = _range(where, raw) if checked else (-math.inf, math.inf)
    common = raw.get("cell", {})
    roles = {role: {**common, **_filter(where, role, raw.get(role))} for role in KINDS[raw["kind"]]}
    for name in {name for chosen in roles.values() for name in chosen}:
        _check_factor(where, name)
    for name in raw.get("needs", {}):
        if not name.startswith(SYSCTL) and name not in MACHINE:
            _check_factor(where, name)
    return Claim(where, raw["id"], source, str(raw.get("source_line", "")), raw["statement"],
                 raw.get("metric", ""), raw["kind"], low, high, roles, raw.get("needs", {}),
                 f"{path}: {raw.get('family', '')}", raw.get("sized", False),
                 raw.get("reason", ""))


def _check_factor(where: str, name: str) -> None:
    if name not in schema.FACTORS:
        raise InputError(f"{where}: {name}", "is not a factor",
                         f"use some of {', '.join(schema.FACTORS)}")


def _filter(where: str, role: str, chosen) -> dict:
    if not isinstance(chosen, dict):
        raise InputError(f"{where}.{role}", "is missing or no object",
                         "write {\"connections\": 256, ..}; {} when `cell` says it all")
    return chosen


def _range(where: str, raw: dict) -> tuple[float, float]:
    claimed = raw.get("claimed")
    if (not isinstance(claimed, list) or len(claimed) != 2
            or not all(end is None or isinstance(end, (int, float)) for end in claimed)):
        raise InputError(f"{where}.claimed", "is not [low, high]",
                         "write two numbers; null leaves an end open")
    low = -math.inf if claimed[0] is None else float(claimed[0])
    high = math.inf if claimed[1] is None else float(claimed[1])
    if raw["kind"] in RATIOS and not raw.get("sized", False):
        low = 0.0 if low == -math.inf else low
        if not (0 <= low <= high) or low < 1 < high:
            raise InputError(f"{where}.claimed", "is not a range of ratios on one side of 1",
                             "write [1.15, 1.25] for +15 to +25 %, [null, 0.8] for -20 % or more")
    elif low > high:
        raise InputError(f"{where}.claimed", "falls", "write the smaller number first")
    return low, high
