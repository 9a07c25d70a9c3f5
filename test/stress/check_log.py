#!/usr/bin/env python3
"""Stress: judges the errors that the server logged while the sessions worked.

    check_log.py SERVER-LOG DATABASE

Every statement of the sessions begins with its kind in a comment.  An error is
expected only of the kinds named here; all others are trouble.  Prints TAP lines.
"""

import collections
import re
import sys

SERIALIZATION = "40001"  # may hit every transaction above READ COMMITTED
EXPECTED = {
    "register": {"23505": "taken", "P0002": "plan not active"},
    "create": {"P0002": "user gone"},
    "append": {"P0002": "recording gone", "55000": "has segments, or ended meanwhile"},
    "retry": {"P0002": "recording gone", "55000": "has not failed"},
    "complete": {"P0002": "recording gone", "55000": "has segments, or completed meanwhile"},
    "repeat": {"P0002": "recording gone", "55000": "other content"},
    "invalid": {"22023": "bad segments", "P0002": "recording gone", "55000": "other content"},
    "fail": {"P0002": "recording gone", "55000": "done meanwhile"},
    "plan": {"P0002": "user gone"},
    "insert recordings": {"23503": "user gone"},
    "insert segment": {"23503": "recording gone", "23505": "there already"},
    "move": {"23503": "user gone"},
    # After an error in the same transaction.
    "both": {"25P02": "transaction aborted"},
    "delete segments": {"25P02": "transaction aborted"},
    "transaction": {"25P02": "transaction aborted", "3B001": "no savepoint"},
}
# What the sessions provoke all the time: without it, they did not do their work.
SEEN = [("register", "23505"), ("invalid", "22023"), ("repeat", "55000")]

HEAD = re.compile(r"^\S+ \S+ \S+ \[\d+\] (?:(\S+) (\S{5}) )?([A-Z]+):  (.*)")


def errors(log, database):
    """Yields (sqlstate, message, statement) of every error in the database."""
    sqlstate = None
    for line in log:
        head = HEAD.match(line)
        if not head or head[1] != database:
            continue
        if head[3] in ("ERROR", "FATAL", "PANIC"):
            if sqlstate:
                yield sqlstate, message, ""
            sqlstate, message = head[2], head[4]
        elif head[3] == "STATEMENT" and sqlstate:
            yield sqlstate, message, head[4]
            sqlstate = None
    if sqlstate:
        yield sqlstate, message, ""


def main():
    path, database = sys.argv[1:]
    seen = collections.Counter()
    trouble = []
    with open(path, encoding="utf-8", errors="replace") as log:
        for sqlstate, message, statement in errors(log, database):
            kind = re.match(r"/\*(.*?)\*/", statement)
            kind = kind[1] if kind else "transaction"
            seen[kind, sqlstate] += 1
            if sqlstate != SERIALIZATION and sqlstate not in EXPECTED.get(kind, {}):
                trouble.append(f"{sqlstate} {message} | {statement[:150]}")
    for (kind, sqlstate), count in sorted(seen.items()):
        print(f"# {count:6} {sqlstate} from {kind}")
    print("not ok" if trouble else "ok", "- only expected errors")
    for line in trouble[:20]:
        print(f"#   {line}")
    missing = [f"{sqlstate} from {kind}" for kind, sqlstate in SEEN if not seen[kind, sqlstate]]
    print("not ok" if missing else "ok", "- the errors that the sessions provoke came")
    for line in missing:
        print(f"#   never: {line}")
    return 1 if trouble or missing else 0


if __name__ == "__main__":
    sys.exit(main())
