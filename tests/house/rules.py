#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Holds every source file to the rules of the house; prints what breaks them, one line each.

    rules.py [ROOT]

* A room includes itself and the rooms below it, as the table in docs/architecture.md says
  ("kernels -> base"); edges are transitive. The ROOMS lists of dtrain_add_room obey the same table.
* An include of our own names its room, in quotes: "kernels/conv2d.hpp".
* No preprocessor conditions in source, but in base/host_device.hpp.
* Two SPDX lines at the top.
"""
import re
import sys
from pathlib import Path

SOURCES = {".hpp", ".h", ".cpp", ".inc", ".cu", ".cuh"}
SCRIPTS = {".py", ".sh"}
FOLDERS = ("src", "kernels", "comm", "datasets", "launch", "tests", "cmake", "cluster")
MAY_LOOK_AT_CUDACC = "src/base/host_device.hpp"
SPDX = ("SPDX-License-Identifier: BSD-3-Clause", "Copyright (c) 2026, the dtrain authors")


def read_table(architecture):
    """{room: rooms below it, itself included} from lines such as "kernels -> base"."""
    edges = {}
    for line in architecture.splitlines():
        for room, below in re.findall(r"^(\w+) -> ((?:\w+, )*\w+)$", line.strip()):
            edges[room] = below.split(", ")
    if not edges:
        raise SystemExit("rules.py: docs/architecture.md holds no table of rooms (lines 'kernels -> base')")
    rooms = set(edges) | {room for below in edges.values() for room in below if room != "all"}

    def reach(room, seen):
        if room not in seen:
            seen.add(room)
            for below in rooms if edges.get(room) == ["all"] else edges.get(room, ()):
                reach(below, seen)
        return seen

    return {room: reach(room, set()) for room in rooms}


def room_of(path, table):
    """The room of a file, None for tests and what is in no room. `path` is relative to the root."""
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    return parts[0] if parts[0] in table and path.parts[0] != "tests" else None


def include_problem(root, room, line, table):
    match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
    if not match:
        return None
    quote, name = match.groups()
    target = name.split("/")[0]
    ours = target in table or target == "tests"
    if quote == "<":
        return f'write "{name}" in quotes' if ours and "/" in name else None
    if not ours or "/" not in name:
        return f'"{name}" does not name its room'
    places = [folder / (name + suffix) for folder in (root, root / "src") for suffix in ("", ".in")]
    if not any(place.is_file() for place in places):
        return f'"{name}" does not exist'
    if room and target not in table[room]:
        return f'room {room} may not include room {target} ("{name}")'
    return None


def check_source(root, path, table):
    text = (root / path).read_text()
    if any(line not in text[:300] for line in SPDX):
        yield 1, "the two SPDX lines are missing at the top"
    if path.suffix not in SOURCES:
        return
    room = room_of(path, table)
    for number, line in enumerate(text.splitlines(), 1):
        problem = include_problem(root, room, line, table)
        if problem:
            yield number, problem
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line) and str(path) != MAY_LOOK_AT_CUDACC:
            yield number, "no feature #if in source: let CMake choose a file, or a table an entry"


def check_cmake(root, path, table):
    for room, rest in re.findall(r"dtrain_add_room\((\w+)(.*?)\)", (root / path).read_text(), re.S):
        links = re.search(r"\bROOMS\b(.*)", rest, re.S)
        for below in links.group(1).split() if links else ():
            if below not in table.get(room, ()):
                yield 1, f"room {room} may not link room {below}"


def problems(root):
    table = read_table((root / "docs/architecture.md").read_text())
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            path = file.relative_to(root)
            if path.suffix in SOURCES | SCRIPTS:
                found = check_source(root, path, table)
            elif path.name == "CMakeLists.txt":
                found = check_cmake(root, path, table)
            else:
                continue
            for number, problem in found:
                yield f"{path}:{number}: {problem}"


if __name__ == "__main__":
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    found = list(problems(root))
    print("\n".join(found) or "every file keeps the rules of the house")
    sys.exit(bool(found))
