"""SQLAlchemy's expressions as LTSeq SQL.

Only what differs from the standard compiler stands here, each with its reason.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from sqlalchemy import exc
from sqlalchemy import types as sqltypes
from sqlalchemy.sql import compiler

from ltseq_dbapi.errors import Warning

__all__ = ["LTSeqCompiler", "LTSeqDDLCompiler", "LTSeqIdentifierPreparer"]

_WORDS = """
anti asof by cluster create cross delete distinct distribute drop except exists explain
fetch first full global group having inner insert intersect into join last lateral left
limit link match_condition match_recognize natural offset on order ordered outer over
partition prewhere qualify right rolling rows sample select semi set settings sort table
tablesample top union unnest unpivot update using values view where window with
"""
"""Words that mean something after a table or column; quoting them is never wrong."""


class LTSeqIdentifierPreparer(compiler.IdentifierPreparer):
    """Quotes what LTSeq would read as a keyword, and names with capitals.

    >>> from ltseq_dbapi.sqlalchemy.dialect import LTSeqDialect
    >>> quote = LTSeqDialect().identifier_preparer.quote
    >>> quote("px"), quote("Px"), quote("link")
    ('px', '"Px"', '"link"')
    """

    reserved_words = compiler.RESERVED_WORDS | frozenset(_WORDS.split())


class LTSeqCompiler(compiler.SQLCompiler):
    """SELECT, INSERT, UPDATE and DELETE.

    A hint on a table is text that follows it; that is the place of ORDERED BY:

    >>> from sqlalchemy import column, func, select, table
    >>> from ltseq_dbapi.sqlalchemy.dialect import LTSeqDialect
    >>> ticks = table("ticks", column("ts"), column("px"))
    >>> query = select(func.diff(ticks.c.px)).with_hint(ticks, "ORDERED BY ts", "ltseq")
    >>> " ".join(str(query.compile(dialect=LTSeqDialect())).split())
    'SELECT diff(ticks.px) AS diff_1 FROM ticks ORDERED BY ts'
    """

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """OFFSET may stand alone; the standard compiler would write LIMIT -1."""
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            text += "\n OFFSET " + self.process(select._offset_clause, **kw)
        return text

    def fetch_clause(  # type: ignore[override]
        self, select: Any, **kw: Any
    ) -> str:
        """FETCH FIRST n ROWS ONLY is written as LIMIT; there are neither PERCENT nor WITH TIES."""
        if any((select._fetch_clause_options or {}).values()):
            raise exc.CompileError("LTSeq has no FETCH … PERCENT and no FETCH … WITH TIES")
        text = "\n LIMIT " + self.process(select._fetch_clause, **kw)
        if select._offset_clause is not None:
            text += "\n OFFSET " + self.process(select._offset_clause, **kw)
        return text

    def visit_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._like(binary, "LIKE", kw)

    def visit_not_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._like(binary, "NOT LIKE", kw)

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._like(binary, "ILIKE", kw)

    def visit_not_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._like(binary, "NOT ILIKE", kw)

    def _like(self, binary: Any, operator: str, kw: dict[str, Any]) -> str:
        r"""Only the backslash escapes in LIKE: other escapes (``autoescape`` has /) turn into it."""
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        escape = binary.modifiers.get("escape")
        if escape not in (None, "\\"):
            if len(escape) != 1:
                raise exc.CompileError(f"the escape of LIKE is one character, not {escape!r}")
            escaped = "'" + re.escape(escape).replace("'", "''") + "(.)'"
            right = rf"regexp_replace(replace({right}, '\', '\\'), {escaped}, '\$1', 'g')"
        return f"{left} {operator} {right}"

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise exc.CompileError("LTSeq has no JSON values: a JSON column is text, select it whole")

    def visit_json_path_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        raise exc.CompileError("LTSeq has no JSON values: a JSON column is text, select it whole")

    def visit_empty_set_expr(self, element_types: Any, **kw: Any) -> str:
        """What follows IN when the list is empty: a query without rows."""
        columns = ", ".join("NULL" for _ in element_types or [None])
        return f"SELECT {columns} WHERE 1 = 0"

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """Integers divide as DOUBLE; NUMERIC would keep four digits."""
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if all(side.type._type_affinity is sqltypes.Integer for side in (binary.left, binary.right)):
            right = f"CAST({right} AS DOUBLE)"
        return f"{left} / {right}"

    def visit_frame_clause(self, frameclause: Any, **kw: Any) -> str:
        """Offsets of window frames are literals, put in when the statement runs."""
        kw["literal_execute"] = True
        return str(super().visit_frame_clause(frameclause, **kw))  # type: ignore[no-untyped-call]

    def _format_frame_clause(self, range_: Any, **kw: Any) -> str:
        """Do the same for SQLAlchemy before 2.1."""
        kw["literal_execute"] = True
        return str(super()._format_frame_clause(range_, **kw))  # type: ignore[misc]

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._regexp(binary, " ~* " if self._ignores_case(binary) else " ~ ", kw)

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._regexp(binary, " !~* " if self._ignores_case(binary) else " !~ ", kw)

    def _regexp(self, binary: Any, operator: str, kw: dict[str, Any]) -> str:
        return f"{self.process(binary.left, **kw)}{operator}{self.process(binary.right, **kw)}"

    def _ignores_case(self, binary: Any) -> bool:
        flags = binary.modifiers.get("flags")
        if flags not in (None, "i"):
            raise exc.CompileError(f"LTSeq has no regular expression flags {flags!r} but 'i'")
        return bool(flags == "i")


class LTSeqDDLCompiler(compiler.DDLCompiler):
    """CREATE and DROP.

    LTSeq has no foreign keys, CHECK constraints or indexes.  An index is only about speed and is
    passed over in silence (pandas asks for one in every `to_sql`); a constraint that would not
    hold is left out with a warning of class `ltseq_dbapi.Warning`.
    """

    def visit_create_index(self, create: Any, *args: Any, **kw: Any) -> str:
        """No statement at all; the dialect does not send an empty one."""
        if create.element.unique:
            self._left_out("unique index", create.element.name)
        return ""

    def visit_drop_index(self, drop: Any, **kw: Any) -> str:
        return ""

    def visit_foreign_key_constraint(  # type: ignore[override]
        self, constraint: Any, **kw: Any
    ) -> str | None:
        """None leaves the constraint out of the table."""
        self._left_out("foreign key", constraint.name)
        return None

    def visit_check_constraint(self, constraint: Any, **kw: Any) -> str | None:
        self._left_out("CHECK constraint", constraint.name)
        return None

    def visit_column_check_constraint(self, constraint: Any, **kw: Any) -> str:
        self._left_out("CHECK constraint", constraint.name)
        return ""

    def _left_out(self, what: str, name: Any) -> None:
        called = f" {name!s}" if isinstance(name, str) else ""
        warnings.warn(f"LTSeq does not enforce the {what}{called}; it is left out", Warning, stacklevel=2)
