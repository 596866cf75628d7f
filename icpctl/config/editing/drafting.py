"""What a new config is asked to be -> its slug and the text of its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from icpctl.config.condition_words import rules_of_words
from icpctl.config.config_file import is_slug, nearest_slug
from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.editing.bodies import body_of, rules_of
from icpctl.config.editing.edits import block_text, edited, with_first_line
from icpctl.config.editing.layout import SCHEMA_LINE, config_text
from icpctl.config.editing.writing import (
    Changes,
    checked_text,
    holds_the_same,
    meant,
    short_body,
)
from icpctl.documents.document import Document, read_document
from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import IcpConfig


@dataclass(frozen=True, slots=True)
class Wish:
    """What is said about a new config.

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

    Raises `IcpctlError`: `usage` where too little or too much is said, `bad_name`, and what
    reading the rules raises.
    """
    wish, slug = _named(wish)
    sources = [wish.body is not None, wish.rules is not None, bool(wish.where or wish.prefer)]
    if sum(sources) != 1:
        said = "nothing says" if not any(sources) else "too much says"
        raise IcpctlError(
            f"{said} what the rules are",
            "usage",
            hint="give one of --file F, --rules F, and --where/--prefer",
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
            f"{name[:100]!r} is no slug: lower-case letters and digits, joined by hyphens",
            "bad_name",
            hint=f"such as {better}; a label is given with --label" if better else None,
        )
    return replace(wish, label=name), None


def _slug_of(label: str) -> str:
    slug = nearest_slug(label)
    if slug is None:
        raise IcpctlError(
            f"no slug can be made of the label {label[:100]!r}",
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
        raise IcpctlError("the label is missing", "usage", hint="give --label LABEL")
    if wish.rules:
        return meant({"rules": rules_of(wish.rules, wish.definitions)}, fields, wish.definitions)
    rules = rules_of_words(wish.where, wish.prefer, wish.definitions)
    return meant({"rules": rules}, fields, wish.definitions)


def _yaml(wish: Wish, config: IcpConfig) -> bytes:
    """Return YAML as it was given where it was, with its comments, else laid out anew."""
    laid_out = config_text(short_body(config), "yaml").encode()
    if wish.body is not None:
        given = None if wish.body.is_json else _given_body(wish.body, config)
    else:
        given = _given_rules(wish.rules, laid_out) if wish.rules else None
    if given is not None:
        found = checked_text(given)
        if found is not None and holds_the_same(found, config):
            return given
    return laid_out


def _given_body(body: Document, config: IcpConfig) -> bytes:
    changes = Changes(config.label, config.priority, is_active=config.is_active)
    given = body_of(body, None, config.label)
    fields = changes.fields(given)
    if "label" not in getattr(body.root, "entries", {}):
        fields["label"] = config.label
    data = edited(body, fields | {"etag": None})
    if b"yaml-language-server:" in data:
        return data
    return with_first_line(data, SCHEMA_LINE)


def _given_rules(rules: Document, laid_out: bytes) -> bytes | None:
    text = block_text(rules)
    if text is None:
        return None
    document = read_document(laid_out, "config.yaml")
    return edited(document, {"rules": rules_of(rules).model_dump(mode="json")}, text)
