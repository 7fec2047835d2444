"""The one engine of the process, started when something first needs it."""

from __future__ import annotations

import threading

from ._native import Engine
from .errors import native

_lock = threading.Lock()
_engine: Engine | None = None


def default() -> Engine:
    """The engine that all tables share; the first call starts it."""
    global _engine
    if _engine is None:
        with _lock:
            if _engine is None:
                _engine = native(Engine)
    return _engine
