"""The code blocks of schedulers/README.md, so that tests do what the text tells its readers."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "schedulers/README.md").read_text()


def code_blocks(heading):
    """(language, code) of each block of the section under that heading."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)
