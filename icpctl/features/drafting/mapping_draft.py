"""A mapping for an export that no format fits, drafted from the names and values of its keys."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, islice, product
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.format_detection import map_sources
from icpctl.exports.recognition import first_records
from icpctl.exports.similar_keys import (
    NAMES,
    SURE,
    SURVEYED,
    Likeness,
    SurveyedKey,
    similar_keys,
    survey,
)
from icpctl.mappings.loading import built_in
from icpctl.mappings.mapping import DEFAULT, ID, LAST_SEEN, PAGES, built_in_names
from icpctl.mappings.paths import Elements, resolve
from icpctl.values import date_forms, json_records
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from icpctl.exports.files.sources import Source
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path

_SURE = 0.78  # of a name: it has the words for the field, or is nearly them
_FITTING = 0.9  # share of the values
_FILES = 50  # of which the first records are looked at
_OTHERS = 2  # further keys that are proposed for a field

_EACH = Elements()

_MONTH_FIRST, _DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"
_CLOCKS = ("", *(f"{mark}{clock}" for mark, clock in product(
    (" ", ", ", "T"), ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
)))  # fmt: skip


class DraftLine(Struct, frozen=True):
    """A field, the key that is proposed for it, and the formats of its dates if they need any.

    A line that is not `is_sure` is for the user to confirm.
    """

    field: str
    key: SurveyedKey
    is_sure: bool
    formats: tuple[str, ...] = ()


class MappingDraft(Struct, frozen=True):
    """Lines of a mapping that extends the built-in one `base`.

    `there` are lines for the fields that `base` finds and reads by itself, `unused` the keys that
    nothing reads. All of it comes from `records` first records. `foreign` is what the first file
    is instead of an export. With a `page` the records are in the list at this path of what the file
    holds instead: of the `pages` of an API.
    """

    base: str
    lines: list[DraftLine]
    there: list[DraftLine]
    unused: list[SurveyedKey]
    records: int
    repeated_ids: int = 0
    foreign: str | None = None
    page: Path = ()
    pages: int = 0

    @property
    def paths(self) -> dict[str, str]:
        """The fields that are sure, and their paths."""
        return {line.field: line.key.text for line in self.lines if line.is_sure}

    def require_records(self, file: str) -> None:
        """Raise `IcpctlError` `no_visitors` where `file` is not an export or has no record."""
        if self.foreign or not self.records:
            what = f"this is {self.foreign}" if self.foreign else "it has no records"
            message = f"{what}, so no mapping can be drafted"
            raise IcpctlError(message, "no_visitors", Location(file))


def draft_mapping(
    sources: Sequence[Source], mappings: Sequence[Mapping] = (), asked: Collection[str] = ()
) -> MappingDraft:
    """Draft a mapping for files of one format; `mappings` are what they are read with, if any.

    `asked` are texts that configs ask for. Raises `IcpctlError` where a file cannot be read.
    """
    (of_file, *_) = map_sources(sources[:1], mappings)
    base = of_file.mapping if of_file.mapping.name in built_in_names() else built_in(DEFAULT)
    records = list(of_file.kept or islice(_records(sources, base), SURVEYED))
    draft = _draft(base, records, asked)
    if page := _page_of(draft):
        within = [resolve(record, (*page, _EACH)) for record in records]
        listed = [each for each in chain.from_iterable(filter(None, within)) if type(each) is dict]
        draft = replace(_draft(base, listed, asked), page=page, pages=len(records))
    return replace(draft, repeated_ids=of_file.repeated_ids, foreign=of_file.foreign)


def _draft(
    base: Mapping, records: Sequence[dict[str, Any]], asked: Collection[str]
) -> MappingDraft:
    keys = survey(records)
    read = _fields_read(base, keys)
    in_base = [_line(name, key) for name, key in read.items()]
    there = [line for line in in_base if not line.formats]
    taken = {key.path for key in read.values()}
    free = [key for key in keys if key.path not in taken]
    lines = [line for line in in_base if line.formats]
    lines += drafted_lines(free, [name for name in NAMES if name not in read], asked)
    lines.sort(key=lambda line: list(NAMES).index(line.field))
    named = {line.key.path for line in lines}
    unused = [key for key in free if not any(_leads(path, key.path) for path in named)]
    return MappingDraft(base.name, lines, there, unused, len(records))


def _page_of(draft: MappingDraft) -> Path:
    """Return the path of the list that has all that was drafted, and more than pages, or `()`."""
    sure = [line for line in draft.lines if line.is_sure]
    lists = {line.key.path[: line.key.path.index(_EACH)] for line in sure if _EACH in line.key.path}
    is_page = not draft.there and len(lists) == 1 and {line.field for line in sure} - {ID, PAGES}
    return lists.pop() if is_page and all(_EACH in line.key.path for line in sure) else ()


def drafted_lines(
    keys: Sequence[SurveyedKey], fields: Iterable[str], asked: Collection[str] = ()
) -> list[DraftLine]:
    """Return lines for some fields, each with the likeliest key; a key is sure for one field only.

    What is likely for a field, but less, follows as lines that are not sure.
    """
    likely = {name: similar_keys(name, keys, asked) for name in fields}
    sure = [(name, alike) for name in likely for alike in likely[name] if _is_sure(alike)]
    ranked = sorted(sure, key=lambda pair: -pair[1].whole)
    chosen: dict[str, SurveyedKey] = {}
    for name, alike in ranked:
        if name not in chosen and alike.key not in chosen.values():
            chosen[name] = alike.key
    return [line for name in likely for line in _lines(name, likely[name], chosen)]


def _lines(
    name: str, likely: Sequence[Likeness], chosen: dict[str, SurveyedKey]
) -> Iterator[DraftLine]:
    if name in chosen:
        yield _line(name, chosen[name])
        return
    taken = [key.path for key in chosen.values()]
    free = [alike.key for alike in likely if alike.key.path not in taken]
    for key in free[:_OTHERS]:
        yield DraftLine(name, key, is_sure=False, formats=_formats(name, key))


def _line(name: str, key: SurveyedKey) -> DraftLine:
    return DraftLine(name, key, _is_clear(name, key), _formats(name, key))


def _is_sure(alike: Likeness) -> bool:
    if alike.values >= SURE:
        return True
    return alike.name >= _SURE and (
        alike.fitting >= _FITTING or bool(_formats(LAST_SEEN, alike.key))
    )


def _is_clear(name: str, key: SurveyedKey) -> bool:
    """Whether the dates of a key have one reading, as far as its values tell."""
    return name != LAST_SEEN or not _numeric_dates(key) or len(_orders(key)) == 1


def _formats(name: str, key: SurveyedKey) -> tuple[str, ...]:
    """Return the formats of dates such as 11/20/2026 or 20261120103000.

    Of both orders month first is proposed.
    """
    if name != LAST_SEEN:
        return ()
    dates = _numeric_dates(key)
    if not dates:
        compact = dict.fromkeys(map(date_forms.compact_format, _texts(key)))
        return tuple(filter(None, compact)) if all(compact) else ()
    order = _orders(key)[0]
    formats = (f"{order}{clock}" for clock in _CLOCKS)
    return tuple(each for each in formats if any(_reads(each, text) for text in dates))


def _orders(key: SurveyedKey) -> list[str]:
    """Return the orders of day and month in which all dates of a key exist."""
    days = [text[: text.index("/", text.index("/") + 1) + 5] for text in _numeric_dates(key)]
    orders = [
        order for order in (_MONTH_FIRST, _DAY_FIRST) if all(_reads(order, day) for day in days)
    ]
    return orders or [_MONTH_FIRST, _DAY_FIRST]


def _numeric_dates(key: SurveyedKey) -> list[str]:
    return [text for text in _texts(key) if date_forms.has_two_readings(text)]


def _texts(key: SurveyedKey) -> list[str]:
    texts = (json_records.scalar_text(json_records.loads(token)) for token in key.values)
    return [text.strip() for text in texts if text]


def _reads(pattern: str, text: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def _leads(path: Path, further: Path) -> bool:
    """Return whether a path leads to or through what another leads to."""
    return further[: len(path)] == path


def _records(sources: Sequence[Source], mapping: Mapping) -> Iterator[dict[str, object]]:
    for source in sources[:_FILES]:
        yield from first_records(source, SURVEYED, mapping)


def _fields_read(mapping: Mapping, keys: Sequence[SurveyedKey]) -> dict[str, SurveyedKey]:
    """Return the fields that a mapping finds, each with the first of the keys that it reads."""
    by_form: dict[tuple[str, ...], SurveyedKey] = {}
    for key in keys:
        by_form.setdefault(_form(key.path), key)
    read = {}
    for name in (ID, *NAMES):
        forms = (_form(path) for path in mapping.paths[name])
        first = next((by_form[form] for form in forms if form in by_form), None)
        if first:
            read[name] = first
    return read


def _form(path: Iterable[object]) -> tuple[str, ...]:
    return tuple(key_form(step) for step in path if isinstance(step, str))
