"""The driver's door to `ltseq._native`: the only module that imports it, and only on use.

The types are those of its stub; `docs/architecture.md` says what they promise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ltseq_dbapi.errors import Error, ProgrammingError, from_native

if TYPE_CHECKING:
    from ltseq._native import Engine, Plan

__all__ = ["call", "open_engine", "plan_of"]

T = TypeVar("T")


def call(function: Callable[..., T], *arguments: Any) -> T:
    """Call into the engine; whatever it raises comes out as an error of the driver.

    Interrupts (``KeyboardInterrupt``, ``SystemExit``) pass through.

    >>> call(len, "abc")
    3
    """
    try:
        return function(*arguments)
    except Error:
        raise
    except Exception as error:
        raise from_native(error) from error


def open_engine(config: Mapping[str, str]) -> Engine:
    """Open a new database in memory."""
    from ltseq import _native

    return call(_native.Engine, dict(config) or None)


def plan_of(data: object) -> Plan | None:
    """The lazy relation that this is, or that this LTSeq object holds; None for other data."""
    from ltseq import _native

    try:
        plan = data if isinstance(data, _native.Plan) else getattr(data, "_plan", None)
    except Exception as error:  # an LTSeq object without columns has no plan, and says so
        raise ProgrammingError(str(error), code="ARGUMENT") from error
    return plan if isinstance(plan, _native.Plan) else None
