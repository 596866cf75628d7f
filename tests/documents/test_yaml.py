"""What YAML files may not hold, each with its finding's place, and how scalars are read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from icpctl.config.checks import check_document
from icpctl.documents import reading
from icpctl.documents.document import plain
from icpctl.documents.reading import read_document
from tests.config.marked import RULES, check, found_in, unmarked

MIB = 1_048_576

BROKEN = {
    "nothing": "<ICP007>",
    "blank": "<ICP007>  \n\n",
    "comments only": "<ICP007># soon\n# more\n",
    "an empty document": "<ICP007>---\n",
    "a null": "<ICP007>~\n",
    "a list at the top": "<ICP103>- label: SaaS\n",
    "a scalar at the top": "<ICP103>SaaS\n",
    "two documents": "label: SaaS\n" + RULES + "<ICP008>---\nlabel: Other\n",
    "a duplicate key": "label: SaaS\n<ICP009>label: Other\n" + RULES,
    "a duplicate key deep down": "label: SaaS\n"
    + RULES.replace("exists}", "exists, <ICP009>type: city}"),
    "a quoted duplicate key": 'label: SaaS\n<ICP009>"label": Other\n' + RULES,
    "a tag": "label: <ICP010>!!str SaaS\n" + RULES,
    "a tag of Python": "label: SaaS\npriority: <ICP010><ICP207>!!python/object:os.system [x]\n"
    + RULES,
    "the empty tag": "label: <ICP010>! SaaS\n" + RULES,
    "a tag on a key": "<ICP010>!!str label: SaaS\n" + RULES,
    "a tag directive": "<ICP010>%TAG !e! tag:example.com,2000:\n---\nlabel: SaaS\n" + RULES,
    "an unknown alias": "label: <ICP011>*name\n" + RULES,
    "an alias in itself": "label: SaaS\nrules: &all [<ICP011>*all]\n",
    "a merge key": "label: SaaS\n<ICP012><<: {priority: 1}\n" + RULES,
    "a template": "label: <ICP103>{<ICP014>{ name }}\n" + RULES,
    "a list as key": "label: SaaS\n? <ICP014>[a]\n: b\n" + RULES,
    "an alias as key": "label: &name SaaS\n<ICP014>*name : b\n" + RULES,
    "no key": "label: SaaS\n?<ICP014>\n: b\n" + RULES,
    "an empty key": "<ICP005>: SaaS\n" + RULES,
    "a tab for indentation": "label: SaaS\nrules:\n<ICP005>\tgroups: []\n",
    "a colon in text": "label: SaaS<ICP005>: enterprise\n",
    "a quote that stays open": 'label: <ICP005>"SaaS\n' + RULES,
    "a single quote that stays open": "label: <ICP005>'SaaS\n" + RULES,
    "a list that stays open": "label: SaaS\ntags: [a, b\n<ICP005>",
    "text behind a quoted text": 'label: "SaaS" <ICP005>and more\n',
    "an at sign": "label: <ICP005>@saas\n",
    "a key without colon": "label: SaaS\n<ICP005>priority\n",
    "keys out of line": "rules:\n  groups: []\n <ICP005>label: SaaS\n",
    "an escape": 'label: "<ICP005>\\q"\n',
    "a list behind its key": "label: <ICP005>- SaaS\n",
    "half an emoji": 'label: "\\u<ICP005>d83d"\n',
    "an unknown YAML version": "<ICP005>%YAML 3.0\n---\nlabel: SaaS\n",
    "a control character": "label: Sa<ICP004>\x08aS\n",
    "a byte order mark inside": "label: Sa<ICP004>\ufeffaS\n",
    "a delete character": "label: Sa<ICP004>\x7faS\n",
    "behind wide characters": "label: 会社🚀\n会社🚀: <ICP011>*b\n",
}


@pytest.mark.parametrize("marked", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_allowed_is_found_where_it_stands(marked: str) -> None:
    check(marked)


@pytest.mark.parametrize("marked", BROKEN.values(), ids=BROKEN.keys())
def test_the_parser_written_in_python_finds_the_same_things(
    marked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, expected = unmarked(marked)
    monkeypatch.setattr(reading, "_Loader", yaml.BaseLoader)
    document = read_document(text.encode(), "saas.yaml")
    assert bool(document.problems) == any(code < "ICP100" for code, *_ in expected) or (
        # It reads half a character, which the model refuses.
        "ud83d" in text
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("label: S\xe4aS\n".encode("latin-1"), ("ICP003", 1, 9)),
        (b"label: SaaS\n# \xc3\xa9\xff\n", ("ICP003", 2, 4)),
        (b"label: \xed\xa0\x80\n", ("ICP003", 1, 8)),
        ("label: SaaS\n".encode("utf-16"), ("ICP003", 1, 1)),
        ("label: SaaS\n".encode("utf-16-be"), ("ICP004", 1, 1)),
        ("label: SaaS\n".encode("utf-32"), ("ICP003", 1, 1)),
        (b"\0" * 10, ("ICP004", 1, 1)),
        (b"label: SaaS\0\n", ("ICP004", 1, 12)),
        (b"#" * (MIB + 1), ("ICP002", 1, 1)),
    ],
)
@pytest.mark.parametrize("file", ["saas.yaml", "saas.json"])
def test_bytes_that_are_no_text_are_found(
    data: bytes, expected: tuple[str, int, int], file: str
) -> None:
    assert found_in(data, file) == [expected]


def test_utf_16_is_called_by_its_name() -> None:
    document = read_document("label: SaaS".encode("utf-16"), "saas.yaml")
    assert document.problems[0].message == "the file is UTF-16"


def test_one_mebibyte_is_read() -> None:
    text = "label: SaaS\n" + RULES
    data = text.encode() + b"#" * (MIB - len(text))
    assert len(data) == MIB
    assert found_in(data) == []


def test_a_byte_order_mark_does_not_count() -> None:
    assert found_in(b"\xef\xbb\xbflabel: SaaS\nrules: 1\n") == [("ICP103", 2, 8)]


def test_every_line_end_counts_once() -> None:
    assert found_in(b"label: SaaS\r\npriority: 1\r\r\nrules: 1\n") == [("ICP103", 4, 8)]


@pytest.mark.parametrize(
    "text",
    ["[" * MIB, "{" * MIB, "- " * (MIB // 2), "? " * (MIB // 2), '{"a":' * (MIB // 5)],
    ids=lambda text: text[:5],
)
@pytest.mark.parametrize("file", ["saas.yaml", "saas.json"])
def test_deep_nesting_is_one_finding(text: str, file: str) -> None:
    [(code, line, _)] = found_in(text.encode(), file)
    assert (code, line) in [("ICP013", 1), ("ICP006", 1)]


def test_a_hundred_levels_are_read() -> None:
    assert found_in(b"[" * 100 + b"]" * 100) == [("ICP103", 1, 1)]
    assert found_in(b"[" * 101 + b"]" * 101) == [("ICP013", 1, 101)]
    assert found_in(b"[" * 100 + b"]" * 100, "saas.json") == [("ICP103", 1, 1)]
    assert found_in(b"[" * 101 + b"]" * 101, "saas.json") == [("ICP013", 1, 101)]


def test_aliases_do_not_hide_depth() -> None:
    nested = "".join(
        f"a{n}: &a{n} {'[' * 30}{f'*a{n - 1}' if n else ''}{']' * 30}\n" for n in range(9)
    )
    assert [code for code, *_ in found_in(nested.encode())][-1] == "ICP013"


def bomb(width: int, levels: int) -> str:
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_an_alias_bomb_is_one_finding() -> None:
    codes = [code for code, *_ in found_in(bomb(10, 10).encode())]
    assert codes == ["ICP011"]


def test_aliases_may_expand_to_ten_thousand_nodes() -> None:
    listed = ", ".join(["x"] * 99)  # with the list itself 100 nodes
    within = f"a: &a [{listed}]\nb: [{', '.join(['*a'] * 100)}]\n"
    beyond = f"a: &a [{listed}]\nb: [{', '.join(['*a'] * 101)}]\n"
    assert read_document(within.encode(), "saas.yaml").problems == []
    [problem] = read_document(beyond.encode(), "saas.yaml").problems
    assert problem.code == "ICP011"
    assert problem.start == beyond.rindex("*a")


def test_an_alias_stands_for_its_anchor() -> None:
    text = """label: SaaS
rules:
  groups:
    - operator: AND
      conditions:
        - &size {type: company_size, comparator: gte, value: 50}
    - operator: OR
      conditions: [*size, {type: industry, comparator: exists}]
"""
    config, findings = check_document(read_document(text.encode(), "saas.yaml"), "saas")
    assert findings == []
    assert config is not None
    first, second = config.rules.groups
    assert first.conditions[0] == second.conditions[0]


def test_what_is_wrong_with_an_anchor_is_said_once() -> None:
    check("""label: SaaS
rules:
  groups:
    - operator: AND
      conditions:
        - &size {type: company_size, comparator: gte, value: <ICP207>many}
        - *size
        - *size
""")


# Scalars stay what was typed

TYPED = ["NO", "no", "02134", "0o17", "12:30", "2024-01-01", "1e3", "1_000", "0x1F", ".5", "true"]
TYPED += ["yes", "Null ", "nan", "=", "<", "+1", "1.10"]


@pytest.mark.parametrize("typed", TYPED)
def test_plain_text_is_the_text_that_was_typed(typed: str) -> None:
    document = read_document(f"a: {typed}\n".encode(), "saas.yaml")
    assert document.root is not None
    assert plain(document.root) == {"a": typed.strip() if typed != "Null " else None}


@pytest.mark.parametrize("null", ["", "~", "null", "Null", "NULL", "# none"])
def test_a_plain_null_is_absent(null: str) -> None:
    document = read_document(f"a: {null}\n".encode(), "saas.yaml")
    assert document.root is not None
    assert plain(document.root) == {"a": None}


@pytest.mark.parametrize("null", ["", "~", "null"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_null_is_text(null: str, quote: str) -> None:
    document = read_document(f"a: {quote}{null}{quote}\n".encode(), "saas.yaml")
    assert document.root is not None
    assert plain(document.root) == {"a": null}


def test_block_text_keeps_its_lines() -> None:
    document = read_document(b"a: |\n  one\n  two\nb: >-\n  one\n  two\n", "saas.yaml")
    assert document.root is not None
    assert plain(document.root) == {"a": "one\ntwo\n", "b": "one two"}


# Whatever is in a file, reading it ends with findings inside of it

PIECES = [
    "label",
    "rules",
    ": ",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\n",
    "\r",
    "\t",
    "  ",
    "&a ",
    "*a",
]
PIECES += [
    "<<",
    "!!str ",
    "'",
    '"',
    "|",
    ">",
    "#",
    "%TAG",
    "---",
    "...",
    "? ",
    "é",
    "🚀",
    "\\",
    "~",
    "\x85",
]


@given(st.lists(st.sampled_from(PIECES)), st.sampled_from(["saas.yaml", "saas.json"]))
def test_any_text_ends_in_findings_inside_of_it(pieces: list[str], file: str) -> None:
    text = "".join(pieces)
    document = read_document(text.encode(), file)
    config, findings = check_document(document, "saas")
    assert config is not None or findings
    assert all(0 <= problem.start <= len(text) for problem in document.problems)
    for finding in findings:
        assert finding.location.line is not None
        assert finding.location.line <= text.count("\n") + text.count("\r") + 1


@given(st.binary(max_size=200), st.sampled_from(["saas.yaml", "saas.json"]))
def test_any_bytes_end_in_findings(data: bytes, file: str) -> None:
    assert found_in(data, file)


def test_half_of_a_file_ends_in_findings() -> None:
    text = "label: SaaS\n" + RULES
    for end in range(len(text) - 10):
        assert found_in(text[:end].encode()), text[:end]
