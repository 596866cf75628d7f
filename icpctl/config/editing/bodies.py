"""Bodies and rules that a command is given: from a file or stdin, checked before they are used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.config.checks import check_document
from icpctl.config.config_file import SUFFIXES
from icpctl.config.editing.edits import edited
from icpctl.documents.document import MAX_BYTES, Document, read_document
from icpctl.documents.tree import Object, Scalar
from icpctl.errors import Finding, IcpctlError
from icpctl.files import stdin

if TYPE_CHECKING:
    from icpctl.config.definitions import Definitions
    from icpctl.config.model import IcpConfig, Rules

STDIN = "<stdin>"

_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*["}]')


def read_source(name: str) -> Document:
    """Read a file, or stdin for `-`, as JSON or YAML by its name, or else by how it begins.

    Raises `IcpctlError` `no_such_path` where there is nothing to read.
    """
    if name == "-":
        return _document(stdin().read(MAX_BYTES + 1), STDIN)
    try:
        with open(name, "rb") as file:  # may be a pipe: `--file <(...)`
            return _document(file.read(MAX_BYTES + 1), name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IcpctlError(f"{name} cannot be read: {reason}", "no_such_path") from error


def given(name: str | None) -> Document | None:
    """Return what `read_source` reads, or None for an option that is not given."""
    return None if name is None else read_source(name)


def body_of(
    document: Document,
    slug: str | None,
    label: str | None = None,
    definitions: Definitions | None = None,
) -> IcpConfig:
    """Return the config that a document holds; `label` is for one that has none.

    `definitions` are those of the folder that it is for, else what is beside its file.

    An `etag` is no field but that of the file which `get -o json` printed, so it is left out.
    Raises `IcpctlError` `invalid_config` with every finding.
    """
    root = document.root
    if isinstance(root, Object) and "etag" in root.entries:
        entries = {key: it for key, it in root.entries.items() if key != "etag"}
        root = Object(root.start, entries)
    if label is not None and isinstance(root, Object) and "label" not in root.entries:
        root = Object(root.start, root.entries | {"label": (root.start, Scalar(0, label))})
    config, findings = check_document(replace(document, root=root), slug, definitions=definitions)
    if config is None:
        raise not_valid(document.file, findings)
    return config


def body_data(document: Document) -> bytes:
    """Return the bytes of a document that `body_of` has read, without an `etag`."""
    return edited(document, {"etag": None})


def rules_of(document: Document, definitions: Definitions | None = None) -> Rules:
    """Return the rules that a document holds: `{groups: [...]}`.

    Raises `IcpctlError` `invalid_config` with every finding.
    """
    root = document.root
    if isinstance(root, Object) and "rules" in root.entries and "groups" not in root.entries:
        raise IcpctlError(
            f"{document.file} holds a whole config, not only rules",
            "invalid_config",
            hint="give it with --file, or keep only what stands under rules",
        )
    if root is not None:
        label = (root.start, Scalar(root.start, "rules"))
        root = Object(root.start, {"label": label, "rules": (root.start, root)})
    config, findings = check_document(replace(document, root=root), None, definitions=definitions)
    if config is None:
        raise not_valid(document.file, findings)
    return config.rules


def not_valid(file: str, findings: list[Finding]) -> IcpctlError:
    """Return the error for a text that is no valid config."""
    return IcpctlError(f"{file} is not valid", "invalid_config", findings=findings)


def _document(data: bytes, name: str) -> Document:
    known = Path(name).suffix in SUFFIXES
    return read_document(data, name, is_json=None if known else bool(_JSON.match(data)))
