"""Configs that are named by the paths of their files and folders, each read once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from icpctl.config.definitions import NOTHING_DEFINED, definitions_in
from icpctl.config.file_names import FIELDS_FILE, SUFFIXES, is_rule_test, not_a_config
from icpctl.config.loading import Loaded, load_file
from icpctl.config.store import Workspace
from icpctl.documents.document import MAX_BYTES, Document, List, Object
from icpctl.documents.reading import read_document
from icpctl.errors import IcpctlError, Location
from icpctl.files import stdin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.config.definitions import Definitions
    from icpctl.config.model import IcpConfig
    from icpctl.documents.document import Node

PRINTED = ("etag", "organization")
"""What `get` and `list` print beside the fields of a config."""

_STDIN = Path("-")
_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*["}/]')


def load_config(path: str | os.PathLike[str]) -> IcpConfig:
    """Return the config in one file.

    Raises `IcpctlError`: `no_such_path`, `not_a_config`, or `invalid_config` with the findings.
    """
    path = Path(path)
    if path.is_dir() or is_rule_test(path.name):
        raise not_a_config(path)
    return load_paths([path]).require_valid()[0].config


def load_paths(paths: Iterable[Path], definitions: Definitions = NOTHING_DEFINED) -> Loaded:
    """Read config files, and all that folders and their subfolders hold; `-` is stdin.

    `definitions` hold for the config of stdin, or for the configs of a list there.
    Raises `IcpctlError`: `no_such_path`, or `not_a_config` for a file that is none by its name.
    """
    loaded = Loaded()
    paths = list(paths)
    if _STDIN in paths:
        _load_stdin(loaded, definitions)
        paths = [path for path in paths if path != _STDIN]
    by_place = {_place_of(path): path for path in reversed(list(paths))}
    named = list(reversed(by_place.values()))
    for path in named:
        if not os.path.lexists(path):
            raise IcpctlError("no such file or folder", "no_such_path", Location(str(path)))
        if not path.is_dir() and path.suffix.lower() not in SUFFIXES:
            raise not_a_config(path)
    folders = [path for path in named if path.is_dir()]
    places = set(map(os.path.realpath, folders))
    for folder in folders:
        if os.path.dirname(os.path.realpath(folder)) not in places:  # or it is an organization
            loaded.add(Workspace(folder).read(all_orgs=True))
    read = {finding.location.file for finding in loaded.findings}
    read |= {str(config.path) for config in loaded.configs}
    read_places = {_place_of(Path(file)) for file in read}
    for path in named:
        is_read = path in folders or _place_of(path) in read_places
        if path.name == FIELDS_FILE and not is_read:
            loaded.files += 1
            loaded.findings += definitions_in(path.parent).findings
        elif not is_read and not is_rule_test(path.name):
            load_file(path, None, loaded)
    loaded.compare()
    return loaded


def read_source(name: str) -> Document:
    """Read a file, or stdin for `-`, as JSON or YAML by its name, or else by how it begins.

    Raises `IcpctlError` `no_such_path` where there is nothing to read.
    """
    if name == "-":
        return _document(stdin().read(MAX_BYTES + 1), "<stdin>")
    try:
        with open(name, "rb") as file:  # may be a pipe: `--file <(...)`
            return _document(file.read(MAX_BYTES + 1), name)
    except FileNotFoundError as error:
        raise IcpctlError("no such file", "no_such_path", Location(name)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"the file cannot be read: {reason}"
        raise IcpctlError(message, "no_such_path", Location(name)) from error


def unprinted(item: Node | None) -> Node | None:
    """Return a config without the keys that `get -o json` and `list -o json` add to it."""
    if not isinstance(item, Object):
        return item
    entries = {key: entry for key, entry in item.entries.items() if key not in PRINTED}
    return Object(item.start, entries, item.end, item.flow)


def _load_stdin(loaded: Loaded, definitions: Definitions) -> None:
    """Check the config that stdin holds, or each of a list, as `list -o json` prints it."""
    from icpctl.config.checks import check_document

    document = read_source(str(_STDIN))
    loaded.files += 1
    loaded.findings += definitions.findings
    root = document.root
    for config_root in root.items if isinstance(root, List) else [root]:
        shown = replace(document, root=unprinted(config_root))
        _, findings = check_document(shown, None, definitions=definitions, lint=loaded.lint)
        loaded.findings += findings


def _document(data: bytes, name: str) -> Document:
    known = Path(name).suffix in SUFFIXES
    return read_document(data, name, is_json=None if known else bool(_JSON.match(data)))


def _place_of(path: Path) -> str:
    """Return what two names of the same entry of a folder have in common; a link is an entry."""
    if path.name in ("", "..") or path.is_dir():
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(path.parent), path.name)
