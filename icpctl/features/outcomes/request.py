"""What the options of `outcomes` and `suggest` mean together: the join, the scope, the deals."""

from __future__ import annotations

import re
import threading
from concurrent.futures import Future
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError, both_given
from icpctl.exports.visitor_keys import FIELD_FORMS, exact_form, text_form
from icpctl.features.outcomes.joining.deal_files import (
    DOMAIN_NAMES,
    DealKey,
    DealReading,
    read_deals,
)
from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.joining.join import Join, label_table
from icpctl.features.outcomes.joining.selection import Scope
from icpctl.mappings.mapping import FIELDS, PAGES
from icpctl.mappings.paths import parse_path
from icpctl.values import date_forms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpctl.exports.visitor_keys import KeyForm
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path

_DAYS = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*d(?:ays?)?\s*")
_NEWEST = re.compile(r"newest:\s*([0-9]+(?:\.[0-9]+)?)\s*%")
_DAY_SECONDS = 86_400


class OutcomeOptions(Struct, frozen=True):
    """The options as they were given."""

    won: Sequence[str] = ()
    lost: Sequence[str] = ()
    on: str | None = None
    label: str | None = None
    unit: str | None = None
    against: str | None = None
    within: str | None = None
    period: str | None = None
    encoding: str | None = None


class OutcomeRequest(Struct, dict=True):
    """What they mean. Where deals are asked for, it waits until they are read."""

    options: OutcomeOptions
    as_of: datetime
    join: Join
    joined_on: str
    reading: Future[DealReading]
    thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to read the deals, on a thread, unless that has begun."""
        if self.thread is not None and self.thread.ident is None:
            self.thread.start()

    @property
    def deals(self) -> DealReading:
        """The deals that were read, none for labels. Raises what reading them raises."""
        self.begin()
        return self.reading.result()

    @cached_property
    def scope(self) -> Scope:
        """Which units take part. Raises `IcpctlError` where lost deals are wanted, and missing."""
        has_lost = bool((self.deals.table.outcomes == Outcome.LOST).any())
        return _scope(self.options, self.as_of, has_lost=has_lost)


def read_request(
    options: OutcomeOptions, as_of: datetime, mappings: tuple[Mapping, ...] = ()
) -> OutcomeRequest:
    """Say which deals are to be read, and how they join. Raises `IcpctlError`."""
    if not options.won and not options.label:
        raise _usage(
            "the outcomes are missing", "give --won deals.csv, or a label such as Converted=1"
        )
    _scope(options, as_of, has_lost=not options.label)  # what is wrong is said at once
    if options.label:
        return _labelled(options, as_of)
    on = options.on or "domain"
    field, given, path = (part.strip() for part in on.partition("="))
    is_field = field in FIELDS and field != PAGES
    if not is_field:
        _path(field, "--on")
    deal_path = _path(path, "--on") if given else None
    key = DealKey(deal_path, _deal_names(field), _form(field), field, mappings)
    reading: Future[DealReading] = Future()
    thread = threading.Thread(target=_read, args=(reading, options, key), daemon=True)
    by_account = _by_account(options, on_domain=field == "domain")
    names = (field, None) if is_field else (None, field)
    join = Join(lambda: reading.result().table, key.form, by_account, *names)
    return OutcomeRequest(options, as_of, join, field, reading, thread)


def _read(result: Future[DealReading], options: OutcomeOptions, key: DealKey) -> None:
    """Read the deals and hand them, or the error, to `result`, if nobody has cancelled it."""
    reading, failure = DealReading(), None
    try:
        read_deals(reading, options.won, key, unsaid=Outcome.WON, encoding=options.encoding)
        if options.lost:
            read_deals(reading, options.lost, key, unsaid=Outcome.LOST, encoding=options.encoding)
    except BaseException as error:  # it is raised where the deals are asked for
        failure = error
    if not result.set_running_or_notify_cancel():
        return
    if failure is None:
        result.set_result(reading)
    else:
        result.set_exception(failure)


def _labelled(options: OutcomeOptions, as_of: datetime) -> OutcomeRequest:
    others = {"--won": options.won, "--lost": options.lost, "--on": options.on}
    for option, value in others.items():
        if value:
            raise both_given("--label", option)
    path, _, value = (part.strip() for part in str(options.label).partition("="))
    _path(path, "--label")
    by_account = _by_account(options, on_domain=False)
    table = label_table()
    join = Join(lambda: table, exact_form, by_account, None, path, label=value)
    nothing: Future[DealReading] = Future()
    nothing.set_result(DealReading())
    return OutcomeRequest(options, as_of, join, path, nothing)


def _by_account(options: OutcomeOptions, *, on_domain: bool) -> bool:
    return on_domain if options.unit is None else options.unit == "account"


def _form(field: str) -> KeyForm:
    return FIELD_FORMS.get(field, text_form)


def _deal_names(field: str) -> str:
    if field == "domain":
        return DOMAIN_NAMES
    return {"id": "id visitor_id visitorid contactid"}.get(field, field.rpartition(".")[2])


def _path(text: str, option: str) -> Path:
    try:
        return parse_path(text)
    except ValueError as error:
        raise IcpctlError(f"{option}: {text!r} is not a path: {error}", "bad_usage") from None


def _scope(options: OutcomeOptions, as_of: datetime, *, has_lost: bool) -> Scope:
    if options.against == "lost" and options.label:
        raise both_given("--label", "--against lost")
    if options.against == "lost" and not has_lost:
        raise _usage("--against lost needs lost deals", "name them with --lost FILE")
    open_from = None
    if options.within is not None:
        open_from = as_of.timestamp() - _days(options.within) * _DAY_SECONDS
    against_lost = has_lost if options.against is None else options.against == "lost"
    newest = _NEWEST.fullmatch(options.period or "")
    if newest:
        return Scope(against_lost, open_from, None, share_of(newest[1], "--period"))
    return Scope(against_lost, open_from, _period(options.period))


def share_of(text: str, option: str) -> float:
    """A share from a percentage that is above 0 and at most 100. Raises `IcpctlError`."""
    share = float(text) / 100
    if not 0 < share <= 1:
        raise _usage(f"{option}: {text} % is not a share", "write more than 0 and at most 100 %")
    return share


def _days(text: str) -> float:
    days = _DAYS.fullmatch(text)
    if days is None:
        raise _usage(f"--within {text!r} is not a number of days", "write days such as 90d")
    return float(days[1])


def _period(text: str | None) -> tuple[float, float] | None:
    """From the first moment to the first after the last; a date alone is a whole day."""
    if text is None:
        return None
    first, dots, last = text.partition("..")
    if not dots:
        raise _usage(
            f"--period {text!r} is not a period", "write FROM..TO, or a share such as newest:30%"
        )
    low = _moment(first, -float("inf"), is_end=False)
    high = _moment(last, float("inf"), is_end=True)
    if low >= high:
        raise _usage(f"--period {text!r} ends before it begins", "write FROM..TO in this order")
    return low, high


def _moment(text: str, unbounded: float, *, is_end: bool) -> float:
    if not text.strip():
        return unbounded
    micros = date_forms.instant(text)
    if micros is None:
        raise _usage(f"--period: {text!r} is not a date", "write dates such as 2026-11-23")
    is_day = len(text.strip()) == len("2026-11-23")
    after = _DAY_SECONDS if is_day else 1e-6
    return micros / 1_000_000 + (after if is_end else 0)


def _usage(message: str, hint: str) -> IcpctlError:
    return IcpctlError(message, "bad_usage", hint=hint)
