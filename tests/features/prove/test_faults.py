"""Faults planted one by one: each is found, at its place, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from icpctl.config.checks import check_document
from icpctl.config.model import ConfigFile, IcpConfig
from icpctl.documents.reading import read_document
from icpctl.features.editing.condition_words import rules_of_words
from icpctl.features.prove.folder import prove
from icpctl.findings.codes import CODES
from tests.long import long

if TYPE_CHECKING:
    from icpctl.features.prove.facts import Proofs
    from icpctl.findings.codes import Code


class Fault(NamedTuple):
    """Conditions in words, and what is to be found: code, place, and what it follows from."""

    conditions: list[str]
    code: str
    place: int | None
    because: list[int]
    operator: str = "AND"


AND_IMPOSSIBLE = [
    ("company_size gte 500", "company_size lt 100"),
    ("company_size gt 10", "company_size lte 10"),
    ("company_size equals 10", "company_size equals 11"),
    ("company_size in 1, 2", "company_size not_in 2, 1, 3"),
    ("company_size between 10, 20", "company_size gt 20"),
    ("company_size between 10, 20", "company_size not_exists"),
    ("company_size equals 7", "company_size lt 7"),
    ("session_count lt 2", "session_count gt 2"),
    ("session_count in 1, 2", "session_count gte 3"),
    ("page_view_count lt 3", "page_view_count equals 3"),
    ("last_seen_days lte 7", "last_seen_days gt 7"),
    ("icp_score gte 70", "icp_score lt 70"),
    ("icp_match equals true", "icp_match equals false"),
    ("icp_match equals true", "icp_match not_exists"),
    ("country equals US", "country not_in United States"),
    ("country equals USA", "country not_equals 840"),
    ("country in US, DE", "country not_in Germany, usa, FR"),
    ("country has_all US, DE", "country not_equals DE"),
    ("industry equals SaaS", "industry not_equals saas"),
    ("industry in SaaS, Software", "industry not_in software, saas"),
    ("industry exists", "industry exists false"),
    ("industry equals Software", "industry not_contains soft"),
    ("job_title starts_with VP Sales", "job_title not_contains sales"),
    ("job_title contains Chief Marketing", "job_title not_contains market"),
    ("utm_campaign starts_with q4_", "utm_campaign not_exists"),
    ("domain equals acme.example", "domain not_equals https://www.acme.example/about"),
    ("domain equals www.acme.example", "domain not_contains acme"),
    ("linkedin_url equals https://example.com/in/ada/", "linkedin_url not_in example.com/in/ada"),
    ("page_equals equals /pricing", "page_equals not_equals /pricing/"),
    ("page_equals equals /pricing", "page_contains not_contains pric"),
    ("page_equals equals https://a.example/pricing", "page_equals not_equals /pricing"),
    ("page_contains has_any /demo, /docs", "page_contains not_in /docs, /demo"),
    ("page_contains has_all /a, /b", "page_contains not_contains /a"),
    ("page_contains contains /a", "page_equals not_exists"),
    ("employee_size_range equals 51-200", "employee_size_range not_in '51 - 200'"),
    ("company_postal_code starts_with 941", "company_postal_code not_exists"),
]
IMPLIED = [
    ("company_size gte 500", "company_size gte 50"),
    ("company_size gt 10", "company_size gte 10"),
    ("company_size equals 10", "company_size between 5, 15"),
    ("company_size in 1, 2", "company_size lt 3"),
    ("company_size gte 1", "company_size exists"),
    ("session_count between 3, 4", "session_count gt 2"),
    ("last_seen_days lt 7", "last_seen_days not_equals 7"),
    ("icp_match equals true", "icp_match not_equals false"),
    ("country equals US", "country in USA, Canada"),
    ("country not_in US, CA", "country not_equals United States"),
    ("country has_all US, DE", "country equals Germany"),
    ("industry equals Software", "industry exists"),
    ("industry not_exists", "industry not_equals Software"),
    ("job_title starts_with VP Sales", "job_title contains sales"),
    ("job_title not_contains VP", "job_title not_equals VP Sales"),
    ("job_title ends_with Officer", "job_title ends_with er"),
    ("domain equals acme.example", "domain in acme.example, b.example"),
    ("page_equals equals /pricing", "page_contains contains /pricing"),
    ("page_equals equals a.example/pricing", "page_equals equals /pricing"),
    ("page_contains contains /docs/api", "page_contains contains /docs"),
    ("page_contains has_all /a, /b", "page_contains has_any /a, /c"),
    ("employee_size_range equals 51-200", "employee_size_range in 51-200, 201-500"),
    ("country equals Atlantis", "country contains lant"),
]
EVERYONE = [
    ("session_count gte 5", "session_count lt 9", "session_count not_exists"),
    ("industry equals SaaS", "industry not_equals saas"),
    ("country in US, DE", "country not_in USA"),
    ("page_contains contains /a", "page_contains not_contains /a"),
    ("domain exists", "domain not_equals acme.example"),
    ("icp_match exists", "icp_match not_exists"),
]
FAULTS = [
    *(Fault(list(it), "ICP602", None, [0, 1]) for it in AND_IMPOSSIBLE),
    *(Fault([*it, "city equals Munich"], "ICP602", None, [0, 1]) for it in AND_IMPOSSIBLE[::5]),
    *(Fault(list(it), "ICP604", 1, [0]) for it in IMPLIED),
    *(Fault([two, one], "ICP604", 1, [0], "OR") for one, two in IMPLIED),
    *(Fault([one, f"? {two}"], "ICP607", 1, [0]) for one, two in IMPLIED),
    *(Fault([one, f"? {two}"], "ICP606", 1, [0]) for one, two in AND_IMPOSSIBLE[::3]),
]


def body(*groups: tuple[str, list[str]], **rest: Any) -> dict[str, Any]:
    """A config of groups of conditions in words; `?` marks an optional one."""
    made = []
    for operator, texts in groups:
        conditions = []
        for text in texts:
            (found,) = rules_of_words([text.removeprefix("? ").replace("'", "")], [])["groups"]
            conditions.append(found["conditions"][0] | {"optional": text.startswith("? ")})
        made.append({"operator": operator, "conditions": conditions})
    return {"label": "x", "rules": {"groups": made}} | rest


def proved(*bodies: dict[str, Any], pairs: bool = False) -> Proofs:
    files = [
        ConfigFile(f"c{n}", None, Path(f"c{n}.yaml"), IcpConfig.model_validate(it), b"")
        for n, it in enumerate(bodies)
    ]
    (found,) = prove(files, pairs=pairs)
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: f"{it.code} {'; '.join(it.conditions)}")
def test_a_fault_is_found(fault: Fault) -> None:
    found = proved(body((fault.operator, fault.conditions)))
    (fact,) = found.facts
    assert (fact.code, fact.about.condition) == (fault.code, fault.place)
    assert sorted(it.condition or 0 for it in fact.because) == fault.because
    assert found.unknown == []
    assert fact.witness


@pytest.mark.parametrize("conditions", EVERYONE, ids="; ".join)
def test_a_group_for_everyone(conditions: tuple[str, ...]) -> None:
    found = proved(body(("OR", list(conditions))))
    assert ("ICP603", 0) in {(it.code, it.about.group) for it in found.facts}
    apart = proved(body(*(("AND", [it]) for it in conditions)))
    assert [(it.code, it.about.group) for it in apart.facts] == [("ICP603", None)]


@pytest.mark.parametrize(("narrow", "wide"), IMPLIED, ids=lambda it: it)
def test_a_group_and_a_config_that_others_cover(narrow: str, wide: str) -> None:
    found = proved(body(("AND", [wide]), ("AND", [narrow, "city equals Munich"])))
    assert [(it.code, it.about.group) for it in found.facts] == [("ICP605", 1)]
    assert [it.group for it in found.facts[0].because] == [0]
    folder = proved(
        body(("AND", [wide]), priority=1),
        body(("AND", ["icp_score gt 5"]), priority=2),
        body(("AND", [narrow]), priority=3),
        body(("AND", [narrow]), priority=4, isActive=False),
    )
    told = [(it.code, it.about.config, [b.config for b in it.because]) for it in folder.facts]
    assert told == [("ICP609", 3, [2]), ("ICP608", 2, [0])]


def test_a_config_that_two_others_cover_together() -> None:
    found = proved(
        body(("AND", ["session_count lt 9"]), priority=1),
        body(("AND", ["session_count gte 9"]), priority=2),
        body(("AND", ["session_count exists", "country equals US"]), priority=3),
    )
    (fact,) = found.facts
    assert (fact.code, sorted(it.config for it in fact.because)) == ("ICP608", [0, 1])


def test_a_range_needs_every_number() -> None:
    """A company of 50-200 is in neither half, so two halves are not the whole."""
    found = proved(
        body(("AND", ["company_size lt 100"]), ("AND", ["company_size gte 100"])),
        body(("AND", ["company_size exists"])),
    )
    assert found.facts == []


@long
def test_many_conditions() -> None:
    """Each is asked about, and none of them takes what grows with all the others."""
    apart = [f"industry not_equals v{it}" for it in range(150)]
    assert proved(body(("AND", apart))).facts == []
    chain = [f"session_count gte {it}" for it in range(150)]
    found = proved(body(("AND", chain)))
    assert [(it.code, it.about.condition) for it in found.facts] == [
        ("ICP604", it) for it in reversed(range(149))
    ]


def test_two_groups_that_nobody_matches() -> None:
    one = ("AND", ["company_size gte 500", "company_size lt 100"])
    other = ("AND", ["country equals US"])
    assert [it.code for it in proved(body(one, one)).facts] == ["ICP602"]
    (fact,) = proved(body(one, other)).facts
    assert (fact.code, fact.about.group) == ("ICP601", 0)


@pytest.mark.parametrize(
    "conditions",
    [
        ["icp_score gt 3", "icp_score lt 4"],
        ["page_equals equals /a", "page_contains not_contains /ab"],
        ["job_title contains VP", "job_title not_equals VP", "job_title ends_with s"],
        ["employee_size_range equals 51-200", "employee_size_range not_exists"],
        ["employee_size_range equals 51-200", "company_size lt 51", "country exists"],
        ["employee_size_range equals 51-200", "employee_size_range not_contains 51"],
        ["employee_size_range equals 51-200", "employee_size_range not_contains -"],
        ["country equals US", "country not_contains u", "country not_contains 4"],
        ["country equals Atlantis", "country not_contains u"],
    ],
    ids="; ".join,
)
def test_what_is_possible(conditions: list[str]) -> None:
    """A list, a number between whole ones, a number in place of a range: each is possible."""
    assert proved(body(("AND", conditions))).facts == []


UNKNOWN = [
    "country equals US",
    *(f"country not_contains {it}" for it in "u4\uff55\uff14"),  # as wide letters, too
]


def test_what_is_not_known() -> None:
    """The spellings of a country are too many, so no proof rests on them."""
    found = proved(body(("AND", UNKNOWN)))
    assert [it.code for it in found.facts] == []
    assert {it.code for it in found.unknown} == {"ICP601"}


def test_configs_that_perhaps_nobody_matches() -> None:
    """What is not known of one config is not known of two; \U0001d42e\U0001d42c is the US."""
    found = proved(
        body(("AND", UNKNOWN)),
        body(("AND", [*UNKNOWN, "country not_contains x"])),
        body(("AND", ["city equals Munich", "city not_exists"])),
        pairs=True,
    )
    assert [it.code for it in found.facts] == ["ICP602", "ICP608"]
    assert [it.meeting for it in found.pairs] == ["unknown", "never", "never"]
    assert len(set(found.unknown)) == len(found.unknown)


@pytest.mark.parametrize(
    ("conditions", "because"),
    [
        (["country equals US", "city exists", "country in DE, FR"], [0, 2]),
        (["industry equals A", "industry equals B"], [0, 1]),
        (["job_title starts_with VP", "job_title starts_with Chief"], [0, 1]),
        (["job_title ends_with CEO", "job_title ends_with CFO"], [0, 1]),
        (["job_title equals VP Sales", "job_title contains Chief"], [0, 1]),
        (["domain equals a.example", "domain equals b.example"], [0, 1]),
        (["employee_size_range equals 51-200", "employee_size_range equals 1-10"], [0, 1]),
    ],
    ids=lambda it: "; ".join(map(str, it)),
)
def test_a_group_that_only_a_list_matches(conditions: list[str], because: list[int]) -> None:
    found = proved(body(("AND", conditions)))
    (fact,) = found.facts
    assert (fact.code, sorted(it.condition or 0 for it in fact.because)) == ("ICP610", because)
    assert fact.witness
    assert any(isinstance(it, list) for it in fact.witness.record.values())


@pytest.mark.parametrize(
    "conditions",
    [
        ["country equals US", "country in USA, DE"],
        ["country has_all US, DE", "country exists"],
        ["job_title starts_with VP", "job_title starts_with VP Sales", "job_title ends_with s"],
        ["job_title contains VP", "job_title contains Chief", "job_title not_equals VP Chief"],
        ["page_equals equals /a", "page_equals equals /b"],
        ["domain equals a.example", "domain starts_with https", "domain ends_with /"],
    ],
    ids="; ".join,
)
def test_a_group_that_one_text_matches(conditions: list[str]) -> None:
    codes = {it.code for it in proved(body(("AND", conditions))).facts}
    assert codes <= {"ICP604"}


@pytest.mark.parametrize(
    "code", [it for it in CODES.values() if it.level == "proof"], ids=lambda it: it.name
)
def test_the_examples_of_a_code(code: Code) -> None:
    def codes(text: str) -> set[str]:
        config, findings = check_document(read_document(text.encode(), "x.yaml"), "x")
        assert config
        assert findings == []
        (found,) = prove([ConfigFile("x", None, Path("x.yaml"), config, b"")])
        return {it.code for it in found.facts}

    assert code.name in codes(code.bad)
    assert codes(code.good) == set()


def test_there_are_enough_faults() -> None:
    assert len(FAULTS) + len(EVERYONE) + 2 * len(IMPLIED) >= 60
