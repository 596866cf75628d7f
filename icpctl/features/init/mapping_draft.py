"""A mapping for an export that no built-in mapping fits, drafted from the names of its keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from icpctl.exports.key_forms import key_form
from icpctl.mappings.mapping import DEFAULT
from icpctl.mappings.paths import path_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from icpctl.mappings.paths import Keys

_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "uuid", "visitor", "record id", "lead id", "contact id", "lead no", "number"),
    "last_seen": ("last seen", "last visit", "last activity", "visited at", "last active", "seen"),
    "industry": ("industry", "sector", "vertical", "branche"),
    "company_size": ("employees", "headcount", "company size", "staff", "employee count"),
    "job_title": ("job title", "title", "position", "role", "function"),
    "country": ("country", "country code", "land", "nation"),
    "region": ("region", "state", "province"),
    "city": ("city", "town", "location"),
    "pages": ("pages", "page", "page url", "url", "landing page", "visited pages"),
    "page_view_count": ("page views", "pageviews", "views"),
    "session_count": ("sessions", "visits", "visit count"),
    "domain": ("domain", "website", "web site", "company url", "homepage"),
    "linkedin_url": ("linkedin", "linkedin url", "linkedin profile"),
    "utm_source": ("utm source", "source"),
    "utm_medium": ("utm medium", "medium"),
    "utm_campaign": ("utm campaign", "campaign"),
}
"""What exports call fields, the likeliest name first."""

FIELDS = tuple(_NAMES)
"""The fields that a drafted mapping may name."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_HEAD = f"""\
# Where the records of this export keep each field. icpctl tries these paths first, then those of
# the mapping that this one extends. `icpctl inspect` shows what each field was read from.
extends: {DEFAULT}
"""


def drafted_paths(keys: Sequence[Keys], missing: Collection[str]) -> dict[str, str]:
    """Return for each missing field the path of the key whose name is most like it, if any is.

    A key serves one field only.
    """
    ranked = sorted(
        (rank, FIELDS.index(name), position, name)
        for name in missing
        for position, key in enumerate(keys)
        if (rank := _rank(key[-1], name)) is not None
    )
    paths: dict[str, str] = {}
    used: set[int] = set()
    for *_, position, name in ranked:
        if name not in paths and position not in used:
            paths[name] = path_text(keys[position])
            used.add(position)
    return {name: paths[name] for name in FIELDS if name in paths}


def mapping_text(paths: dict[str, str], keys: Sequence[Keys]) -> str:
    """Return the text of the mapping file, with the keys that no field reads as comments."""
    from icpctl.documents.text_layout import yaml_text

    entries = "".join(yaml_text({name: path}) for name, path in paths.items())
    texts = list(map(path_text, keys))
    unread = "".join(
        f"#   {text}\n" for text in texts if text not in paths.values() and _is_plain(text)
    )
    rest = f"\n# Not read yet; write FIELD: PATH for what you need (icpctl describe):\n{unread}"
    return f"{_HEAD}\n{entries}{rest if unread else ''}"


def _rank(key: str, name: str) -> int | None:
    """Return how well a key's name fits a field, 0 best; None where it does not."""
    words = " ".join(_WORDS.findall(key)).casefold()
    for rank, known in enumerate(_NAMES[name]):
        if key_form(key) == key_form(known):
            return rank
        if name != "id" and f" {known} " in f" {words} ":
            return rank + 10
    return None


def _is_plain(text: str) -> bool:
    return text.isprintable() and len(text) <= 80
