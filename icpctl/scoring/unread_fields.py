"""What was asked for and is in no record of a file: said by every command that reads.

The scan notes which fields the records of each file have; what is missing is looked up afterwards,
so that files that have everything cost nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location, nearest
from icpctl.exports.recognition import first_records
from icpctl.exports.visitor_scan import visitor_groups
from icpctl.mappings.mapping import FIELDS, ID, LAST_SEEN, OF_QUERIES, built_in_names
from icpctl.mappings.paths import Constant, path_text
from icpctl.scoring.conditions import field_name
from icpctl.scoring.counts import FileCounts
from icpctl.scoring.plan import carried_name, fields_of, paths_of
from icpctl.values.text_forms import key_form
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.exports.format_detection import Mapped
    from icpctl.exports.similar_keys import SurveyedKey
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.mappings.paths import Path
    from icpctl.scoring.plan import Plan

_SIMILAR = 3  # keys that are named for a field
SURVEYS = 50
"""In how many files, or for how many fields, similar keys are looked for."""


class UnreadField(Struct, frozen=True):
    """A field that no record of a file has, though configs or the user's own mapping ask for it.

    `configs` are the slugs of those that ask for it, none where only the mapping names it. `paths`
    were tried; `similar` are the keys of the file that are most like it. `passing` are values that
    conditions with a negative comparator keep out: with nothing to compare, they would pass.
    """

    file: str
    field: str
    configs: tuple[str, ...]
    paths: tuple[str, ...]
    similar: tuple[str, ...]
    passing: tuple[str, ...] = ()


class UnreadFile(Struct, frozen=True):
    """A file that says nothing about any visitor: it has no record, or none with a field but an id.

    `foreign` is what it is instead of an export, as far as that is known.
    """

    file: str
    has_records: bool
    foreign: str | None = None


class Unread(Struct, frozen=True):
    """All that was asked for and is missing in the files of a run."""

    fields: tuple[UnreadField, ...] = ()
    files: tuple[UnreadFile, ...] = ()


class _Asked(Struct):
    """Who asks for a field, for which texts, and which of these negative conditions keep out."""

    configs: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    passing: dict[str, None] = field(default_factory=dict)


class _Group(Struct, frozen=True):
    """Files that count as one, since their records are rolled up together; else a single file."""

    sources: list[Source]
    mapped: list[Mapped]

    def fields(self, files: Mapping[str, FileCounts]) -> FileCounts:
        """Return what the scan has read of them."""
        there = FileCounts()
        for name in dict.fromkeys(of_file.source for of_file in self.mapped):
            there.merge(files.get(name, FileCounts()))
        return there

    @property
    def first(self) -> frozenset[str]:
        """The fields that their first records have."""
        return frozenset[str]().union(*(of_file.first for of_file in self.mapped))


def find_unread(
    sources: Sequence[Source],
    mapped: Sequence[Mapped],
    files: Mapping[str, FileCounts],
    plan: Plan,
    configs: Iterable[tuple[str, IcpConfig]],
    *,
    only: Source | None = None,
    by: By = (),
) -> Unread:
    """Return what is missing in files of which a scan has read `files`; in one alone by `only`.

    `configs` are the plan's, with their slugs. Files whose records are rolled up together, as all
    are with `by`, count as one, under the name of the first.
    """
    asked = _asked(configs)
    fields: list[UnreadField] = []
    empty: list[UnreadFile] = []
    for group in _groups(sources, mapped, by):
        if only and only not in group.sources:
            continue
        there, of_file = group.fields(files), group.mapped[0]
        if not there.visitors or not (there.fields | group.first) - {ID}:
            empty.append(UnreadFile(of_file.source, bool(there.visitors), of_file.foreign))
        missing = _missing(group, there, asked)
        if missing and there.visitors and not of_file.foreign:
            keys = _free_keys(group, there, plan) if len(fields) < SURVEYS else []
            fields += [
                _unread_field(name, of_file, asked.get(name, _Asked()), keys, plan)
                for name in missing
            ]
    return Unread(tuple(fields), tuple(empty))


def extra_fields(mapped: Iterable[Mapped], plan: Plan) -> tuple[str, ...]:
    """Return the fields that a scan must look for besides those that the plan asks for.

    These are what a mapping of the user's names and the first records lack, and all fields where
    the first records have none: only the whole file tells that no record has one.
    """
    wanted: dict[str, None] = {}
    for of_file in mapped:
        names = _own_fields(of_file.mapping) if of_file.first - {ID} else FIELDS
        wanted |= dict.fromkeys(name for name in names if name not in of_file.first)
    return tuple(name for name in wanted if name not in plan.columns)


def require_carried(
    carry: Sequence[str],
    files: Mapping[str, FileCounts],
    sources: Sequence[Source],
    mapped: Sequence[Mapped],
    types: Iterable[str],
) -> None:
    """Raise `IcpctlError` `no_such_field` for a carried name that is not a field and in no record.

    `types` are the condition types that are known, custom ones too, by their fields. A key whose
    values are all null is known from the first records.
    """
    read = set[str]().union(*(of_file.fields for of_file in files.values()))
    has_visitors = any(of_file.visitors for of_file in files.values())
    fields = (*FIELDS, *types)
    for number, text in enumerate(carry):
        is_field = text in fields
        if has_visitors and not is_field and carried_name(number) not in read:
            _require_key(text, sources, mapped, fields)


def _require_key(
    text: str, sources: Sequence[Source], mapped: Sequence[Mapped], fields: Sequence[str]
) -> None:
    from icpctl.exports.similar_keys import survey

    keys: dict[str, None] = {}
    for source, of_file in list(zip(sources, mapped, strict=True))[:SURVEYS]:
        known = survey(_first_records(source, of_file), with_nulls=True)
        keys |= dict.fromkeys(key.text for key in known)
    if key_form(text) in map(key_form, keys):
        return
    meant = nearest(text, [*keys, *fields])
    raise IcpctlError(
        f"no record has {text}, and it is not a field of the mapping",
        "no_such_field",
        Location(sources[0].name) if len(sources) == 1 else None,
        f"did you mean {meant}?" if meant else "icpctl inspect shows what is in an export",
    )


def _own_fields(mapping: RecordMapping) -> tuple[str, ...]:
    """Return the fields that a user's mapping names itself."""
    if mapping.name in built_in_names():
        return ()
    return tuple(name for name in mapping.paths if name in mapping.own)


def _groups(sources: Sequence[Source], mapped: Sequence[Mapped], by: By) -> Iterator[_Group]:
    for group in visitor_groups([of_file.mapping for of_file in mapped], by):
        parts = [group.members] if group.is_rolled_up else [[member] for member in group.members]
        for part in parts:
            yield _Group([sources[number] for number in part], [mapped[number] for number in part])


def _asked(configs: Iterable[tuple[str, IcpConfig]]) -> dict[str, _Asked]:
    """Return for each field who asks for it. Impact adds a word to the slugs of its versions."""
    asked: dict[str, _Asked] = {}
    for slug, config in configs:
        for condition in config.conditions:
            name = field_name(fields_of(condition.condition_type)[0])
            of_field = asked.setdefault(name, _Asked())
            of_field.configs[slug.partition(" ")[0]] = None
            listed = () if condition.comparison.asks_presence else condition.listed
            texts = dict.fromkeys(value for value in listed if isinstance(value, str))
            of_field.texts |= texts
            if condition.is_negated:
                of_field.passing |= texts
    return asked


def _missing(group: _Group, there: FileCounts, asked: Mapping[str, _Asked]) -> list[str]:
    """Return the fields that configs ask for, and those of the user's mapping, that are not there.

    Of the latter the scan looks only for those that the first records lack.
    """
    own = map(field_name, _own_fields(group.mapped[0].mapping))
    first = set(map(field_name, group.first))
    wanted = dict.fromkeys([*asked, *(name for name in own if name not in first)])
    return [name for name in wanted if name not in there.fields]


def _unread_field(
    name: str, of_file: Mapped, asked: _Asked, keys: Sequence[SurveyedKey], plan: Plan
) -> UnreadField:
    from icpctl.exports.similar_keys import similar_keys

    likely = similar_keys(name, keys, asked.texts)
    return UnreadField(
        of_file.source,
        name,
        tuple(asked.configs),
        tuple(map(path_text, _paths_tried(name, of_file.mapping, plan))),
        tuple(alike.key.text for alike in likely[:_SIMILAR]),
        tuple(asked.passing),
    )


def _paths_tried(name: str, mapping: RecordMapping, plan: Plan) -> Iterator[Path]:
    """Yield the paths that may give a field, or another field that stands for it.

    Of the spellings of a key, which are all tried, the first is named.
    """
    names: Sequence[str] = (name,)
    if name == LAST_SEEN:
        names = (name, "last_seen_days")
    elif name in CONDITION_TYPES and name not in OF_QUERIES:
        names = fields_of(CONDITION_TYPES[name])
    forms = set()
    for path in (path for each in names for path in paths_of(plan.types, mapping, each)):
        form = (*_form(path), *(step for step in path if not isinstance(step, str)))
        if form not in forms:
            forms.add(form)
            yield path


def _free_keys(group: _Group, there: FileCounts, plan: Plan) -> list[SurveyedKey]:
    """Return the keys of the first file that no field which was read is read from."""
    from icpctl.exports.similar_keys import survey

    source, of_file = group.sources[0], group.mapped[0]
    keys = survey(_first_records(source, of_file))
    taken = {
        _form(path)
        for name in (*of_file.mapping.paths, *plan.types)
        if field_name(name) in there.fields
        for path in _paths_tried(name, of_file.mapping, plan)
        if not isinstance(path[0], Constant)
    }
    return [key for key in keys if _form(key.path) not in taken]


def _first_records(source: Source, of_file: Mapped) -> Iterable[dict[str, Any]]:
    """Return the first records of a file: those that were kept, where it cannot be read again."""
    if source.pipe or of_file.kept or not source.path.exists():
        return of_file.kept
    from icpctl.exports.similar_keys import SURVEYED

    return islice(first_records(source, SURVEYED, of_file.mapping), SURVEYED)


def _form(path: Path) -> tuple[str, ...]:
    return tuple(key_form(step) for step in path if isinstance(step, str))
