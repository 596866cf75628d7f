"""Which mapping an export is read with: recognised from its first records, unless one is forced."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError
from icpctl.exports.columns import first_value, keys_of_mapping
from icpctl.exports.json_documents import Layout
from icpctl.exports.key_forms import formed, formed_path
from icpctl.exports.samples import (
    column_names,
    first_records,
    json_layout,
    json_records_of,
    skipped_lines,
)
from icpctl.exports.table_paths import keys_of_lists
from icpctl.mappings.mapping import DEFAULT, Mapping, built_in, built_in_names
from icpctl.mappings.paths import Constant, Keys, Path, is_present

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from icpctl.exports.sources import Source

    Record = dict[str, Any]

_KEYS_SHOWN = 8
_COUNTED = 20  # records in which the fields of two formats are counted


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapping of one file.

    `recognised` says that the file's records told it. `fits` is false where the first records
    have none of the mapping's fields; `keys` are then some of theirs. `doubled` are names that
    several columns of a table have, of which only the first is read. `skipped_lines` are above the
    header of a CSV file.
    """

    source: str
    mapping: Mapping
    recognised: bool
    fits: bool
    keys: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    skipped_lines: int = 0


def map_sources(sources: Sequence[Source], forced: Sequence[Mapping] = ()) -> list[Mapped]:
    """Return the mapping of each file: of `forced` the first that recognises it, else their first.

    Without `forced` it is what the file's first records tell. Raises `IcpctlError`
    `mapping_fits_nothing` where `forced` finds no field in any file.
    """
    forced = [mapping for mapping in forced if any(mapping.paths.values())]  # not of deals alone
    mapped = [_mapped(source, forced) for source in sources]
    if forced and mapped and not any(file.fits for file in mapped):
        these = "this mapping" if len(forced) == 1 else "these mappings"
        raise IcpctlError(
            f"no field of {these} is in the first records of {mapped[0].source}",
            "mapping_fits_nothing",
            forced[0].where,
            f"they have {_listed(mapped[0].keys)}; icpctl inspect {mapped[0].source} shows what is "
            "in an export, and without a mapping the format is recognised",
        )
    return mapped


def recognise(records: Sequence[dict[str, Any]]) -> Mapping | None:
    """Return the built-in mapping whose format most of the records have; None where none has.

    Of several that know equally many records the most specific one is taken: the one that asks
    for most paths.
    """
    return _recognised([formed(record) for record in records])


def _recognised(records: Sequence[Record]) -> Mapping | None:
    """Return the same for `formed` records."""
    best, recognised = (len(records) // 2, 0), None
    for name in built_in_names():
        known, keys = _count_of(records, built_in(name))
        if (known, keys) > best and known > len(records) // 2:
            best, recognised = (known, keys), built_in(name)
    if recognised and _fields_in(recognised, records) < _fields_in(built_in(DEFAULT), records):
        return None  # keys that a format has may be in flat records too
    return recognised


def _count_of(records: Sequence[Record], mapping: Mapping) -> tuple[int, int]:
    """Count the records that have all keys by which a mapping knows its format, and these keys."""
    counts = [(0, 0)]
    for keys in mapping.recognised_by:
        paths = [formed_path(path) for path in keys]
        known = sum(all(is_present(record, path) for path in paths) for record in records)
        counts.append((known, len(paths)))
    return max(counts)


def unknown_format(one: Mapped) -> tuple[str, str]:
    """What is wrong with a file of which nothing was found, and what to do."""
    tried = f"the mapping {one.mapping.name}"
    if one.mapping is built_in(DEFAULT):
        tried = f"the mappings {', '.join(built_in_names())}"
    return (
        f"no record has a field of a visitor, only {_listed(one.keys)}; tried {tried}",
        f"icpctl inspect {one.source} shows what is in it; icpctl mappings {DEFAULT} prints a "
        "mapping to start from, and --mapping FILE names yours",
    )


def doubled_columns(one: Mapped) -> tuple[str, str]:
    """What is said where columns of a table have the same name, and what to do."""
    return (
        f"several columns are called {_listed(one.doubled)}; only the first of them is read",
        "rename the others, so that a mapping can name them",
    )


def _mapped(source: Source, forced: Sequence[Mapping]) -> Mapped:
    mapping, recognised = mapping_of(source, forced)
    records = list(first_records(source, mapping=mapping))
    # A file of which no record can be shown is for the reader to judge.
    fits = not any(records) or _finds(mapping, [formed(record) for record in records])
    keys = () if fits else tuple(dict.fromkeys(key for record in records for key in record))
    doubled = tuple(name for name, count in Counter(column_names(source)).items() if count > 1)
    return Mapped(source.name, mapping, recognised, fits, keys, doubled, skipped_lines(source))


def mapping_of(source: Source, forced: Sequence[Mapping] = ()) -> tuple[Mapping, bool]:
    """Return the mapping of a file, as `map_sources` does, and whether its records tell it."""
    return _chosen(source, forced) if forced else _detected(source)


def _chosen(source: Source, forced: Sequence[Mapping]) -> tuple[Mapping, bool]:
    """Return the first mapping that recognises a file, else the first, and whether one did."""
    for mapping in forced if len(forced) > 1 else ():
        records = [formed(record) for record in first_records(source, mapping=mapping)]
        if _count_of(records, mapping)[0] > len(records) // 2:
            return mapping, True
    return forced[0], False


def _detected(source: Source) -> tuple[Mapping, bool]:
    """Return the built-in mapping of a file, and whether its records tell it."""
    for records, is_right in _readings(source):
        mapping = _recognised([formed(record) for record in records])
        if mapping and is_right(mapping):
            return mapping, True
    return built_in(DEFAULT), False


def _readings(source: Source) -> Iterator[tuple[Iterable[Record], Callable[[Mapping], bool]]]:
    """Yield what the first records may be, and whether they are that for a mapping.

    A lone object is a page of records for a mapping that reads none of its other keys, and a
    record for one that does.
    """
    page = json_layout(source, (), _named_lists()) if source.format == "json" else None
    if page is None or page.kind != "page":
        yield first_records(source), lambda _: True
        return

    def is_page(mapping: Mapping) -> bool:
        named = keys_of_lists(mapping.records)
        return json_layout(source, keys_of_mapping(mapping), named) == page

    yield json_records_of(source, page), is_page
    alone = Layout("objects", page.begins)
    yield json_records_of(source, alone), lambda mapping: not is_page(mapping)


def _named_lists() -> list[Keys]:
    """Return where pages of the known formats have their records."""
    return [keys for name in built_in_names() for keys in keys_of_lists(built_in(name).records)]


def _finds(mapping: Mapping, records: Iterable[Record]) -> bool:
    fields = _fields(mapping)
    return any(first_value(record, paths) is not None for record in records for paths in fields)


def _fields_in(mapping: Mapping, records: Sequence[Record]) -> int:
    """Count the fields that a mapping finds in a few of some `formed` records."""
    return sum(
        any(first_value(record, paths) is not None for record in records[:_COUNTED])
        for paths in _fields(mapping)
    )


def _fields(mapping: Mapping) -> list[tuple[Path, ...]]:
    """Return the paths of each field that a `formed` record may have, or not."""
    return [
        tuple(formed_path(path) for path in paths if not isinstance(path[0], Constant))
        for paths in mapping.paths.values()
    ]


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _KEYS_SHOWN} more keys" if len(keys) > _KEYS_SHOWN else ""
    return ", ".join(key[:40] for key in keys[:_KEYS_SHOWN]) + more
