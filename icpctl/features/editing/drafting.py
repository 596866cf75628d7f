"""What a new config is asked to be -> its slug and the text of its file."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.config.checks import check_document
from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.file_names import is_slug, nearest_slug
from icpctl.documents.document import Document, Object, split_lines
from icpctl.documents.reading import read_document
from icpctl.errors import IcpctlError
from icpctl.features.editing.bodies import body_of, rules_of, without_printed
from icpctl.features.editing.body_fields import MEANING, full_body, is_same, short_body
from icpctl.features.editing.changes import meant
from icpctl.features.editing.condition_words import rules_of_words
from icpctl.features.editing.layout import SCHEMA_LINE, config_text
from icpctl.features.editing.texts.edited_text import newline_of
from icpctl.features.editing.texts.edits import edited
from icpctl.features.editing.texts.members import members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import IcpConfig


class Wish(Struct, frozen=True):
    """What is known about a new config.

    `name` is its slug or, when it cannot be one, its label. The rules come from `body` (a whole
    config), from `rules`, or from the words of `where` and `prefer`. `definitions` are what the
    folder of configs defines.
    """

    name: str | None = None
    label: str | None = None
    body: Document | None = None
    rules: Document | None = None
    where: Sequence[str] = ()
    prefer: Sequence[str] = ()
    priority: int | None = None
    is_active: bool | None = None
    is_json: bool = False
    min_score: float | None = None
    exclude: bool = False
    definitions: Definitions = NOTHING_DEFINED


def drafted(wish: Wish) -> tuple[str, bytes]:
    """Return the slug and the bytes of a new config, whose text may still be refused.

    Raises `IcpctlError`: `bad_usage` where too little or too much is said, `bad_name`, and what
    reading the rules raises.
    """
    wish, slug = _named(wish)
    sources = [wish.body is not None, wish.rules is not None, bool(wish.where or wish.prefer)]
    if sum(sources) != 1:
        wrong = "given more than once" if any(sources) else "missing"
        raise IcpctlError(
            f"the rules are {wrong}",
            "bad_usage",
            hint="give --file F, --rules F, or --where C",
        )
    config = _config(wish, slug)
    slug = slug or config.slug or _slug_of(config.label)
    if wish.is_json:
        return slug, config_text(short_body(config), "json").encode()
    return slug, _yaml(wish, config)


def _named(wish: Wish) -> tuple[Wish, str | None]:
    """Return what the one name means: a slug, which also serves as label, or a label."""
    name = wish.name
    if name is None or is_slug(name):
        label = name if wish.label is None and wish.body is None else wish.label
        return replace(wish, label=label), name
    if wish.label is not None or name.startswith(".") or "/" in name or "\\" in name:
        better = nearest_slug(name)
        raise IcpctlError(
            f"{name[:100]!r} is not a slug: expected lower-case letters and digits, joined by "
            "hyphens",
            "bad_name",
            hint=f"such as {better}; a label is given with --label" if better else None,
        )
    return replace(wish, label=name), None


def _slug_of(label: str) -> str:
    slug = nearest_slug(label)
    if slug is None:
        raise IcpctlError(
            f"cannot make a slug from the label {label[:100]!r}",
            "bad_name",
            hint="name one: icpctl create SLUG --label LABEL ...",
        )
    return slug


def _config(wish: Wish, slug: str | None) -> IcpConfig:
    fields: dict[str, Any] = {
        "label": wish.label,
        "priority": wish.priority,
        "isActive": wish.is_active,
        "minScore": wish.min_score,
        "exclude": wish.exclude or None,
    }
    fields = {key: value for key, value in fields.items() if value is not None}
    if wish.body is not None:
        given = body_of(wish.body, slug, wish.label, wish.definitions).model_dump(by_alias=True)
        return meant(given, fields, wish.definitions)
    if "label" not in fields:
        raise IcpctlError("the label is missing", "bad_usage", hint="give --label LABEL")
    if wish.rules:
        return meant({"rules": rules_of(wish.rules, wish.definitions)}, fields, wish.definitions)
    rules = rules_of_words(wish.where, wish.prefer, wish.definitions)
    return meant({"rules": rules}, fields, wish.definitions)


def _yaml(wish: Wish, config: IcpConfig) -> bytes:
    """Return YAML as it was given where it was, with its comments, else laid out anew."""
    laid_out = config_text(short_body(config), "yaml").encode()
    if wish.body is not None:
        given = None if wish.body.is_json else _given_body(wish.body, config, wish.definitions)
    else:
        given = _given_rules(wish.rules, laid_out) if wish.rules else None
    if given is None:
        return laid_out
    read, _ = check_document(
        read_document(given, "config.yaml"), None, definitions=wish.definitions
    )
    return given if read is not None and is_same(read, config) else laid_out


def _given_body(body: Document, config: IcpConfig, definitions: Definitions) -> bytes:
    text = without_printed(body)
    given = full_body(body_of(text, None, config.label, definitions))
    if "label" not in getattr(text.root, "entries", {}):
        given["label"] = None
    data = edited(text, given, full_body(config), MEANING)
    return data if b"yaml-language-server:" in data else _with_first_line(data, SCHEMA_LINE)


def _given_rules(rules: Document, laid_out: bytes) -> bytes | None:
    """Return a config that is laid out, with its rules as they were given."""
    text = _block_text(rules)
    head, _, _ = laid_out.decode().partition("\nrules:\n")
    return None if text is None else f"{head}\nrules:\n{text}\n".encode()


def _block_text(document: Document) -> str | None:
    """Return a YAML text that is one object in block form, indented below a key, else None."""
    root, text = document.root, document.text
    if document.is_json or not isinstance(root, Object) or root.flow:
        return None
    first = members(text, root)[0]
    start = max(text.rfind("\n", 0, first.begin), text.rfind("\r", 0, first.begin)) + 1
    column = first.begin - start
    lines = split_lines(text[start:].rstrip())
    shorter = [line[min(column, len(line) - len(line.lstrip(" "))) :] for line in lines]
    return "\n".join(f"  {line}" if line else "" for line in shorter)


def _with_first_line(data: bytes, line: str) -> bytes:
    """Return YAML bytes that begin with a line."""
    body = data.removeprefix(codecs.BOM_UTF8)
    mark = data[: len(data) - len(body)]
    return mark + line.encode() + newline_of(body.decode()).encode() + body
