"""What the options of the commands that score mean together with the settings."""

import codecs
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from icpctl.errors import IcpctlError
from icpctl.mappings.loading import load_mapping
from icpctl.mappings.mapping import Mapping
from icpctl.output.console import note
from icpctl.scoring.bounds import Strictness, parse_limit
from icpctl.settings import load_settings
from icpctl.values import date_forms
from icpctl.vocabulary import ConditionType

if TYPE_CHECKING:
    from icpctl.exports.visitor_keys import By

_T = TypeVar("_T")


def visitors_of(visitors: list[str] | None) -> list[str]:
    """Return the exports to read; raise `IcpctlError` `no_visitors` where none is named."""
    exports = visitors or list(load_settings().visitors)
    if not exports:
        raise IcpctlError(
            "no visitors were named",
            "no_visitors",
            hint="name files, folders or globs, - for stdin, or set visitors in icpctl.toml",
        )
    return exports


def mappings_of(names: list[str] | None) -> tuple[Mapping, ...]:
    """Return the mappings that `--mapping` or the settings name; none means to recognise formats.

    One that no file can take is said on stderr. Raises `IcpctlError`: `no_such_mapping`,
    `bad_mapping`.
    """
    mappings = tuple(map(load_mapping, dict.fromkeys(names or load_settings().mapping)))
    for mapping in mappings[1:]:
        if not mapping.recognised_by and not mapping.deals:
            note(
                f"warning: no file takes the mapping {mapping.name}, which has no recognised_by; "
                f"files that no mapping recognises take the first, {mappings[0].name}"
            )
    return mappings


def strictness(
    max_rejects: str = "0", max_misfits: str | None = None, require_fields: bool | None = None
) -> Strictness:
    """Return what makes the exit code 1; options that are None are as the settings say.

    Raises `IcpctlError` `bad_usage`.
    """
    if require_fields is None:
        require_fields = load_settings().require_fields
    rejects = parse_limit(max_rejects, "--max-rejects")
    misfits = None if max_misfits is None else parse_limit(max_misfits, "--max-misfits")
    return Strictness(rejects, misfits, require_fields)


def encoding_of(name: str | None) -> str | None:
    """Return the encoding that `--encoding` names; raise `IcpctlError` `bad_usage`."""
    try:
        return name and codecs.lookup(name).name
    except LookupError:
        raise IcpctlError(
            f"--encoding {name!r} is not an encoding",
            "bad_usage",
            hint=(
                "write utf-8, cp1252, iso-8859-1, mac_roman, utf-16 or another encoding that "
                "Python knows"
            ),
        ) from None


def is_case_sensitive(given: bool | None) -> bool:
    """Return whether letter case counts, by the option or else the settings."""
    return load_settings().case_sensitive if given is None else given


def instant_of(as_of: str) -> datetime:
    """Return the date of `--as-of`; raise `IcpctlError` `bad_usage`."""
    micros = date_forms.instant(as_of)
    if micros is None:
        raise IcpctlError(
            f"--as-of {as_of!r} is not a valid date",
            "bad_usage",
            hint="write 2026-11-23, 2026-11-23T12:00:00Z or epoch seconds",
        )
    return date_forms.EPOCH + timedelta(microseconds=micros)


def visitor_keys(by: list[str], custom: dict[str, ConditionType] | None = None) -> "By":
    """Return the keys of `--by`, which may be `custom` fields; raise `IcpctlError` `bad_usage`."""
    if not by:
        return ()
    from icpctl.exports.visitor_keys import VisitorKey

    return parsed("--by", by, lambda name: VisitorKey.of(name, (custom or {}).get(name)))


def parsed(option: str, texts: Sequence[str], parse: Callable[[str], _T]) -> tuple[_T, ...]:
    """Return what the texts of an option say. Raises `IcpctlError` `bad_usage`."""
    values = []
    for text in texts:
        try:
            values.append(parse(text))
        except ValueError as error:
            raise IcpctlError(f"{option} {text!r}: {error}", "bad_usage") from None
    return tuple(values)
