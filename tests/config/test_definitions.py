"""Named lists and custom fields: what a folder of configs defines for its configs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from icpctl.cli.app import app
from icpctl.config.custom_fields import read_fields
from icpctl.config.definitions import ListError, NamedList, definitions_in, list_values
from icpctl.config.model import IcpConfig
from icpctl.config.store import Workspace
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from click.testing import Result

CONFIG = """\
label: Not ours
rules:
  groups:
    - operator: AND
      conditions:
        - {type: domain, comparator: not_in, value: {list: competitors}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a list, and an organization with a list of the same name."""
    monkeypatch.chdir(tmp_path)
    for folder in ("icp_configs/lists", "icp_configs/acme/lists"):
        Path(folder).mkdir(parents=True)
    write("icp_configs/lists/competitors.txt", "# rivals\n\nrival.example\r\n  Other.example  \n")
    write("icp_configs/lists/shared.txt", "shared.example\n")
    write("icp_configs/acme/lists/competitors.txt", "\ufeffacme-rival.example")
    write("icp_configs/ours.yaml", CONFIG)
    write("icp_configs/acme/ours.yaml", CONFIG)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).write_text(text, "utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def values_of(workspace: Workspace) -> object:
    (condition,) = workspace.get("ours").config.conditions
    return condition.value


@pytest.mark.usefixtures("here")
def test_an_organization_has_its_own_list_before_its_parents() -> None:
    assert values_of(Workspace(Path("icp_configs"))) == ("rival.example", "Other.example")
    assert values_of(Workspace(Path("icp_configs"), "acme")) == ("acme-rival.example",)
    write("icp_configs/acme/ours.yaml", CONFIG.replace("competitors", "shared"))
    assert values_of(Workspace(Path("icp_configs"), "acme")) == ("shared.example",)


@pytest.mark.usefixtures("here")
def test_lists_and_tests_are_no_organizations_and_fields_no_config() -> None:
    Path("icp_configs/tests").mkdir()
    write("icp_configs/fields.yaml", "revenue: {kind: number, paths: [revenue]}\n")
    workspace = Workspace(Path("icp_configs"))
    assert workspace.orgs() == ["acme"]
    assert workspace.slugs() == ["ours"]
    assert run("validate").exit_code == 0


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{list: competitor}", "no list 'competitor'"),
        ("{list: ../secrets}", "'../secrets' cannot name a list"),
        ("{list: empty}", "the list icp_configs/lists/empty.txt has no values"),
        ("{list: latin}", "is not UTF-8: the byte 0xfc in line 2"),
        ("{list: unseen}", "line 1 of the list icp_configs/lists/unseen.txt has only invisible"),
        ("{list: out}", "this link leads out of the folder of configs"),
        ("{list: competitors, or: x}", "a named list is written {list: NAME}, without 'or'"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_list_that_cannot_be_used_is_an_error_with_its_place(
    reference: str, message: str
) -> None:
    write("icp_configs/lists/empty.txt", "# nothing\n\n")
    write("icp_configs/lists/unseen.txt", "\u200b\nb\n")
    Path("icp_configs/lists/latin.txt").write_bytes(b"a\nM\xfcller\n")
    write("outside.txt", "x\n")
    Path("icp_configs/lists/out.txt").symlink_to(Path("outside.txt").resolve())
    write("icp_configs/ours.yaml", CONFIG.replace("{list: competitors}", reference))
    result = run("validate", "icp_configs/ours.yaml", "-o", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert message in finding["message"]
    assert (finding["line"], finding["column"]) == (6, 53)


@pytest.mark.usefixtures("here")
def test_where_no_list_of_texts_is_allowed_neither_is_a_named_one() -> None:
    for condition in ("company_size, comparator: in", "industry, comparator: equals"):
        text = CONFIG.replace("domain, comparator: not_in", condition)
        write("icp_configs/ours.yaml", text)
        assert "not a named list" in run("validate", "icp_configs/ours.yaml").stdout


@pytest.mark.usefixtures("here")
def test_get_expands_a_list_and_apply_where_the_target_lacks_it() -> None:
    assert run("get", "ours").stdout == CONFIG
    expanded = run("get", "ours", "--expand").stdout
    assert "[rival.example, Other.example]" in expanded
    body = json.loads(run("get", "ours", "--expand", "-o", "json").stdout)
    assert body["rules"]["groups"][0]["conditions"][0]["value"] == [
        "rival.example",
        "Other.example",
    ]
    body = json.loads(run("get", "ours", "-o", "json").stdout)
    assert body["rules"]["groups"][0]["conditions"][0]["value"] == {"list": "competitors"}
    Path("target").mkdir()
    assert run("apply", "icp_configs", "--dir", "target", "--yes").exit_code == 0
    assert "[rival.example, Other.example]" in Path("target/ours.yaml").read_text("utf-8")
    Path("same/lists").mkdir(parents=True)
    write("same/lists/competitors.txt", "rival.example\nOther.example\n")
    assert run("apply", "icp_configs", "--dir", "same", "--yes").exit_code == 0
    assert Path("same/ours.yaml").read_text("utf-8") == CONFIG


@pytest.mark.usefixtures("here")
def test_impact_names_a_changed_list_as_a_cause() -> None:
    Path("base/lists").mkdir(parents=True)
    write("base/ours.yaml", CONFIG)
    write("base/lists/competitors.txt", "rival.example\n")
    write("v.jsonl", '{"id": "a", "domain": "other.example"}\n')
    result = run("impact", "v.jsonl", "--base-dir", "base")
    assert "the list competitors: + Other.example" in result.stdout


@pytest.mark.usefixtures("here")
def test_words_name_a_list() -> None:
    result = run("create", "never", "--exclude", "--where", "domain in {list: competitors}")
    assert result.exit_code == 0, result.output
    assert run("score", "missing.jsonl").exit_code == 2
    write("v.jsonl", '{"id": "a", "domain": "https://www.RIVAL.example/x"}\n{"id": "b"}\n')
    assert run("score", "v.jsonl", "--config", "ours", "--out", "rows.jsonl").exit_code == 0
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["icp"], row["excluded_by"]) for row in rows] == [(None, "never"), ("ours", None)]


def test_lists_are_pickled_with_their_values_and_know_their_name() -> None:
    named = NamedList(("a", "b"), "some", "lists/some.txt")
    again = pickle.loads(pickle.dumps(named))
    assert (again, again.name, hash(again)) == (named, "some", hash(("a", "b")))


def test_a_list_without_a_value_is_refused() -> None:
    with pytest.raises(ListError):
        list_values(b"", "x.txt")


# Custom fields

FIELDS = """\
annual_revenue: {kind: number, paths: [company.annual_revenue], description: Revenue in USD}
signed_up: {kind: days, paths: signed_up_at}
"""


def test_fields_are_condition_types() -> None:
    entries, findings = read_fields(FIELDS.encode(), "fields.yaml")
    assert findings == []
    revenue, signed_up = entries
    assert (revenue.name, revenue.kind, revenue.meaning, revenue.has_ranges) == (
        "field.annual_revenue",
        Kind.NUMBER,
        "Revenue in USD",
        True,
    )
    assert (signed_up.is_days, signed_up.paths) == (True, ("signed_up_at",))


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("[a]", "ICP801", (1, 1)),
        ("x: 5", "ICP801", (1, 1)),
        ("x: {kind: text}", "ICP801", (1, 1)),
        ("x: {paths: [a]}", "ICP801", (1, 1)),
        ("x: {kind: text, paths: []}", "ICP801", (1, 24)),
        ("x: {kind: text, paths: [a], unit: b}", "ICP801", (1, 29)),
        ("X: {kind: text, paths: [a]}", "ICP802", (1, 1)),
        ("x: {kind: texts, paths: [a]}", "ICP803", (1, 11)),
        ("x: {kind: text, paths: [a..b]}", "ICP804", (1, 25)),
        ("x: {kind: number, paths: ['a[].b']}", "ICP804", (1, 27)),
    ],
)
def test_what_is_wrong_with_a_field_has_its_place(
    text: str, code: str, place: tuple[int, int]
) -> None:
    _, (finding,) = read_fields(text.encode(), "fields.yaml")
    assert (finding.code, (finding.location.line, finding.location.column)) == (code, place)


@pytest.mark.usefixtures("here")
def test_an_unknown_field_has_the_nearest_name() -> None:
    write("icp_configs/fields.yaml", FIELDS)
    condition = "field.anual_revenue, comparator: gte, value: 1"
    text = CONFIG.replace("domain, comparator: not_in, value: {list: competitors}", condition)
    write("icp_configs/ours.yaml", text)
    assert "did you mean field.annual_revenue?" in run("validate", "icp_configs/ours.yaml").stdout
    write("icp_configs/fields.yaml", FIELDS.replace("number", "numbr"))
    result = run("list")
    assert result.exit_code == 1
    assert "icp_configs/fields.yaml:1:24" in result.output


@pytest.mark.usefixtures("here")
def test_the_paths_of_a_mapping_come_before_those_of_a_field() -> None:
    write("icp_configs/fields.yaml", FIELDS)
    condition = "field.annual_revenue, comparator: gte, value: 10000000"
    text = CONFIG.replace("domain, comparator: not_in, value: {list: competitors}", condition)
    write("icp_configs/ours.yaml", text)
    write("m.yaml", "extends: default\nrecognised_by: who\nid: who\nfield.annual_revenue: money\n")
    write("other.yaml", "extends: default\nrecognised_by: key\nid: key\nfield.unknown: band\n")
    write(
        "v.jsonl",
        '{"who": "a", "money": "$12M", "company": {"annual_revenue": 1}}\n'
        '{"who": "b", "money": "lots", "company": {"annual_revenue": "20M"}}\n',
    )
    write("w.jsonl", '{"key": "c", "band": "x", "company": {"annual_revenue": "30M"}}\n')
    mappings = ("--mapping", "m.yaml", "--mapping", "other.yaml")
    result = run("score", "v.jsonl", "w.jsonl", *mappings, "--out", "rows.jsonl")
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["icp"]) for row in rows] == [
        ("a", "ours"),
        ("b", "ours"),
        ("c", "ours"),
    ]
    assert "money" in run("inspect", "v.jsonl", "--mapping", "m.yaml").stdout
    write("m.yaml", "id: who\nfield.Annual: money\n")
    result = run("score", "v.jsonl", "--mapping", "m.yaml")
    assert (result.exit_code, "m.yaml:2:1: error[ICP501]" in result.output) == (2, True)


@pytest.mark.usefixtures("here")
def test_options_name_fields_that_no_config_asks_for() -> None:
    write("icp_configs/fields.yaml", "account: {kind: text, paths: [Account Name]}\n")
    write(
        "v.jsonl",
        '{"id": 1, "Account Name": "Acme"}\n{"id": 2, "Account Name": " ACME "}\n'
        '{"id": 3, "Account Name": "Beta", "domain": "rival.example"}\n',
    )
    carried = ("--carry", "field.account", "--out")
    assert run("score", "v.jsonl", *carried, "rows.jsonl").exit_code == 0
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert [row["field.account"] for row in rows] == ["Acme", " ACME ", "Beta"]
    assert run("score", "v.jsonl", "--by", "field.account", *carried, "rows.jsonl").exit_code == 0
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["icp_match"]) for row in rows] == [("acme", True), ("beta", False)]
    assert rows[0]["field.account"] == ["Acme", " ACME "]
    explained = run("explain", "v.jsonl", "--by", "field.account", "--id", "beta")
    assert "beta in v.jsonl:3" in explained.stdout
    by_account = json.loads(run("stats", "v.jsonl", "--by", "field.account", "-o", "json").stdout)
    values = [(value["value"], value["visitors"]) for value in by_account["by"]["values"]]
    assert values == [("Acme", 2), ("Beta", 1)]
    assert "did you mean field.account?" in run("stats", "v.jsonl", "--by", "field.acount").output
    result = run("score", "v.jsonl", "--carry", "field.acount", "--out", "rows.jsonl")
    assert (result.exit_code, "did you mean field.account?" in result.output) == (2, True)


def test_an_organizations_fields_come_before_its_parents(here: Path) -> None:
    write("icp_configs/fields.yaml", FIELDS)
    write("icp_configs/acme/fields.yaml", "annual_revenue: {kind: text, paths: [revenue_band]}\n")
    root = here / "icp_configs"
    types = definitions_in(root / "acme", root).vocabulary.types
    assert types["field.annual_revenue"].kind is Kind.TEXT
    assert types["field.signed_up"].is_days


@pytest.mark.usefixtures("here")
def test_schema_describe_and_completion_know_the_fields() -> None:
    write("icp_configs/fields.yaml", FIELDS)
    schema = json.loads(run("schema").stdout)
    words = schema["definitions"]["condition"]["properties"]["type"]["oneOf"]
    names = [word["const"] for word in words]
    assert names[-2:] == ["field.annual_revenue", "field.signed_up"]
    assert "Revenue in USD" in run("describe", "field.annual_revenue").stdout


def test_a_changed_condition_keeps_its_custom_field() -> None:
    entries, _ = read_fields(FIELDS.encode(), "fields.yaml")
    known = definitions_in(Path("nowhere"))
    known = type(known)(known.vocabulary.with_types(entries))
    condition = {"type": "field.annual_revenue", "comparator": "gte", "value": 5}
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    config = IcpConfig.model_validate({"label": "a", "rules": rules}, context=known)
    changed = config.conditions[0].changed(comparator="lt")
    assert (changed.comparator, changed.condition_type.name) == ("lt", "field.annual_revenue")
    assert pickle.loads(pickle.dumps(config)) == config
