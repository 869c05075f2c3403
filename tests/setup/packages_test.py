"""Goal: a machine that has only Debian 12 and the packages of experiments/packages.txt can build
and run Etude. Method: everything that the build and the Python sources really read (what CMake
found, each header that the compiler opened, each module imported) is traced to the package that
ships it, and that package must be on the list or needed by one that is (Depends, not Recommends).
"""

import ast
import importlib.util
import os
import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
# Modules of CMake that look for nothing outside the compiler; and Etude, which a test installs.
CMAKE_OWN = {"Threads", "etude"}


def listed_packages():
    """What tests/run.sh installs without an option: neither the fuzzers' own compiler nor peers."""
    lines = (ROOT / "experiments/packages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {row[1] for row in rows if row[0] not in ("fuzz", "peers")}


@cache
def installed():
    """Name -> (names it depends on, each a list of alternatives); and who provides a name."""
    form = "${Package}\t${Essential}\t${Pre-Depends}, ${Depends}\t${Provides}\n"
    text = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True,
                          check=True).stdout
    depends, providers, essential = {}, {}, set()
    for line in text.splitlines():
        name, is_essential, needs, provides = line.split("\t")
        depends[name] = [[bare_name(word) for word in one_of.split("|")]
                         for one_of in needs.split(",") if one_of.strip()]
        for virtual in provides.split(","):
            providers.setdefault(bare_name(virtual), set()).add(name)
        if is_essential == "yes":
            essential.add(name)
    return depends, providers, essential


def bare_name(word):
    """The name in "libc6:any (>= 2.36)"."""
    return re.split(r"[\s(:]", word.strip())[0]


@cache
def closure():
    """All packages that a machine has on which the list was installed."""
    depends, providers, essential = installed()
    reached, waiting = set(), list(listed_packages() | essential)
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for one_of in depends.get(name, []):
            # apt takes the first alternative; the others count only where it is not a package.
            real = [word for word in one_of if word in depends][:1]
            waiting += real or [p for word in one_of for p in providers.get(word, [])][:1]
    return reached


@cache
def owner_of():
    """Path -> package, for every file that dpkg installed."""
    owners = {}
    for listing in Path("/var/lib/dpkg/info").glob("*.list"):
        package = listing.stem.split(":")[0]
        for path in listing.read_text().splitlines():
            owners.setdefault(path, package)
    return owners


def package_of(path):
    """Follows links (/usr/bin/c++ is one of several) and the merge of /lib into /usr/lib."""
    for name in (str(path), os.path.realpath(path)):
        for spelled in (name, name.removeprefix("/usr")):
            if spelled in owner_of():
                return owner_of()[spelled]
    return None


def complaints(paths):
    """One line for each package that `paths` need and the list does not bring."""
    first_use = {}
    for path in sorted(map(str, paths)):
        first_use.setdefault(package_of(path), path)
    return [f"{path}: comes from {package or 'no Debian package'}: add it to "
            "experiments/packages.txt, or do without it"
            for package, path in first_use.items() if package not in closure()]


def cmake_cache():
    text = (BUILD / "CMakeCache.txt").read_text()
    return dict(re.findall(r"^([\w.+-]+):(?:FILEPATH|PATH)=(.+)$", text, re.MULTILINE))


def cmake_commands(name):
    """The arguments of every call of command `name` in our CMake files."""
    found = []
    for path in [ROOT / "CMakeLists.txt", *(p for room in ("core", "schedulers", "experiments",
                 "tests") for p in (ROOT / room).rglob("CMakeLists.txt"))]:
        found += [call.split() for call in re.findall(rf"^\s*{name}\(([^)]*)\)", path.read_text(),
                                                      re.MULTILINE)]
    return found


def test_every_listed_package_is_installed():
    missing = listed_packages() - set(installed()[0])
    assert not missing, f"run experiments/setup.sh: {sorted(missing)}"


def test_what_cmake_found_comes_from_listed_packages():
    cache_entries = cmake_cache()
    paths = {value for value in cache_entries.values() if Path(value).is_file()}
    for name, *_ in cmake_commands("find_package"):
        if name not in CMAKE_OWN:
            directory = Path(cache_entries[f"{name}_DIR"])
            paths |= set(directory.glob("*onfig.cmake"))
    for variable, *words in cmake_commands("find_path"):
        names = words[words.index("NAMES") + 1:][:1]
        paths |= {Path(cache_entries[variable]) / name for name in names}
    assert len(paths) >= 10, f"only {paths}: is this still how CMake writes its cache?"
    assert not complaints(paths), "\n".join(complaints(paths))


def test_every_header_the_compiler_read_comes_from_listed_packages():
    log = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], capture_output=True, text=True,
                         check=True).stdout
    # Absolute, or relative to the build: ccache may be set to shorten them.
    paths = {os.path.normpath(BUILD / line.strip()) for line in log.splitlines()
             if line.startswith("    ")}
    outside = {path for path in paths if not Path(path).is_relative_to(ROOT)}
    assert len(outside) >= 100, f"only {len(outside)} headers known: build everything first"
    assert not complaints(outside), "\n".join(complaints(outside))


def test_every_python_module_imported_comes_from_listed_packages():
    modules = set()
    sources = [path for room in ("analysis", "tests", "experiments")
               for path in (ROOT / room).rglob("*.py")]
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(node.module.split(".")[0])
    paths = set()
    packages = {source.parent.name for source in sources if source.stem == "__init__"}
    for module in modules:
        if (ROOT / module).is_dir() or module in packages | {source.stem for source in sources}:
            continue  # ours
        spec = importlib.util.find_spec(module)
        assert spec, f"{module}: not found: add its package to experiments/packages.txt"
        if spec.origin not in ("built-in", "frozen"):
            paths.add(spec.origin)
    assert not complaints(paths), "\n".join(complaints(paths))
