"""Paths of readers: one file, a list, a glob, a directory."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from typing import TypeAlias

from .errors import kind_of
from .exceptions import ArgumentError, MissingFileError

PathLike: TypeAlias = "str | os.PathLike[str]"
Paths: TypeAlias = "PathLike | list[PathLike] | tuple[PathLike, ...]"


def files(path: Paths, suffix: str) -> list[str]:
    """The files of a path: in name order, a list as given. None found: MissingFileError.

    Of a directory, the files that end in `suffix`, or all where none does; hidden ones are left out.
    """
    if isinstance(path, (list, tuple)):
        if not path:
            raise ArgumentError("path must not be an empty list")
        return [name for item in path for name in _of_one(item, suffix)]
    return _of_one(path, suffix)


def _of_one(path: object, suffix: str) -> list[str]:
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentError(f"path must be str, PathLike or a list of them, not {kind_of(path)}")
    name = os.fspath(path)
    if not isinstance(name, str):
        raise ArgumentError(f"path must be text, not {kind_of(name)}")
    if "\0" in name:
        raise ArgumentError("path must not hold a NUL character")
    if os.path.isdir(name):
        return _of_directory(name, suffix)
    if os.path.exists(name):
        return [name]
    found = sorted(entry for entry in glob.glob(name, recursive=True) if os.path.isfile(entry))
    if not found:
        raise MissingFileError(f"no such file: {name!r}")
    return found


def _of_directory(name: str, suffix: str) -> list[str]:
    entries: Iterable[str] = (entry for entry in sorted(os.listdir(name)) if not entry.startswith((".", "_")))
    found = [full for entry in entries if os.path.isfile(full := os.path.join(name, entry))]
    chosen = [entry for entry in found if entry.lower().endswith(suffix)] or found
    if not chosen:
        raise MissingFileError(f"the directory {name!r} holds no files")
    return chosen
