#!/usr/bin/env python3
"""Hostile owner: judges what the server logged.

    check_log.py SERVER-LOG DATABASE BEGIN

From the byte BEGIN on: no crash, no failed assertion, no PANIC; no internal error of ours, and no corruption.
Prints TAP lines.
"""

import collections
import re
import sys

CRASH = re.compile(r"terminated by signal|PANIC:|TRAP:|exited with exit code (?!1\b)|terminating any other active server processes")
HEAD = re.compile(r"^\S+ \S+ \S+ \[\d+\] (?:(\S+) (\S{5}) )?([A-Z]+):  (.*)")
# Internal errors of the server's own, which statements meet as well where definitions change beside them.
OF_THE_SERVER = re.compile("|".join([
    r"^tuple concurrently (updated|deleted)",
    r"^cache lookup failed for (relation|type|index|attribute|constraint|trigger|function|rule)",
    r"^relation \d+ deleted while still in use",
    r"^could not find trigger \d+",
    r"^attribute \d+ of (type|relation) .* (has wrong type|does not exist)",
]))


def main():
    path, database, begin = sys.argv[1:]
    crashes, internal = [], []
    seen = collections.Counter()
    with open(path, "rb") as log:
        log.seek(int(begin))
        for raw in log:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            if CRASH.search(line):
                crashes.append(line)
            head = HEAD.match(line)
            if not head or head[1] != database or head[3] not in ("ERROR", "FATAL"):
                continue
            seen[head[2]] += 1
            if head[2].startswith("XX") and not OF_THE_SERVER.match(head[4]):
                internal.append(f"{head[2]} {head[4]}")
    print("# " + ", ".join(f"{count} {state}" for state, count in sorted(seen.items())))
    for what, lines in (("no crash", crashes), ("no internal error", internal)):
        print("not ok" if lines else "ok", f"- {what} in the server log")
        for line in lines[:20]:
            print(f"#   {line}")
    return 1 if crashes or internal else 0


if __name__ == "__main__":
    sys.exit(main())
