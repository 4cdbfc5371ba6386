"""Runs a program under what a systemd unit forbids it.

    python confined.py UNIT PROGRAM [ARGUMENT...]

Of the unit: SystemCallFilter, RestrictAddressFamilies and MemoryDenyWriteExecute, by seccomp, as
systemd does it. What is forbidden fails with EPERM. Takes systemd-analyze and libseccomp.
"""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

ALLOW, REFUSE = 0x7FFF0000, 0x00050001
EQUAL, MASKED_EQUAL = 4, 7
NO_NEW_PRIVILEGES = 38
WRITE, EXECUTE = 2, 4
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
MAPPING = {"mprotect", "pkey_mprotect"}
LOOKED_AT = {"mmap", "socket", "shmat"} | MAPPING
"""Calls whose arguments decide."""


class _Argument(ctypes.Structure):
    _fields_ = (
        ("position", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def calls_of(group: str) -> set[str]:
    """The system calls in a group such as @system-service."""
    command = ["systemd-analyze", "syscall-filter", group]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    found: set[str] = set()
    for word in (line.strip() for line in lines[1:]):
        if word.startswith("@"):
            found |= calls_of(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def allowed_by(unit: str) -> set[str]:
    allowed: set[str] = set()
    for groups in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        calls = set[str]().union(*map(calls_of, groups.removeprefix("~").split()))
        allowed = allowed - calls if groups.startswith("~") else allowed | calls
    return allowed


def confine(unit: str) -> None:
    """Have this process obey the unit from now on."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))

    def allow(name: str, *arguments: _Argument) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            array = (_Argument * len(arguments))(*arguments)
            done = library.seccomp_rule_add_array(
                rules, ctypes.c_uint32(ALLOW), number, len(arguments), array
            )
            assert done == 0, name

    for name in allowed_by(unit) - LOOKED_AT | {"execve"}:
        allow(name)
    assert "MemoryDenyWriteExecute=yes" in unit
    allow("mmap", _Argument(2, MASKED_EQUAL, EXECUTE, 0))
    allow("mmap", _Argument(2, MASKED_EQUAL, WRITE | EXECUTE, EXECUTE))
    for name in MAPPING:
        allow(name, _Argument(2, MASKED_EQUAL, EXECUTE, 0))
    (families,) = re.findall(r"^RestrictAddressFamilies=(.*)$", unit, re.MULTILINE)
    for family in families.split():
        allow("socket", _Argument(0, EQUAL, FAMILIES[family], 0))
    assert ctypes.CDLL(None).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert library.seccomp_load(rules) == 0


if __name__ == "__main__":
    confine(Path(sys.argv[1]).read_text(encoding="utf-8"))
    os.execv(sys.argv[2], sys.argv[2:])
