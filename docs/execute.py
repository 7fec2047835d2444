"""Runs the examples of the documentation and writes what they give: `python docs/execute.py docs/sql.md …`.

A page is a session. Its ```sql blocks go through one connection of the driver, its ```python blocks through one
namespace, and SQL sees the tables that Python has, as `ltseq.sql` does. A ```text block after one of them is its
output, written by this script and compared by tests/py/test_docs.py: the answer as a table, what Python printed and
the value of its last expression, or the error where the page shows one. An error that no ```text block shows ends
the run.
"""

from __future__ import annotations

import ast
import functools
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import ltseq_dbapi  # noqa: E402
from demo import data  # noqa: E402
from ltseq import LTSeq, LTSeqError, display  # noqa: E402
from ltseq.types import is_number  # noqa: E402

# A block that runs, and the output that may follow it.
BLOCK = re.compile(r"^```(sql|python)\n(.*?)^```\n(\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)

# Every guide reads the flights; reading the files takes longer than the queries.
data.load = functools.cache(data.load)


class Session:
    """What the blocks of a page share."""

    def __init__(self) -> None:
        self.connection = ltseq_dbapi.connect()
        self.names: dict[str, Any] = {}
        self.registered: dict[str, object] = {}

    def run(self, language: str, text: str, *, may_fail: bool) -> str:
        """The output of a block; that of a failing one is its error."""
        try:
            return self.sql(text) if language == "sql" else self.python(text)
        except (LTSeqError, ltseq_dbapi.Error) as error:
            if not may_fail:
                raise
            return f"{type(error).__name__}: {error}"

    def sql(self, text: str) -> str:
        """Runs the statements and draws the last one's answer."""
        for name in set(re.findall(r"\w+", text)) & self.names.keys():
            table = self.names[name]
            if isinstance(table, LTSeq) and self.registered.get(name) is not table:
                self.connection.register(name, table)
                self.registered[name] = table
        cursor = self.connection.execute(text)
        if cursor.description is None:
            return ""
        rows = cursor.fetchall()
        numeric = [is_number(str(column[1])) for column in cursor.description]
        return display.box([column[0] for column in cursor.description], rows, numeric)

    def python(self, text: str) -> str:
        """Runs the code as an interpreter does: the value of a last expression is printed."""
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(tree, "page", "exec"), self.names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "page", "eval"), self.names)
                if value is not None and not shows(last.value):
                    print(repr(value))
        return printed.getvalue()


def shows(expression: ast.expr) -> bool:
    """Is it `t.show()`, which gives the table back? Pages show what it printed, and not the table once more."""
    called = expression.func if isinstance(expression, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "show"


def executed(page: str) -> str:
    """The page with the outputs that its blocks give now."""
    session = Session()
    before = Path.cwd()

    def block(found: re.Match[str]) -> str:
        language, text, shown = found.group(1), found.group(2), found.group(3)
        output = session.run(language, text, may_fail=shown is not None)
        made = f"```{language}\n{text}```\n"
        return made if shown is None else f"{made}\n```text\n{trimmed(output)}\n```\n"

    # Files that a page writes are its own.
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return BLOCK.sub(block, page)
        finally:
            os.chdir(before)
            session.connection.close()


def trimmed(output: str) -> str:
    """Without white space at the ends of lines, which editors and diffs trip over."""
    return "\n".join(line.rstrip() for line in output.splitlines())


def links(page: str) -> list[str]:
    """The files that a page links to."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page)
    return [target for target in targets if "://" not in target]


def pages() -> Iterator[Path]:
    """Every page of the documentation."""
    yield from sorted((ROOT / "docs").rglob("*.md"))


def main(given: list[str]) -> None:
    """Writes the outputs into these pages, or into all."""
    for path in [Path(name).resolve() for name in given] or pages():
        before = path.read_text(encoding="utf-8")
        after = executed(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
