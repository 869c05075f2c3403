"""Looks in object code for the address of something per thread that is kept across a switch.

A fiber that suspends may go on on another thread. The C library declares the function behind
errno as one whose value never changes, so a compiler may call it once and keep the address; and
the address of a thread_local variable it may keep just as well. Both are right for threads and
wrong for fibers. No source can show it: what the compiler made of it must be looked at.

The rule held here is stricter than needed, so that it can be decided line by line: a function that
may suspend uses errno's address at once, where it asked for it, and never puts it by; and it takes
no address of a thread_local variable at all.

Shapes: functions() gives {name: [instruction, ..]}, of an object file or a program.
"""

import re
import subprocess

SWITCH = "jump_fcontext"
KEPT = re.compile(r"^mov +%rax,(%(?:rbx|rbp|r1[2-5])|-?0x[0-9a-f]+\(%r[sb]p\)|\(%rsp\))")
THREAD_LOCAL = re.compile(r"%fs:(?!0x28)|__tls_get_addr|TPOFF|TLSGD|GOTTPOFF")


def functions(path) -> dict[str, list[str]]:
    """The instructions of each function, with `call NAME` for calls the linker fills in."""
    listing = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", "-w", path], check=True,
                             capture_output=True, text=True).stdout
    found: dict[str, list[str]] = {}
    body: list[str] = []
    for line in listing.splitlines():
        if head := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            # A part that the compiler set aside belongs to the function it was cut from.
            body = found.setdefault(re.sub(r"\.(cold|part|isra|constprop)[.\d]*", "", head[1]), [])
        elif code := re.match(r" *[0-9a-f]+:\t(.+)$", line):
            text = code[1].strip()
            if target := re.search(r"R_X86_64_(?:PLT32|PC32|GOTPCRELX?|REX_GOTPCRELX)\t([^\s+-]+)",
                                   text):
                if text.startswith(("call", "jmp")):
                    text = f"call {target[1]}"
            elif target := re.match(r"(?:call|jmp) +[0-9a-f]+ <([^+>]+)>$", text):
                text = f"call {target[1].removesuffix('@plt')}"
            body.append(text)
    return found


def may_suspend(bodies: dict[str, list[str]], indirect: bool = False) -> set[str]:
    """The functions from which the switch can be reached by calls that name their target.

    indirect: a call through a pointer may reach it too. A linker that sees the whole program has
    turned most of those into calls by name; the object file of one source still has them.
    """
    reached = {SWITCH}
    if indirect:
        reached |= {name for name, body in bodies.items()
                    if any(re.match(r"(call|jmp) +\*", text) for text in body)}
    grown = True
    while grown:
        grown = False
        for name, body in bodies.items():
            if name not in reached and any(f"call {target}" in body for target in reached):
                reached.add(name)
                grown = True
    return reached - {SWITCH}


def faults(bodies: dict[str, list[str]], suspending: set[str]) -> list[str]:
    """Words for each function that breaks the rule."""
    found = []
    for name in sorted(suspending & bodies.keys()):
        body = bodies[name]
        for at, text in enumerate(body):
            if text == "call __errno_location" and _is_kept(body[at + 1:]):
                found.append(f"{name} keeps the address of errno")
            if THREAD_LOCAL.search(text):
                found.append(f"{name} takes the address of something per thread: {text}")
    return found


def _is_kept(following: list[str]) -> bool:
    """Whether what the call returned is put by before the next call."""
    for text in following:
        if text.startswith("call"):
            return False
        if KEPT.match(text):
            return True
        if re.search(r",%[re]ax$", text):
            return False  # overwritten
    return False
