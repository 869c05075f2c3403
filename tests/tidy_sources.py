"""Reads the project's sources for tests/tidy_test.py: which files, what is code in them, where
their functions begin and end. No rules here.
"""

import ast
import json
import os
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("ETUDE_BUILD_DIR", ROOT / "build")).resolve()
NOT_OURS = re.compile(r"build.*|results|\.git|\.cache|\.pytest_cache|__pycache__")

# A comment, or a literal; raw strings first, since a quote inside one ends nothing.
CPP_COMMENT_OR_LITERAL = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


@cache
def all_files():
    """Every file of the project, as its path from the root."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        top = Path(folder) == ROOT
        folders[:] = sorted(name for name in folders if not NOT_OURS.fullmatch(name)
                            or (not top and name.startswith(("build", "results"))))
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in sorted(names)]
    return [path for path in found if not path.startswith(".git")]


@cache
def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def code_of(path):
    """The text with comments blanked out, so that line numbers stay."""
    if path.endswith((".h", ".cpp", ".c")):
        return CPP_COMMENT_OR_LITERAL.sub(
            lambda m: blank(m[0]) if m["comment"] else m[0], text_of(path))
    return re.sub(r"(?m)(^|\s)#(?!include|define).*$", "", text_of(path))


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_literals(path):
    return CPP_COMMENT_OR_LITERAL.sub(lambda m: blank(m[0]), text_of(path))


def cpp_functions(path):
    """(first line, number of lines, its first line's text) of each outermost function body.

    Braces are matched; one opens a function when the statement before it holds a parameter list
    and nothing around it is a function yet. A lambda counts as part of what it stands in.
    """
    code = re.sub(r"(?m)^\s*#.*(?:\\\n.*)*$", lambda m: blank(m[0]), without_literals(path))
    statement_start, inside, found = 0, [], []
    for place, char in enumerate(code):
        if char == "{":
            head = re.sub(r"\b(public|private|protected):|\balignas\(\d+\)",
                          lambda m: blank(m[0]), code[statement_start:place])
            is_scope = re.search(r"\b(namespace|class|struct|union|enum)\b[^()=]*$", head)
            is_function = "(" in head and not is_scope and not any(kind for kind, *_ in inside)
            start = statement_start + len(head) - len(head.lstrip())
            inside.append((is_function, start))
        elif char == "}" and inside:
            is_function, start = inside.pop()
            if is_function:
                line = code.count("\n", 0, start) + 1
                length = code.count("\n", start, place) + 1
                found.append((line, length, text_of(path).splitlines()[line - 1].strip()))
        if char in "{};" and not any(kind for kind, *_ in inside):
            statement_start = place + 1
    return found


def python_functions(path):
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1, f"def {node.name}"


def scheduler_names():
    """The rows of the one registry, and the aliases for some of them."""
    names = re.findall(r'scheduler_row<[^>]*>\(\s*"([a-z-]+)"', text_of("schedulers/registry.h"))
    aliases = text_of("schedulers/registry.cpp")
    names += re.findall(r'^ *\{"(\w+)", "[a-z-]+",', aliases, re.MULTILINE)
    assert len(names) >= 4, f"only {names}: is this still how the registry writes its rows?"
    return names


@cache
def build_commands():
    return json.loads((BUILD / "compile_commands.json").read_text())


def headers_read_first():
    """Headers of which the build shows that they compile alone: a source begins with them.

    Not the sources of tests/, which the compiler reads behind the headers that all tests share,
    nor those that are compiled several at a time.
    """
    found = set()
    for entry in build_commands():
        path = Path(entry["file"])
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "tests") \
                and not path.is_relative_to(BUILD):
            match = re.search(r'(?m)^#include [<"]([^>"]+)', path.read_text(encoding="utf-8"))
            found |= {match[1]} if match else set()
    return found


def include_flags():
    """Where the build looks for headers of others, and of ours."""
    commands = build_commands()
    flags = {flag.replace("-isystem ", "-isystem") for entry in commands
             for flag in re.findall(r"-I\S+|-isystem \S+", entry["command"])}
    return sorted(flags)
