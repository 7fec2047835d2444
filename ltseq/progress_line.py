"""A line that tells how far a long run is: for people at a terminal, and for nobody else."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from .errors import kind_of
from .exceptions import ArgumentError

_AFTER = 2.0
_EVERY = 0.2
_wanted: bool | None = None


def progress(on: bool | None = None, /) -> None:
    """Whether runs longer than two seconds show a line of progress: True, False, or None for terminals only.

    The line goes to stderr and is wiped when the run ends.

    >>> import ltseq
    >>> ltseq.progress(False)
    """
    global _wanted
    if on is not None and not isinstance(on, bool):
        raise ArgumentError(f"progress takes True, False or None, not {kind_of(on)}")
    _wanted = on


def _enabled() -> bool:
    if _wanted is not None:
        return _wanted
    return sys.stderr is not None and sys.stderr.isatty()


class Progress:
    """Counts the rows of a run; a thread writes the line, for the run itself may sit in the engine."""

    def __init__(self) -> None:
        self.rows = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if _enabled():
            self._thread = threading.Thread(target=self._tell, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _tell(self) -> None:
        begin = time.monotonic()
        if self._ended.wait(_AFTER):
            return
        while True:
            seconds = time.monotonic() - begin
            sys.stderr.write(f"\rltseq: {self.rows:,} rows, {seconds:.0f} s\x1b[K")
            sys.stderr.flush()
            if self._ended.wait(_EVERY):
                break
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
