"""Mappings by name: the built-in ones, and files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.documents.document import MAX_BYTES
from icpctl.errors import IcpctlError, Location, word_hint
from icpctl.files import read_regular
from icpctl.mappings.mapping import DEFAULT, built_in_names, formats_folder
from icpctl.mappings.mapping_file import parse_mapping

if TYPE_CHECKING:
    from icpctl.mappings.mapping import Mapping

_SIGNS = re.compile(r"^(?:recognised_by|records):.*(?:\n .*)*", re.MULTILINE)


def load_mapping(name: str | None) -> Mapping:
    """The built-in mapping of this name (None: the default), or the file `name`.

    Raises `IcpctlError`: `no_such_mapping`; `bad_mapping` with every finding.
    """
    if name is None or name in built_in_names():
        return built_in(name or DEFAULT)
    try:
        data = read_regular(Path(name), MAX_BYTES, "bad_mapping")
    except FileNotFoundError:
        raise _no_such(name) from None
    return read_mapping(name, data)


def read_mapping(name: str, data: bytes) -> Mapping:
    """Return the mapping in a file's bytes; `name` is its name, also in findings.

    Raises `IcpctlError` `bad_mapping` with every finding.
    """
    return parse_mapping(name, data, built_in)


@cache
def built_in(name: str) -> Mapping:
    """The mapping `name` of `built_in_names`."""
    return read_mapping(name, built_in_text(name).encode())


@cache
def built_in_signs(name: str) -> Mapping:
    """The built-in mapping with its `recognised_by` and `records` alone.

    Of all formats but one nothing else is asked, and the whole of each takes five times as long.
    """
    text = "\n".join(_SIGNS.findall(built_in_text(name)))
    return parse_mapping(name, text.encode(), built_in, is_whole=False)


def built_in_text(name: str) -> str:
    """The file of a built-in mapping, as it is. Raises `IcpctlError` `no_such_mapping`."""
    if name not in built_in_names():
        raise _no_such(name)
    return (formats_folder() / f"{name}.yaml").read_text("utf-8")


def _no_such(name: str) -> IcpctlError:
    if Path(name).suffix or Path(name).name != name:  # then a file is meant
        return IcpctlError("no such file", "no_such_mapping", Location(name))
    hint = word_hint(name, built_in_names(), "icpctl mappings lists the built-in ones")
    return IcpctlError(f"unknown mapping {name!r}", "no_such_mapping", hint=hint)
