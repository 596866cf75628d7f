"""Updates of a config's text: what is said changes, every other byte stays."""

from __future__ import annotations

import codecs
import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl import IcpConfig, IcpctlError, Workspace
from icpctl.documents.reading import read_document
from icpctl.features.editing.bodies import read_source
from icpctl.features.editing.body_fields import is_same, short_body
from icpctl.features.editing.changes import Changes
from icpctl.features.editing.group_changes import GroupChanges
from icpctl.features.editing.layout import config_text
from icpctl.features.editing.writing import create, update
from tests.strategies import configs

if TYPE_CHECKING:
    from pathlib import Path

RULES = "rules: {groups: [{operator: AND, conditions: [{type: city, comparator: exists}]}]}"
BLOCK = """\
# who
label: SaaS   # the name

# order
priority: 10 # lower first
isActive:   yes


rules:   # why
  # all of these
  groups:
    - operator: "AND"
      conditions:
      - {type: 'industry', comparator: in, value: [SaaS,
           Software]}   # two

# the end
"""
FLOW = f"{{ label: 'A', priority: 3, {RULES} }} # end\n"
JSON = """{
    "label": "Caf\\u00e9",
    "priority":  1e1,
    "rules": {"groups": [{"operator": "AND", "conditions": [
        {"type": "city", "comparator": "exists"}]}]},
    "id": 7
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "configs"
    path.mkdir()
    return path


def updated(folder: Path, text: str | bytes, changes: Changes, name: str = "a.yaml") -> str:
    """The text of a file after an update, with its line ends."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    update(Workspace(folder), path.stem, changes)
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "changes", "old", "new"),
    [
        (BLOCK, Changes(label="B: c"), "label: SaaS ", 'label: "B: c" '),
        (BLOCK, Changes(label="Software"), "label: SaaS ", "label: Software "),
        (BLOCK, Changes(priority=-2), "priority: 10 ", "priority: -2 "),
        (BLOCK, Changes(no_priority=True), "priority: 10 # lower first\n", ""),
        (BLOCK, Changes(is_active=False), "isActive:   yes", "isActive:   false"),
        (f"label: A # x\n{RULES}", Changes(priority=1), "# x\n", "# x\npriority: 1\n"),
        (f"label: A\n{RULES}", Changes(is_active=False), "A\n", "A\nisActive: false\n"),
        (f"{RULES}\nlabel: A", Changes(priority=1), "label: A", "label: A\npriority: 1"),
        (f"{RULES}\nlabel: A\npriority: 1", Changes(no_priority=True), "priority: 1", ""),
        (f"label: A\npriority:\n{RULES}", Changes(priority=1), "priority:\n", "priority: 1\n"),
        (f"label: A\npriority: # no\n{RULES}", Changes(priority=1), "ty: #", "ty: 1 #"),
        (f"label: A\npriority: ~\n{RULES}", Changes(priority=1), "~", "1"),
        (f'label: "A"\n{RULES}', Changes(label='B "b" 🚀'), '"A"', '"B \\"b\\" 🚀"'),
        (f"label: 'A'\n{RULES}", Changes(label="it's"), "'A'", "'it''s'"),
        (f"label: |\n  A\n\n# c\n{RULES}", Changes(label="B"), "|\n  A", "B"),
        (f"label: >-\n  A\n  B\n{RULES}", Changes(priority=1), f"{RULES}", f"priority: 1\n{RULES}"),
        (f"label: A\n  b # c\n{RULES}", Changes(label="null"), "A\n  b", '"null"'),
        (f"label: A\r\n{RULES}\r\n", Changes(priority=1), "A\r\n", "A\r\npriority: 1\r\n"),
        (f"\ufefflabel: A\n{RULES}", Changes(label="ß"), "label: A", "label: ß"),
        (f"---\n  label: A\n  {RULES}\n...\n", Changes(priority=1), "A\n", "A\n  priority: 1\n"),
        (f'"label": A\n{RULES}', Changes(label="B"), "A", "B"),
        (FLOW, Changes(label="a, b"), "'A'", "'a, b'"),
        (FLOW, Changes(no_priority=True), "priority: 3, ", ""),
        (FLOW, Changes(is_active=False), "3,", "3, isActive: false,"),
        (f"{{label: A, {RULES}, priority: 3}}", Changes(no_priority=True), ", priority: 3", ""),
        (f"{{\n label: A, # a\n priority: 3, # b\n {RULES}\n}}", Changes(no_priority=True),
         " priority: 3, # b\n", ""),
        (f"{{\n {RULES},\n label: A, # a\n priority: 3, # b\n}}", Changes(no_priority=True),
         " priority: 3, # b\n", ""),
        (f"{{\n {RULES},\n label: A, # a\n priority: 3 # b\n}}", Changes(no_priority=True),
         " priority: 3 # b\n", ""),
        (f"{{\n label: A, # a\n {RULES}\n}}", Changes(priority=1), "# a\n", "# a\n priority: 1,\n"),
        (f"{{\n {RULES},\n label: A # a\n}}", Changes(priority=1), "A # a\n",
         "A, # a\n priority: 1\n"),
        (f"label: A\n  # a\n\n{RULES}", Changes(priority=1), "# a\n", "# a\npriority: 1\n"),
        (f"{{priority: , label: A, {RULES}}}", Changes(priority=1), "priority: ,", "priority: 1,"),
    ],
)  # fmt: skip
def test_only_what_was_said_changes(
    folder: Path, before: str, changes: Changes, old: str, new: str
) -> None:
    assert before.count(old) == 1 or old in ("A", "'A'", '"A"', RULES)
    assert updated(folder, before, changes) == before.replace(old, new, 1)


@pytest.mark.parametrize(
    ("before", "changes", "old", "new"),
    [
        (JSON, Changes(label="ö"), '"Caf\\u00e9"', '"\\u00f6"'),
        (JSON, Changes(priority=2), "1e1", "2"),
        (JSON, Changes(no_priority=True), '    "priority":  1e1,\n', ""),
        (JSON, Changes(is_active=False), "1e1,\n", '1e1,\n    "isActive": false,\n'),
        (JSON.replace(" ", "\t"), Changes(label="b"), '"Caf\\u00e9"', '"b"'),
    ],
)
def test_json_keeps_indentation_and_order(
    folder: Path, before: str, changes: Changes, old: str, new: str
) -> None:
    assert updated(folder, before, changes, "a.json") == before.replace(old, new)


def test_compact_json_stays_compact(folder: Path) -> None:
    before = json.dumps(json.loads(JSON), separators=(",", ":"), ensure_ascii=False)
    after = updated(folder, before, Changes(is_active=False), "a.json")
    assert after == before.replace("10.0,", '10.0,"isActive":false,')


def source(tmp_path: Path, name: str, text: str) -> Any:
    (tmp_path / name).write_text(text, "utf-8")
    return read_source(str(tmp_path / name))


NEW_RULES = """\
# ours
groups:
  # one
  - operator: OR # either

    conditions:
      - {type: industry, comparator: equals, value: Software}
"""


def test_rules_keep_the_bytes_of_what_stays(tmp_path: Path, folder: Path) -> None:
    before = """\
label: SaaS
rules:
  groups:
    # who
    - operator: AND  # all of them
      conditions:
        # what they do
        - type: industry
          comparator: in
          value:
            - SaaS  # ours
            - 'Software'

        # how many
        - {type: company_size, comparator: gte, value: 50}  # big
        # where
        - type: country
          comparator: equals   # exactly
          value: DE # for now
          weight: 2
"""
    rules = {"groups": [{"operator": "AND", "conditions": [
        {"type": "industry", "comparator": "in", "value": ["SaaS", "Software", "IT"]},
        {"type": "company_size", "comparator": "gte", "value": 100},
        {"type": "country", "comparator": "equals", "value": "FR", "weight": 2},
        {"type": "city", "comparator": "exists", "optional": True}]}]}  # fmt: skip
    after = before.replace("'Software'\n", "'Software'\n            - IT\n")
    after = after.replace("value: 50}", "value: 100}").replace("value: DE #", "value: FR #")
    after += "        - type: city\n          comparator: exists\n          optional: true\n"
    given_rules = source(tmp_path, "rules.json", json.dumps(rules))
    assert updated(folder, before, Changes(rules=given_rules)) == after
    assert updated(folder, after, Changes(rules=given_rules)) == after
    del rules["groups"][0]["conditions"][1], rules["groups"][0]["conditions"][2]
    less = source(tmp_path, "less.json", json.dumps(rules))
    big = "        - {type: company_size, comparator: gte, value: 100}  # big\n"
    city = "        - type: city\n          comparator: exists\n          optional: true\n"
    assert updated(folder, after, Changes(rules=less)) == after.replace(big, "").replace(city, "")


@pytest.mark.parametrize(("text", "name"), [(BLOCK, "a.yaml"), (FLOW, "a.yaml"), (JSON, "a.json")])
def test_rules_of_any_form_fit_into_any_file(
    tmp_path: Path, folder: Path, text: str, name: str
) -> None:
    for rules_name, rules_text in [
        ("r.yaml", NEW_RULES),
        ("r2.yaml", "{groups: [{operator: OR, conditions: [{type: city, comparator: exists}]}]}"),
        ("r.json", '{"groups": [{"operator": "OR", "conditions": '
         '[{"type": "city", "comparator": "equals", "value": "NO"}]}]}'),
    ]:  # fmt: skip
        rules = source(tmp_path, rules_name, rules_text)
        after = updated(folder, text, Changes(rules=rules), name)
        config = Workspace(folder).get("a").config
        assert config.rules.groups[0].operator == "OR"
        kept = ["# who", "# lower first", "# the end"] if text == BLOCK else []
        assert all(comment in after for comment in kept)
        if text == JSON:
            assert after.startswith('{\n    "label": "Caf\\u00e9",\n')
            assert after.endswith('},\n    "id": 7\n}\n')


def test_rules_that_are_the_same_change_nothing(tmp_path: Path, folder: Path) -> None:
    text = "groups: [{conditions: [{type: city, comparator: exists}], operator: AND}]"
    assert updated(folder, FLOW, Changes(rules=source(tmp_path, "r.yaml", text))) == FLOW


def test_a_body_changes_what_it_says(tmp_path: Path, folder: Path) -> None:
    """As the API does: a field may be absent, and null removes it."""

    def merged(body: dict[str, Any], text: str = BLOCK, name: str = "a.yaml") -> str:
        document = source(tmp_path, "b.json", json.dumps(body))
        return updated(folder, text, Changes(body=document), name)

    assert merged({}) == BLOCK
    assert merged({"priority": 9}) == BLOCK.replace("priority: 10 ", "priority: 9 ")
    assert merged({"priority": None}) == BLOCK.replace("priority: 10 # lower first\n", "")
    assert merged({"isActive": None}) == BLOCK.replace("isActive:   yes\n", "")
    bare = BLOCK.replace("isActive:   yes\n", "")
    assert merged({"isActive": None, "priority": 10}, bare) == bare
    assert merged({"label": "B", "slug": "a", "etag": "0"}) == BLOCK.replace("SaaS  ", "B  ")
    assert merged({"id": None}, JSON, "b.json") == JSON.replace(',\n    "id": 7', "")
    body = source(tmp_path, "b.yaml", "# mine\npriority: 3\n")
    after = updated(folder, BLOCK, Changes(label="B", body=body))
    assert after == BLOCK.replace("SaaS  ", "B  ").replace("priority: 10 ", "priority: 3 ")


@pytest.mark.parametrize("key", ["label", "rules"])
def test_what_a_config_needs_cannot_be_removed(tmp_path: Path, folder: Path, key: str) -> None:
    body = source(tmp_path, "b.json", json.dumps({"priority": 1, key: None}))
    [finding] = refused(folder, BLOCK, Changes(body=body)).findings
    assert (finding.code, finding.message) == ("ICP101", f"{key} cannot be removed")
    assert finding.location.column == 17


def test_a_body_of_another_format_that_says_the_same_changes_nothing(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "a.yaml").write_text(BLOCK)
    body = Workspace(folder).get("a").config.body()
    found = updated(folder, BLOCK, Changes(body=source(tmp_path, "b.json", json.dumps(body))))
    assert found == BLOCK


def test_a_json_body_changes_only_what_it_says_otherwise(tmp_path: Path, folder: Path) -> None:
    (folder / "a.yaml").write_text(BLOCK)
    (folder / "b.json").write_text(JSON)
    got = Workspace(folder).get("a").config.body() | {"slug": "a", "etag": "0123456789abcdef"}
    body = json.dumps(got | {"label": "B", "updatedAt": "now"})
    found = updated(folder, BLOCK, Changes(body=source(tmp_path, "new.json", body)))
    assert found == BLOCK.replace("label: SaaS ", "label: B ").replace(
        "# two\n", "# two\nupdatedAt: now\n"
    )
    got = Workspace(folder).get("b").config.body() | {"isActive": False, "etag": "0"}
    body = source(tmp_path, "new.json", json.dumps(got, indent=1))
    assert updated(folder, JSON, Changes(body=body), "b.json") == JSON.replace(
        "1e1,\n", '1e1,\n    "isActive": false,\n'
    )


def refused(folder: Path, text: str, changes: Changes, **options: Any) -> IcpctlError:
    path = folder / "a.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(IcpctlError) as caught:
        update(Workspace(folder), "a", changes, **options)
    assert path.read_bytes() == text.encode()
    assert [it.name for it in folder.iterdir()] == ["a.yaml"]
    return caught.value


def test_what_would_be_invalid_changes_nothing(tmp_path: Path, folder: Path) -> None:
    assert refused(folder, BLOCK, Changes(label=" ")).message == "label: the label is empty"
    rules = source(tmp_path, "r.yaml", "groups:\n  - operator: and\n    conditions: []\n")
    error = refused(folder, BLOCK, Changes(rules=rules))
    assert [(it.code, it.location.line, it.location.column) for it in error.findings] == [
        ("ICP204", 2, 15),
        ("ICP104", 3, 17),
    ]
    body = source(tmp_path, "b.yaml", f"label: A\nslug: other\n{RULES}")
    assert refused(folder, BLOCK, Changes(body=body)).findings[0].code == "ICP017"
    whole = source(tmp_path, "c.yaml", FLOW)
    assert "--file" in (refused(folder, BLOCK, Changes(rules=whole)).hint or "")


def test_aliases_keep_their_value(folder: Path) -> None:
    """The label is another field's anchor, so that field gets its value written out."""
    text = (
        "label: &x SaaS # name\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: industry, comparator: equals, value: *x }\n"
    )
    after = text.replace("&x SaaS", "B").replace("*x", "SaaS")
    assert updated(folder, text, Changes(label="B")) == after
    assert updated(folder, text, Changes(priority=1)) == text.replace(
        "name\n", "name\npriority: 1\n"
    )


EXPLICIT = """? label
: A
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: exists}
"""


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (EXPLICIT, Changes(priority=3, is_active=False),
         EXPLICIT.replace(": A\n", ": A\npriority: 3\nisActive: false\n")),
        (EXPLICIT, Changes(label="B"), EXPLICIT.replace(": A\n", ": B\n")),
        (f"? priority\nlabel: A\n{RULES}\n", Changes(priority=3),
         f"? priority\n: 3\nlabel: A\n{RULES}\n"),
        (f"{RULES}\nlabel: |\n  A", Changes(priority=3), f"{RULES}\nlabel: |-\n  A\npriority: 3"),
        (f"label: | # note\n  A\n{RULES}\n", Changes(label="B"), f"label: B # note\n{RULES}\n"),
        (f"label: |+ # note\n  A\n\n\n{RULES}\n", Changes(priority=3),
         f"label: |+ # note\n  A\n\n\npriority: 3\n{RULES}\n"),
    ],
)  # fmt: skip
def test_rare_forms_of_yaml(folder: Path, before: str, changes: Changes, after: str) -> None:
    assert updated(folder, before, changes) == after


IN_WORDS = """\
label: A
rules:
  groups:
    - operator: AND
      conditions:
        # what
        - {type: industry, comparator: in, value: [SaaS, IT], weight: 2} # ours
        - type: city # where
          comparator: exists
"""


def test_conditions_in_words(folder: Path) -> None:
    def after(*args: Any, text: str = IN_WORDS) -> str:
        return updated(folder, text, Changes(conditions=GroupChanges(*args)))

    size = "        - type: company_size\n          comparator: gte\n          value: 10000000\n"
    assert after(["company_size gte 10M"]) == IN_WORDS + size
    assert after([], ["company_size gte 10M"]) == IN_WORDS + size + "          optional: true\n"
    assert after([], [], ["city exists"]) == IN_WORDS[: IN_WORDS.index("        - type: city")]
    line = "        - {type: industry, comparator: in, value: [SaaS, IT], weight: 2} # ours\n"
    assert after([], [], ["industry in IT, SaaS"], 1) == IN_WORDS.replace(line, "")
    assert after(["city exists"]) == IN_WORDS
    more = IN_WORDS + "    - operator: OR\n      conditions: [{type: region, comparator: exists}]\n"
    assert after([], ["city exists"], [], 2, text=more) == more.replace(
        "exists}]", "exists}, {type: city, comparator: exists, optional: true}]"
    )
    assert after([], [], ["city exists"], text=more).count("city") == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (([], [], ["city exists", "industry in SaaS, IT"]), "empty_group", "no condition left"),
        (([], [], ["city equals X"]), "no_such_condition", "did you mean 'city exists'?"),
        ((["region exists"], [], [], 2), "no_such_group", "only group 1"),
        ((["regiom exists"], [], ["city exits"]), "bad_condition", "2 conditions are not valid"),
        (([], [], [], 1), "bad_usage", "--group needs a condition"),
    ],
)
def test_conditions_that_cannot_be_changed(folder: Path, args: Any, code: str, said: str) -> None:
    with pytest.raises(IcpctlError) as caught:
        updated(folder, IN_WORDS, Changes(conditions=GroupChanges(*args)))
    assert caught.value.code == code
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_group_must_be_chosen_where_there_are_several(folder: Path) -> None:
    group = "    - operator: OR\n      conditions: [{type: city, comparator: exists}]\n"
    for args in ((["region exists"],), ([], [], ["city exists"])):
        with pytest.raises(IcpctlError) as caught:
            updated(folder, IN_WORDS + group, Changes(conditions=GroupChanges(*args)))
        assert caught.value.code == "bad_usage"
        assert "--group" in (caught.value.hint or "")


def test_an_etag_that_is_old_is_refused(folder: Path) -> None:
    error = refused(folder, BLOCK, Changes(priority=1), if_match="0" * 16)
    etag = Workspace(folder).get("a").etag
    assert (error.code, error.details) == ("conflict", {"etag": etag})
    update(Workspace(folder), "a", Changes(priority=1), if_match=etag)
    assert Workspace(folder).get("a").config.priority == 1


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    (folder / "a.yaml").write_text(BLOCK)
    change = update(Workspace(folder), "a", Changes(priority=1), dry_run=True)
    assert change.after.config.priority == 1
    assert (folder / "a.yaml").read_text() == BLOCK


def test_permissions_and_links_stay(folder: Path) -> None:
    (folder / "a.yaml").write_text(BLOCK)
    (folder / "a.yaml").chmod(0o640)
    (folder / "b.yaml").symlink_to("a.yaml")
    update(Workspace(folder), "b", Changes(priority=1))
    assert (folder / "b.yaml").is_symlink()
    assert (folder / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert Workspace(folder).get("a").config.priority == 1


# For any config

ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
LABELS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\0"),
        st.sampled_from("'\"#:,-[]{}!&*?|>%@`~ \t\n\\\x85\u2028\ufeff🚀1e.0"),
    ),
    min_size=1,
).filter(str.strip)
Configs: TypeAlias = list[tuple[str, dict[str, Any]]]
NEWLINES = st.sampled_from(["\n", "\r\n"])


@ANY
@given(made=configs(), label=LABELS, data=st.data())
def test_create_then_get_gives_the_same_model(
    tmp_path: Path, made: Configs, label: str, data: st.DataObject
) -> None:
    slug, body = made[0]
    extra = data.draw(st.fixed_dictionaries({}, optional={
        "isActive": st.booleans(), "id": LABELS, "organizationId": st.just({"a": [1, "b", {}]}),
    }))  # fmt: skip
    config = IcpConfig.model_validate(body | extra | {"label": label})
    for form in ("yaml", "json"):
        text = config_text(short_body(config), form)  # type: ignore[arg-type]
        folder = tmp_path / form
        create(Workspace(folder), slug, text.encode(), is_json=form == "json")
        found = Workspace(folder).get(slug)
        shutil.rmtree(folder)
        assert is_same(found.config, config)
        assert found.config.id == config.id


class There(NamedTuple):
    """What a config is changed to."""

    label: str
    priority: int | None
    active: bool


THERE = st.builds(There, LABELS, st.one_of(st.none(), st.integers(-(10**6), 10**6)), st.booleans())
FORMS = st.sampled_from(["yaml", "json", "flow", "compact"])
MARKS = st.sampled_from([b"", codecs.BOM_UTF8])


def text_of(body: dict[str, Any], form: str) -> str:
    if form == "flow":
        return json.dumps(body)
    if form == "compact":
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return config_text(body, "yaml" if form == "yaml" else "json")


@ANY
@given(made=configs(), label=LABELS, there=THERE, style=st.tuples(FORMS, MARKS, NEWLINES))
def test_any_update_there_and_back_gives_the_same_bytes(
    tmp_path: Path, made: Configs, label: str, there: There, style: tuple[str, bytes, str]
) -> None:
    form, mark, newline = style
    body = made[0][1] | {"label": label, "priority": 7, "isActive": not there.active}
    data = mark + text_of(body, form).replace("\n", newline).encode()
    path = tmp_path / ("a.yaml" if form in ("yaml", "flow") else "a.json")
    if read_document(data, str(path)).problems:
        return  # JSON whose escapes YAML does not know
    path.write_bytes(data)
    workspace = Workspace(tmp_path)
    same = Changes(label, 7, is_active=not there.active)
    try:
        assert update(workspace, "a", same).is_none
        assert update(workspace, "a", Changes()).is_none
        assert path.read_bytes() == data
        changes = Changes(there.label, there.priority, there.priority is None, there.active)
        config = update(workspace, "a", changes).after.config
        assert there == (config.label, config.priority, config.is_active)
        update(workspace, "a", same)
        assert workspace.get("a").config == IcpConfig.model_validate(body)
        after = path.read_bytes()
        if form in ("json", "compact"):
            assert there.priority is None or after == data
        elif form == "yaml":  # quotes that the other label needed stay
            lines, others = data.splitlines(True), after.splitlines(True)
            at = next(i for i, line in enumerate(lines) if line.lstrip(mark).startswith(b"label:"))
            assert lines[:at] + lines[at + 1 :] == others[:at] + others[at + 1 :]
    finally:
        path.unlink()
