"""What `stats` counts is what the oracle says of each visitor."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.features.report.breakdowns import COMMONEST
from icpctl.features.report.period import Period
from icpctl.features.stats.counting import StatsCounts, stats
from icpctl.scoring.run import Options
from icpctl.vocabulary import CONDITION_TYPES, Kind
from tests import oracle
from tests.long import examples
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    from collections.abc import Sequence

Config = tuple[str, dict[str, Any]]
EVERYBODY = {
    "groups": [{"operator": "AND", "conditions": [{"type": "city", "comparator": "exists"}]}]
}
TEXTS = sorted(it.name for it in CONDITION_TYPES.values() if it.kind is Kind.TEXT)


def report(
    bodies: Sequence[Config],
    visitors: Sequence[dict[str, Any]],
    period: Period = Period(),  # noqa: B008 - frozen
    by: str | None = None,
) -> dict[str, Any]:
    """The report of `stats -o json`."""
    models = [(slug, IcpConfig.model_validate(body)) for slug, body in bodies]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "visitors.jsonl")
        file.write_text("".join(json.dumps(visitor) + "\n" for visitor in visitors))
        options = Options(datetime.fromisoformat(AS_OF))
        counts = StatsCounts.of(period, by, len(models))
        found = stats([str(file)], models, options, counts)
    return json.loads(found.report.model_dump_json(by_alias=True))


def day_of(record: dict[str, Any]) -> date | None:
    """The day of `last_seen` in UTC by the oracle."""
    for seconds in oracle.see(record, "last_seen").values:
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return (epoch + timedelta(microseconds=seconds * 1_000_000 // 1)).date()
    return None


def expected(
    bodies: list[Config], visitors: list[dict[str, Any]], period: Period
) -> dict[str, Any]:
    """The same by the oracle, but for labels and priorities."""
    verdicts = []
    for visitor in visitors:
        record = oracle.read_line(json.dumps(visitor).encode(), first=False)
        assert isinstance(record, dict)
        day = day_of(record)
        is_open = period.first is None and period.last is None
        after = day is not None and (period.first is None or day >= period.first)
        if is_open or (after and (period.last is None or day <= period.last)):
            verdict = oracle.verdict(bodies, record, as_of=AS_OF)
            every = [(slug, body | {"exclude": False}) for slug, body in bodies]
            verdict["all"] = oracle.verdict(every, record, as_of=AS_OF)["matches"]
            verdicts.append((day, verdict))
    matching = [it["icp_score"] for _, it in verdicts if it["icp_match"]]
    days = Counter(day for day, _ in verdicts)
    matched_days = Counter(day for day, it in verdicts if it["icp_match"])
    found = []
    for slug, _ in bodies:
        scores = [m["score"] for _, it in verdicts for m in it["all"] if m["config"] == slug]
        found.append(
            {
                "slug": slug,
                "matched": len(scores),
                "first": sum(it["icp"] == slug for _, it in verdicts),
                "matchRate": share(len(scores), len(verdicts)),
                "averageScore": mean(scores),
            }
        )
    excluded = sum(bool(it.get("excluded_by")) for _, it in verdicts)
    excludes = any(body.get("exclude") for _, body in bodies)
    return {
        "organization": None,
        "from": period.first and str(period.first),
        "to": period.last and str(period.last),
        "visitors": len(verdicts),
        "matched": len(matching),
        "matchRate": share(len(matching), len(verdicts)),
        "averageScore": mean(matching),
        **({"excluded": excluded} if excludes else {}),
        "configs": found,
        "days": [
            {"date": day and str(day), "visitors": days[day], "matched": matched_days[day]}
            for day in sorted(days, key=lambda day: (day is None, day or date.min))
        ],
        "by": None,
    }


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def mean(scores: list[float]) -> Any:
    return pytest.approx(sum(scores) / len(scores), abs=0.00501) if scores else None


DAYS = st.sampled_from([None, None, date(2026, 11, 16), date(2026, 11, 22), date(2027, 1, 1)])


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_the_counts_are_what_the_oracle_says(data: st.DataObject) -> None:
    types = sorted({*data.draw(some_types()), "last_seen_days"})
    bodies = data.draw(configs(types))
    several = [data.draw(st.lists(records(types), min_size=1, max_size=8)) for _ in range(3)]
    visitors = list(chain.from_iterable(several))
    period = Period(data.draw(DAYS), data.draw(DAYS))
    found = report(bodies, visitors, period)
    for config in found["configs"]:
        del config["label"], config["priority"]
    assert found == expected(bodies, visitors, period)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(TEXTS))
def test_a_value_counts_as_often_as_equals_holds(data: st.DataObject, name: str) -> None:
    visitors = [
        *data.draw(st.lists(records([name, "city"]), min_size=1, max_size=8)),
        *data.draw(st.lists(records([name, "city"]), min_size=1, max_size=8)),
    ]
    by = report([("a", {"label": "A", "rules": EVERYBODY})], visitors, by=name)["by"]
    lines = [json.dumps(visitor).encode() for visitor in visitors]
    read = [record for line in lines if isinstance(record := oracle.read_line(line, False), dict)]
    matching = [bool(oracle.see(record, "city").values) for record in read]
    values = [it for it in by["values"] if it["value"] is not None]
    assert by["field"] == name
    assert len(values) == min(by["distinct"], COMMONEST)
    for it in by["values"]:
        condition = {"type": name, "comparator": "equals", "value": it["value"]}
        if it["value"] is None:
            held = [not oracle.see(record, name).values for record in read]
        elif name == "employee_size_range":  # a number of employees is no range of its own
            bare = [{name: oracle.see(record, name).values} for record in read]
            held = [oracle.holds(condition, record, as_of=AS_OF) for record in bare]
        else:
            held = [oracle.holds(condition, record, as_of=AS_OF) for record in read]
        matched = sum(h and m for h, m in zip(held, matching, strict=True))
        assert (it["visitors"], it["matched"]) == (sum(held), matched), it
        assert it["matchRate"] == share(matched, sum(held))


def test_days_are_utc_and_whole() -> None:
    moments = [
        *("2026-11-20T23:59:59.999999Z", "2026-11-21T00:00:00Z", "2026-11-21T23:59:59.9Z"),
        *("2026-11-22T00:30:00+01:00", "2026-11-21", 1795305600, "2026-11-22T00:00:00Z"),
    ]
    visitors = [{"last_seen": moment, "city": "Rome"} for moment in moments]
    day = date(2026, 11, 21)
    found = report([("a", {"label": "A", "rules": EVERYBODY})], visitors, Period(day, day))
    assert found["days"] == [{"date": "2026-11-21", "visitors": 4, "matched": 4}]


def test_an_empty_export() -> None:
    found = report([("a", {"label": "A", "rules": EVERYBODY})], [], by="city")
    assert (found["visitors"], found["matchRate"], found["averageScore"]) == (0, None, None)
    assert (found["days"], found["configs"][0]["averageScore"]) == ([], None)
    assert found["by"] == {"field": "city", "distinct": 0, "values": []}


def test_the_commonest_values_under_their_commonest_spelling() -> None:
    cities = ["Rome"] * 3 + [" ROME "] * 2 + ["Bonn"] * 4 + [None]
    countries = [{"country": c} for c in ["US", "USA", "United States", "US"]]
    bodies = [("a", {"label": "A", "rules": EVERYBODY})]
    found = report(bodies, [{"city": city} for city in cities], by="city")["by"]
    assert [(it["value"], it["visitors"]) for it in found["values"]] == [
        ("Rome", 5),
        ("Bonn", 4),
        (None, 1),
    ]
    [it] = report(bodies, countries, by="country")["by"]["values"]
    assert (it["value"], it["visitors"], it["matched"], it["matchRate"]) == ("US", 4, 0, 0.0)


def test_many_values() -> None:
    visitors = [{"city": f"c{n}"} for n in range(100)] + [{"city": "c7"}, {}]
    found = report([("a", {"label": "A", "rules": EVERYBODY})], visitors, by="city")["by"]
    assert (found["distinct"], len(found["values"])) == (100, COMMONEST + 1)
    assert found["values"][0] == {"value": "c7", "visitors": 2, "matched": 2, "matchRate": 1.0}
    assert found["values"][-1]["value"] is None


@pytest.mark.parametrize(
    ("name", "hint"), [("contry", "did you mean country?"), ("company_size", "one of: utm_source")]
)
def test_by_takes_a_text_field(name: str, hint: str) -> None:
    with pytest.raises(IcpctlError) as error:
        report([("a", {"label": "A", "rules": EVERYBODY})], [], by=name)
    assert error.value.code == "no_such_field"
    assert str(error.value.hint).startswith(hint)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-31", None),
        (None, "yesterday"),
        ("2026-11-02", "2026-11-01"),
        ("2026-11-02T10:00:00Z", "2026-11-02T09:59:59.999999Z"),
        ("2026-11-02T10:00:00+02:00", "2026-11-02T07:00:00Z"),
    ],
)
def test_a_period_is_two_dates_in_order(first: str | None, last: str | None) -> None:
    with pytest.raises(IcpctlError) as error:
        Period.parse(first, last)
    assert error.value.code == "bad_usage"


@pytest.mark.parametrize(
    ("first", "last", "ids"),
    [
        ("2026-11-20", "2026-11-20", "abcd"),
        ("2026-11-20T00:00:00Z", None, "abcde"),
        ("2026-11-20T00:00:00.000001Z", "2026-11-20T12:00:00Z", "bc"),
        ("2026-11-20T14:00:00+02:00", None, "cde"),
        ("2026-11-20 12:00", "2026-11-20", "cd"),
        (None, "2026-11-20T11:59:59Z", "ab"),
        (None, None, "abcdef"),
    ],
)
def test_a_day_is_its_first_or_last_moment(first: str | None, last: str | None, ids: str) -> None:
    seen = {
        "a": "2026-11-20",
        "b": "2026-11-20T00:00:01Z",
        "c": "2026-11-20T12:00:00Z",
        "d": "2026-11-20T23:59:59.999999Z",
        "e": "2026-11-21",
        "f": None,
    }
    visitors = [{"id": visitor, "last_seen": date} for visitor, date in seen.items()]
    found = report([("a", {"label": "A", "rules": EVERYBODY})], visitors, Period.parse(first, last))
    assert found["visitors"] == len(ids)


def test_a_period_is_said_as_it_was_given() -> None:
    moment = Period.parse("2026-11-20T14:00:00+02:00", "2026-11-23")
    assert moment.text == " from 2026-11-20 12:00:00 UTC to 2026-11-23"
    found = report([("a", {"label": "A", "rules": EVERYBODY})], [], moment)
    assert (found["from"], found["to"]) == ("2026-11-20T12:00:00Z", "2026-11-23")
