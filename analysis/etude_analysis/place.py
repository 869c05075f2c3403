"""Where the modules of the report lie: in a clone beside this package, installed inside of it."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent

# To be in sys.path, so that `import analysis` works.
TREE = str(_HERE / "tree" if (_HERE / "tree").is_dir() else _HERE.parents[1])
