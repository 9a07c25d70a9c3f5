"""The samples of the document "Stored Procedures & Functions", run as they are.

document/ holds each of its Python blocks word for word, a file for each. A sample that cannot work
is run with a correction: a piece of its text, which must be there once, and what takes its place.
"""

import ast
import inspect
import pathlib

FOLDER = pathlib.Path(__file__).parent / "document"


def compiled(name, corrections):
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for old, new in corrections:
        assert source.count(old) == 1, f"{old!r} is not in {name} once"
        source = source.replace(old, new)
    return compile(source, f"document/{name}.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def define(name, corrections=(), **names):
    """Runs a sample that awaits nothing by itself; returns all names it has then."""
    exec(compiled(name, corrections), names)  # pylint: disable=exec-used
    return names


async def run(name, corrections=(), **names):
    """Runs a sample whose usage part awaits something."""
    code = compiled(name, corrections)
    assert code.co_flags & inspect.CO_COROUTINE, f"{name} awaits nothing"
    await eval(code, names)  # pylint: disable=eval-used
    return names
