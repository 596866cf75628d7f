"""Which mapping an export is read with: recognised from its first records, unless one is forced."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError
from icpctl.exports.columns import first_value
from icpctl.exports.foreign_files import foreign_content
from icpctl.exports.record_forms import formed, formed_path
from icpctl.exports.samples import column_names, first_records, skipped_lines
from icpctl.exports.sources import head_of
from icpctl.mappings.mapping import DEFAULT, ID, Mapping, built_in, built_in_names
from icpctl.mappings.paths import Constant, Path, is_present, keys_needed
from icpctl.values.json_records import scalar_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.sources import Source

_KEYS_SHOWN = 8
_COUNTED = 20  # records in which the fields of two formats are counted


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapping of one file.

    `recognised` says that the file's records showed it. `first` are the fields that some of the
    first records have. `fits` is false where these have none but an id; `keys` are then some of
    theirs. `doubled` are names that several columns of a table have, of which only the first is
    read. `skipped_lines` are above the header of a CSV file. Of the first records, `looked_at`
    many, `repeated_ids` have the id of one before, though none are rolled up. `foreign` is what
    the file is instead of an export. `kept` are the first records of what cannot be read again.
    """

    source: str
    mapping: Mapping
    recognised: bool
    fits: bool
    keys: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    skipped_lines: int = 0
    first: frozenset[str] = frozenset()
    repeated_ids: int = 0
    looked_at: int = 0
    foreign: str | None = None
    kept: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)


def map_sources(
    sources: Sequence[Source], forced: Mapping | None, *, keep: int = 0
) -> list[Mapped]:
    """The mapping of each file: `forced`, or what its first records tell.

    The first records of the first `keep` files are kept, and those of what cannot be read again.
    Raises `IcpctlError` `mapping_fits_nothing` where `forced` finds no field in any file.
    """
    found = [_mapped(source, forced, keep=at < keep) for at, source in enumerate(sources)]
    if forced and found and not any(one.fits or one.first for one in found):
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
    return _recognised(list(map(formed, records)))


def _recognised(records: Sequence[dict[str, Any]]) -> Mapping | None:
    best: tuple[int, int] = (len(records) // 2, 0)
    found = None
    for name in built_in_names():
        mapping = built_in(name)
        if not mapping.recognised_by:
            continue
        paths = list(map(formed_path, mapping.recognised_by))
        known = sum(all(is_present(record, path) for path in paths) for record in records)
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


def _mapped(source: Source, forced: Mapping | None, *, keep: bool = False) -> Mapped:
    sample = list(first_records(source, mapping=forced))
    records = [formed(dict(source.partition) | record) for record in sample]
    known = None if forced else _recognised(records)
    if known and _count(known, records) < _count(built_in(DEFAULT), records):
        known = None  # keys that a format has may be in flat records too
    mapping = forced or known or built_in(DEFAULT)
    first = _fields_in(mapping, records)
    # A file of which no record can be shown is for the reader to judge.
    fits = not any(records) or bool(first - {ID})
    keys = () if fits else tuple(dict.fromkeys(key for record in sample for key in record))
    return Mapped(
        source.name,
        mapping,
        known is not None,
        fits,
        keys,
        doubled=tuple(n for n, count in Counter(column_names(source)).items() if count > 1),
        skipped_lines=skipped_lines(source),
        first=first,
        repeated_ids=0 if mapping.by else _repeated_ids(mapping, records),
        looked_at=len(records),
        foreign=None if first - {ID} else foreign_content(head_of(source), sample),
        kept=tuple(sample) if keep or source.pipe else (),
    )


def _fields_in(mapping: Mapping, records: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Return the fields that some of the records, with keys in their form, have."""
    keys = {key for record in records for key in record}
    return frozenset(
        name
        for name, paths in _fields(mapping).items()
        if (there := [path for path in paths if _may_lead(path, keys)])
        and any(first_value(record, there) is not None for record in records)
    )


def _may_lead(path: Path, keys: set[str]) -> bool:
    """Whether a path may lead anywhere in records that have these keys."""
    return any(needed[0] in keys for needed in keys_needed(path))


def _count(mapping: Mapping, records: Sequence[dict[str, Any]]) -> int:
    """How many fields it finds in a few of the records."""
    return len(_fields_in(mapping, records[:_COUNTED]))


def _fields(mapping: Mapping) -> dict[str, tuple[Path, ...]]:
    """The paths of each field that a record may have, or not, for records with formed keys."""
    return {
        name: tuple(formed_path(path) for path in paths if not isinstance(path[0], Constant))
        for name, paths in mapping.paths.items()
    }


def _repeated_ids(mapping: Mapping, records: Sequence[dict[str, Any]]) -> int:
    """Return how many of the records have the id of one before."""
    paths = _fields(mapping)[ID]
    ids = [scalar_text(first_value(record, paths)) for record in records]
    known = [text for text in ids if text is not None]
    return len(known) - len(set(known))


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _KEYS_SHOWN} more keys" if len(keys) > _KEYS_SHOWN else ""
    return ", ".join(key[:40] for key in keys[:_KEYS_SHOWN]) + more
