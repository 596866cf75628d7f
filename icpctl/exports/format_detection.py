"""Which mapping an export is read with: recognised from its first records, unless one is forced."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError
from icpctl.exports.columns import first_value
from icpctl.exports.samples import column_names, first_records, skipped_lines
from icpctl.mappings.mapping import DEFAULT, Mapping, built_in, built_in_names
from icpctl.mappings.paths import Constant, Path, is_present

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.exports.sources import Source

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


def map_sources(sources: Sequence[Source], forced: Mapping | None) -> list[Mapped]:
    """The mapping of each file: `forced`, or what its first records tell.

    Raises `IcpctlError` `mapping_fits_nothing` where `forced` finds no field in any file.
    """
    found = [_mapped(source, forced) for source in sources]
    if forced and found and not any(one.fits for one in found):
        raise IcpctlError(
            f"no field of this mapping is in the first records of {found[0].source}",
            "mapping_fits_nothing",
            forced.where,
            f"they have {_listed(found[0].keys)}; icpctl inspect {found[0].source} shows what is "
            "in an export, and without a mapping the format is recognised",
        )
    return found


def recognise(records: Sequence[dict[str, Any]]) -> Mapping | None:
    """The built-in mapping whose format most of the records have; None where none is recognised.

    Of several that know equally many records the most specific one is taken: the one that asks
    for most paths.
    """
    best: tuple[int, int] = (len(records) // 2, 0)
    found = None
    for name in built_in_names():
        mapping = built_in(name)
        if not mapping.recognised_by:
            continue
        known = sum(_is_of(record, mapping) for record in records)
        if (known, len(mapping.recognised_by)) > best and known > len(records) // 2:
            best, found = (known, len(mapping.recognised_by)), mapping
    return found


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


def _mapped(source: Source, forced: Mapping | None) -> Mapped:
    records = list(first_records(source, mapping=forced))
    known = None if forced else recognise(records)
    if known and _count(known, records) < _count(built_in(DEFAULT), records):
        known = None  # keys that a format has may stand in flat records too
    mapping = forced or known or built_in(DEFAULT)
    # A file of which no record can be shown is for the reader to judge.
    fits = not any(records) or _finds(mapping, records)
    keys = () if fits else tuple(dict.fromkeys(key for record in records for key in record))
    doubled = tuple(name for name, count in Counter(column_names(source)).items() if count > 1)
    skipped = skipped_lines(source)
    return Mapped(source.name, mapping, known is not None, fits, keys, doubled, skipped)


def _is_of(record: dict[str, Any], mapping: Mapping) -> bool:
    return all(is_present(record, path) for path in mapping.recognised_by)


def _finds(mapping: Mapping, records: Iterable[dict[str, Any]]) -> bool:
    fields = _fields(mapping)
    return any(first_value(record, paths) is not None for record in records for paths in fields)


def _count(mapping: Mapping, records: Sequence[dict[str, Any]]) -> int:
    """How many fields it finds in a few of the records."""
    return sum(
        any(first_value(record, paths) is not None for record in records[:_COUNTED])
        for paths in _fields(mapping)
    )


def _fields(mapping: Mapping) -> list[tuple[Path, ...]]:
    """The paths of each field that a record may have, or not."""
    return [
        tuple(path for path in paths if not isinstance(path[0], Constant))
        for paths in mapping.paths.values()
    ]


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _KEYS_SHOWN} more keys" if len(keys) > _KEYS_SHOWN else ""
    return ", ".join(key[:40] for key in keys[:_KEYS_SHOWN]) + more
