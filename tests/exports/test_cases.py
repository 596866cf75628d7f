"""Shapes of real exports, with invented people: no verdict is wrong without a word.

For every file stands what is right: who is in it, and which configs each matches. Where a verdict
differs, a field that the config asks for must be named, as one that no record of the file has or
as one whose values do not fit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from icpctl.errors import IcpctlError
from icpctl.mappings.loading import load_mapping
from tests.long import long
from tests.process import icpctl
from tests.support import Scored, score_files

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
AS_OF = "2026-11-23T00:00:00Z"

READ = {"last_seen_days": "last_seen", "page_contains": "pages", "page_equals": "pages"}
"""The field that a condition type reads, where it has another name."""

TARGET = "target germany small-range not-big"
DATES = {str(number) for number in (*range(13), *range(18, 35), 42, 44, 45, 46)}
IN_SIZE = {"11-50", "11-50 employees"}


@dataclass(frozen=True)
class Case:
    """What is right for a file: its visitors and the slugs of the configs that each matches.

    `may_be_told` are visitors whose dates may be said to have no reading.
    """

    file: str
    right: dict[str | None, str]
    configs: str = "cfg"
    mapping: str | None = None
    encoding: str | None = None
    may_be_told: frozenset[str] = field(default_factory=frozenset)

    @property
    def id(self) -> str:
        return f"{self.file} {self.mapping or ''}{self.encoding or ''}".strip()


ALIKE = [
    ("09_array_pretty.json", 2),
    ("09c_concatenated_pretty.json", 2),
    ("09e_hubspot_results_page.json", 2),
    ("10c_title_case.csv", 1),
    ("15b_archive.zip", 1),
    ("16_title_rows.csv", 1),
    ("16b_title_rows.csv", 2),
    ("08b_segment_s3_logs", 1),
    ("08_folder_with_other_names", 4),
]
CASES_READ = [
    *(Case(name, {str(n + 1): TARGET for n in range(count)}) for name, count in ALIKE),
    Case("01_only_id_recognised.csv", {"1": ""}, "cfg_deny"),
    Case("01b_salesforce_via_fivetran.csv", {"00Q1": "target germany recent not-big"}),
    Case(
        "01e_hubspot_export.csv",
        {"101": "target germany recent pricing not-big", "102": "target germany recent not-big"},
    ),
    Case(
        "01e_hubspot_export.csv",
        {"101": "germany recent pricing not-big", "102": "target germany recent not-big"},
        mapping="01e_mapping_with_typos.yaml",
    ),
    Case(
        "02_hubspot_companies.jsonl",
        {"9001": "target germany recent not-big", "9002": "germany"},
    ),
    Case("03c_ga4_before_2023.json", {"A.1": "germany recent pricing small-range not-big"}),
    Case("03_posthog_batch_export.jsonl", {"p1": f"{TARGET} recent pricing"}),
    Case("03b_rudderstack.jsonl", {"u1": "target germany recent pricing not-big"}),
    Case("06_amplitude_events.jsonl", {"7580": f"{TARGET} recent pricing"}),
    Case(
        "07_leadfeeder_folder",
        {"L1": f"{TARGET} recent pricing", "L2": "target recent not-big"},
    ),
    Case("04_european_thousands.csv", {"1": "not-big"}),
    Case("05_numeric_dates.jsonl", {"1": "recent not-big", "2": "recent not-big", "3": "not-big"}),
    Case(
        "09f_array_element_per_line.json",
        {"1": f"{TARGET} recent", "2": f"{TARGET} recent"},
    ),
    Case("08c_hive_partitioned", {"1": TARGET, "2": "germany"}),
    Case("10_uppercase_headers_snowflake.csv", {"1": f"{TARGET} recent pricing"}),
    Case("12_bigquery_timestamps.csv", {"1": f"{TARGET} recent", "2": f"{TARGET} recent"}),
    Case(
        "12b_dates.csv",
        {
            str(number): "recent not-big" if str(number) in DATES else "not-big"
            for number in range(51)
        },
        may_be_told=frozenset({"23"}),
    ),
    Case("14_excel_cp1252.csv", {"1": TARGET, "2": TARGET}, encoding="cp1252"),
    Case("17_hubspot_duplicate_headers.csv", {"1": "target germany not-big"}),
    Case("19_country_names.jsonl", {"1": "us", "2": "us", "3": ""}, "cfg_country"),
    Case("20_website_suffix.csv", {"1": "edu"}, "cfg_edu"),
    Case("22_list_cells.csv", {str(number): "pricing not-big" for number in range(1, 7)}),
    Case("23_leadfeeder_not_set.jsonl", {"L1": "germany recent pricing not-big"}),
]


def configs_in(folder: str) -> list[tuple[str, dict[str, Any]]]:
    files = sorted((CASES / folder).iterdir())
    return [(file.stem, yaml.safe_load(file.read_text("utf-8"))) for file in files]


def fields_asked(body: dict[str, Any]) -> set[str]:
    types = {it["type"] for group in body["rules"]["groups"] for it in group["conditions"]}
    return {READ.get(name, name) for name in types}


def named_in(scored: Scored) -> set[str]:
    """The fields that a warning names."""
    return {it["field"] for it in scored.report["unreadFields"]} | {*scored.report["fieldWarnings"]}


def matching(scored: Scored, slug: str) -> set[str]:
    """The ids of the visitors that match a config."""
    return {row["id"] for row in scored.rows if slug in {m["config"] for m in row["matches"]}}


@long
@pytest.mark.parametrize("case", CASES_READ, ids=lambda case: case.id)
def test_each_verdict_is_right_or_its_field_is_named(case: Case) -> None:
    configs = configs_in(case.configs)
    mapping = load_mapping(str(CASES / case.mapping)) if case.mapping else None
    scored = score_files(
        configs, [CASES / case.file], as_of=AS_OF, mapping=mapping, encoding=case.encoding
    )
    named = named_in(scored)
    assert all(it.is_damage for it in scored.rejected)
    if "id" not in named and scored.rows[0]["id"] is not None:
        assert [row["id"] for row in scored.rows] == list(case.right)
    for row, right in zip(scored.rows, case.right.values(), strict=True):
        matched = {match["config"] for match in row["matches"]}
        for slug, body in configs:
            is_right = (slug in matched) == (slug in right.split())
            assert is_right or fields_asked(body) & named, (row["id"], slug, named)


def test_the_dates_that_are_read_are_right() -> None:
    """Of a column of dates only those that are told may be missing."""
    case = next(it for it in CASES_READ if it.file == "12b_dates.csv")
    scored = score_files(configs_in("cfg"), [CASES / case.file], as_of=AS_OF)
    recent = {
        row["id"] for row in scored.rows if any(m["config"] == "recent" for m in row["matches"])
    }
    assert recent - case.may_be_told == DATES - case.may_be_told


def test_the_sizes_of_a_mapping() -> None:
    mapping, path = load_mapping(str(CASES / "13_sizes_mapping.yaml")), CASES / "13_sizes.csv"
    scored = score_files(configs_in("cfg"), [path], as_of=AS_OF, mapping=mapping)
    small = {
        r["id"] for r in scored.rows if any(m["config"] == "small-range" for m in r["matches"])
    }
    assert small == IN_SIZE
    assert scored.report["fieldWarnings"]["company_size"] >= 10


def test_a_file_that_is_not_utf8_is_one_error() -> None:
    with pytest.raises(IcpctlError) as error:
        score_files(configs_in("cfg"), [CASES / "14_excel_cp1252.csv"], as_of=AS_OF)
    assert "Windows-1252" in str(error.value)
    assert "--encoding cp1252" in (error.value.hint or "")


def test_a_footer_is_rejected_and_the_rest_read() -> None:
    path = CASES / "16d_salesforce_report_footer.csv"
    scored = score_files(configs_in("cfg"), [path], as_of=AS_OF)
    assert [it.line for it in scored.rejected] == [4, 6, 7]
    named = named_in(scored)
    for row, right in zip(scored.rows, ("target germany recent", "germany recent"), strict=True):
        matched = {match["config"] for match in row["matches"]}
        for slug, body in configs_in("cfg"):
            if slug in ("target", "germany", "recent") and (slug in matched) != (slug in right):
                assert fields_asked(body) & named


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("18_login_page.csv", "this is an HTML page"),
        ("18b_error.json", "this is the error response of an API: unauthorized"),
    ],
)
def test_what_is_not_an_export_is_named_and_fails(file: str, words: str) -> None:
    for command in ("score", "stats", "insight"):
        ended = icpctl(command, CASES / file, "--dir", CASES / "cfg", cwd=CASES)
        assert ended.code == 1
        assert words in ended.err


def test_a_workbook_that_cannot_be_read_is_named() -> None:
    folder = "08_folder_with_other_names"
    ended = icpctl("score", folder, "--dir", "cfg", cwd=CASES)
    assert ended.code == 1
    assert f"{folder}/d.xlsx:1: error: the workbook cannot be read" in ended.err
