"""Bodies and rules that a command is given: from a file or stdin, checked before they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpctl.config.checking.checks import check_document
from icpctl.config.editing.body_fields import MEANING, full_body
from icpctl.config.file_names import SUFFIXES
from icpctl.documents.document import MAX_BYTES, Document, read_document
from icpctl.documents.edits import edited
from icpctl.documents.tree import Node, Object, Scalar
from icpctl.errors import Finding, IcpctlError, Location
from icpctl.files import stdin

if TYPE_CHECKING:
    from icpctl.config.config_file import ConfigFile
    from icpctl.config.definitions.definitions import Definitions
    from icpctl.config.model import IcpConfig, Rules

STDIN = "<stdin>"
PRINTED = ("etag", "organization")  # what `get` and `list` print beside the fields of a config

_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*)?\{\s*["}/]')


def read_source(name: str) -> Document:
    """Read a file, or stdin for `-`, as JSON or YAML by its name, or else by how it begins.

    Raises `IcpctlError` `no_such_path` where there is nothing to read.
    """
    if name == "-":
        return _document(stdin().read(MAX_BYTES + 1), STDIN)
    try:
        with open(name, "rb") as file:  # may be a pipe: `--file <(...)`
            return _document(file.read(MAX_BYTES + 1), name)
    except FileNotFoundError as error:
        raise IcpctlError("no such file", "no_such_path", Location(name)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"the file cannot be read: {reason}"
        raise IcpctlError(message, "no_such_path", Location(name)) from error


def given(name: str | None) -> Document | None:
    """Return what `read_source` reads, or None for an option that is not given."""
    return None if name is None else read_source(name)


def without_printed(document: Document) -> Document:
    """Return a document without the keys that `get -o json` and `list -o json` add to a config."""
    root = document.root
    printed = [key for key in PRINTED if isinstance(root, Object) and key in root.entries]
    if not printed:
        return document
    data = edited(document, dict.fromkeys(printed, True), dict.fromkeys(printed), MEANING)
    return read_document(data, document.file, is_json=document.is_json)


def unprinted(item: Node) -> Node:
    """Return a config of an array without the keys that `list -o json` adds to it."""
    if not isinstance(item, Object):
        return item
    entries = {key: entry for key, entry in item.entries.items() if key not in PRINTED}
    return Object(item.start, entries, item.end, item.flow)


def body_of(
    document: Document,
    slug: str | None,
    label: str | None = None,
    definitions: Definitions | None = None,
) -> IcpConfig:
    """Return the config that a document holds; `label` is for one that has none.

    Raises `IcpctlError` `invalid_config` with every finding.
    """
    defaults = {} if label is None else {"label": Scalar(0, label)}
    return _checked(document, _with(document.root, defaults), slug, definitions)


def fields_of(document: Document, file: ConfigFile) -> dict[str, Any]:
    """Return the fields that a document gives for an existing config; None is to be removed.

    It is an API's body: each field may be absent, and `slug` says which config is meant.
    Raises `IcpctlError` `invalid_config` with every finding.
    """
    root = document.root
    needed = _entries(file.document.root)
    defaults = {key: node for key in ("label", "rules") for _, node in [needed[key]]}
    for key, (start, node) in _entries(root).items():
        if key in defaults and isinstance(node, Scalar) and node.value is None:
            place = document.location(start)
            raise not_valid(
                document.file,
                [Finding("ICP101", "error", f"{key} cannot be removed", place, "leave it out")],
            )
    body = full_body(_checked(document, _with(root, defaults), file.slug, file.config.definitions))
    return {
        key: None if isinstance(node, Scalar) and node.value is None else body[key]
        for key, (_, node) in _entries(root).items()
        if key not in (*PRINTED, "slug")
    }


def rules_of(document: Document, definitions: Definitions | None = None) -> Rules:
    """Return the rules that a document holds: `{groups: [...]}`.

    Raises `IcpctlError` `invalid_config` with every finding.
    """
    root = document.root
    entries = _entries(root)
    if "rules" in entries and "groups" not in entries:
        raise IcpctlError(
            f"{document.file} holds a whole config, not only rules",
            "invalid_config",
            hint="give it with --file, or keep only what is under rules",
        )
    if root is not None:
        label = (root.start, Scalar(root.start, "rules"))
        root = Object(root.start, {"label": label, "rules": (root.start, root)})
    return _checked(document, root, None, definitions).rules


def not_valid(file: str, findings: list[Finding]) -> IcpctlError:
    """Return the error for a text that is not a valid config."""
    return IcpctlError(f"{file} is not valid", "invalid_config", findings=findings)


def _checked(
    document: Document, root: Node | None, slug: str | None, definitions: Definitions | None
) -> IcpConfig:
    config, findings = check_document(replace(document, root=root), slug, definitions=definitions)
    if config is None:
        raise not_valid(document.file, findings)
    return config


def _with(root: Node | None, defaults: dict[str, Any]) -> Node | None:
    """Return the root of a body with entries that it lacks, and without what `get` adds."""
    if not isinstance(root, Object):
        return root
    entries = {key: entry for key, entry in root.entries.items() if key not in PRINTED}
    missing = {key: (root.start, node) for key, node in defaults.items() if key not in entries}
    return Object(root.start, entries | missing)


def _entries(root: Node | None) -> dict[str, tuple[int, Node]]:
    return root.entries if isinstance(root, Object) else {}


def _document(data: bytes, name: str) -> Document:
    known = Path(name).suffix in SUFFIXES
    return read_document(data, name, is_json=None if known else bool(_JSON.match(data)))
