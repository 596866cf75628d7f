"""Bodies and rules that a command is given: from a file or stdin, checked before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from icpctl.config.checks import check_document
from icpctl.config.named_files import PRINTED, read_source, unprinted
from icpctl.documents.document import Document, Node, Object, Scalar
from icpctl.documents.reading import read_document
from icpctl.errors import Finding, IcpctlError
from icpctl.features.editing.body_fields import MEANING, full_body
from icpctl.features.editing.texts.edits import edited

if TYPE_CHECKING:
    from icpctl.config.definitions import Definitions
    from icpctl.config.model import ConfigFile, IcpConfig, Rules


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
    missing = {key: (root.start, node) for key, node in defaults.items() if key not in root.entries}
    return unprinted(Object(root.start, root.entries | missing))


def _entries(root: Node | None) -> dict[str, tuple[int, Node]]:
    return root.entries if isinstance(root, Object) else {}
