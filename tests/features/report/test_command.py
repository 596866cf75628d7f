"""`--report`: its figures are those of `-o json`, its page asks for nothing, and text is text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from tests.features.report.pages import PageText, Table, read_markdown, read_page
from tests.long import long
from tests.process import ROOT, Ended, icpctl, unless_given

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, VISITORS = ROOT / "sample_configs", ROOT / "sample_visitors"
FLAT, DIRTY = VISITORS / "visitors.jsonl", VISITORS / "_broken" / "dirty.jsonl"
AS_OF = "2026-11-23T12:00:00Z"


def run(command: str, *args: str | Path, cwd: Path, configs: Path = CONFIGS) -> Ended:
    return icpctl(command, *unless_given(args, "--dir", configs, "--as-of", AS_OF), *args, cwd=cwd)


def page(folder: Path, *args: str | Path, command: str = "score", **more: Any) -> PageText:
    ended = run(command, *args, "--report", "r.html", cwd=folder, **more)
    assert ended.code in (0, 1), ended.err
    return read_page((folder / "r.html").read_text("utf-8"))


def report(folder: Path, *args: str | Path, command: str = "score") -> dict[str, Any]:
    return json.loads(run(command, *args, "-o", "json", cwd=folder).out)


def table(found: PageText, caption: str) -> Table:
    [one] = [it for it in found.tables if it.caption.startswith(caption)]
    return one


def percent(share: float) -> str:
    tenths = (2000 * Fraction(share).limit_denominator(10**6) + 1) // 2
    return f"{tenths // 10}.{tenths % 10} %"


@long
def test_the_figures_are_those_of_the_json_report(tmp_path: Path) -> None:
    found, expected = page(tmp_path, FLAT, DIRTY), report(tmp_path, FLAT, DIRTY)
    heads = {name: text.split(" ")[0] for name, text in found.headlines.items()}
    assert heads["Visitors"] == f"{expected['visitors']:,}"
    assert heads["Matches"] == f"{expected['matched']:,}"
    assert found.headlines["Match rate"].startswith(percent(expected["matchRate"]))
    assert heads["Rejected lines"] == str(expected["rejected"])
    assert table(found, "Configs in the order").rows[1:] == [
        [
            f"{it['label']} {it['slug']}",
            "" if it["priority"] is None else str(it["priority"]),
            f"{it['matched']:,}",
            percent(it["matchRate"]),
            f"{it['first']:,}",
            f"{it['matched'] - it['first']:,}",
            f"{it['averageScore']:.2f}",
        ]
        for it in expected["configs"]
    ]
    warned = dict(table(found, "Values that did not fit").rows[1:])
    assert warned == {name: str(count) for name, count in expected["fieldWarnings"].items()}


@long
def test_scores_are_those_of_the_rows(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT, "--out", "m.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text("utf-8").splitlines()]
    for config in report(tmp_path, FLAT)["configs"]:
        steps = [0] * 20
        for row in rows:
            for match in row["matches"]:
                if match["config"] == config["slug"]:
                    steps[min(int(match["score"] // 5), 19)] += 1
        shown = table(found, f"Matches of {config['label']} by score").rows[1:]
        assert shown == [[f"{5 * at} to {5 * at + 5}", str(n)] for at, n in enumerate(steps) if n]


@long
def test_the_best_visitors_are_those_of_the_rows(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT, "--out", "m.jsonl", "--with-line", "--carry", "country")
    rows = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text("utf-8").splitlines()]
    matching = sorted((it for it in rows if it["icp_match"]), key=lambda it: -it["icp_score"])
    labels = {it["slug"]: it["label"] for it in report(tmp_path, FLAT)["configs"]}
    shown = table(found, "Visitors with the highest scores").rows
    assert shown[0] == ["Visitor", "Score", "ICP", "Why", "Company", "Title", "Country", "Line"]
    assert [[it[0].split()[0], *it[1:3], *it[6:]] for it in shown[1:]] == [
        [
            it["id"],
            f"{it['icp_score']:.2f}",
            labels[it["icp"]],
            it["country"] or "",
            f"{it['source']}:{it['line']}",
        ]
        for it in matching
    ]
    for cells, row in zip(shown[1:], matching, strict=True):
        for match in row["matches"][1:]:
            assert f"also {labels[match['config']]}, {match['score']:.2f}:" in cells[3]
    assert shown[1][3].startswith("viewed /blog/ and /docs/; had at least 4 sessions (6); was last")


@long
def test_breakdowns_are_those_of_stats(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT)
    for name, heading in (
        ("industry", "industry"),
        ("country", "country"),
        ("utm_source", "source"),
    ):
        expected = report(tmp_path, FLAT, "--by", name, command="stats")["by"]["values"]
        assert table(found, f"Visitors and matches by {heading}").rows[1:] == [
            [
                "not known" if it["value"] is None else it["value"],
                f"{it['visitors']:,}",
                f"{it['matched']:,}",
                percent(it["matchRate"]),
            ]
            for it in expected
        ]


@long
def test_a_period_is_that_of_stats(tmp_path: Path) -> None:
    period = [FLAT, "--from", "2026-11-01", "--to", "2026-11-20"]
    found = page(tmp_path, *period, command="stats")
    expected = report(tmp_path, *period, command="stats")
    assert found.headlines["Visitors"] == f"{expected['visitors']:,}"
    assert found.headlines["Average score"].startswith(f"{expected['averageScore']:.2f}")
    assert [row[:3] for row in table(found, "Visitors and matches by day").rows[1:]] == [
        [it["date"], str(it["visitors"]), str(it["matched"])] for it in expected["days"]
    ]
    assert [row[2] for row in table(found, "Configs in").rows[1:]] == [
        str(it["matched"]) for it in expected["configs"]
    ]
    assert "Funnels" not in found.headings


@long
@pytest.mark.parametrize("command", ["score", "insight"])
def test_losses_are_those_of_insight(tmp_path: Path, command: str) -> None:
    found, expected = (
        page(tmp_path, FLAT, command=command),
        report(tmp_path, FLAT, command="insight"),
    )
    overlap = table(found, "Visitors that match both").rows
    assert [[int(it) for it in row[1:]] for row in overlap[1:]] == expected["overlap"]
    conditions = [
        it for config in expected["configs"] for g in config["groups"] for it in g["conditions"]
    ]
    near = sorted((it["nearMisses"] for it in conditions if it["nearMisses"]), reverse=True)
    assert [int(row[2]) for row in table(found, "Near misses").rows[1:]] == near[:30]
    lefts = [it["left"] for it in conditions if it["left"] is not None]
    funnels = [it for it in found.tables if it.caption.startswith("Funnel of")]
    steps = [int(r[1]) for it in funnels for r in it.rows[1:] if r[0] != "All visitors"]
    assert steps == lefts
    gains = [
        it for it in found.tables if it.caption.startswith("What relaxed conditions would gain")
    ]
    best = max(gain["gain"] for it in conditions for gain in it["gains"])
    assert [int(it.rows[1][2]) for it in gains] == ([best] if command == "insight" else [])


@long
def test_markdown_has_the_tables_of_the_page(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT, DIRTY)
    assert run("score", FLAT, DIRTY, "--report", "r.md", cwd=tmp_path).code == 1
    tables = read_markdown((tmp_path / "r.md").read_text("utf-8"))
    assert {name: f"{value} {remark}".strip() for name, value, remark in tables[0][1:]} == (
        found.headlines
    )
    as_page = [[[_flat(cell) for cell in row] for row in it.rows[:51]] for it in found.tables]
    assert [[[_flat(cell) for cell in row] for row in it] for it in tables[1:]] == as_page


def _flat(cell: str) -> str:
    """A cell without what Markdown has in addition: brackets around what is smaller, escapes."""
    return re.sub(r"[()\s\\]", "", cell)


def test_the_page_asks_for_nothing(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT)
    rules = dict(it.strip().split(" ", 1) for it in found.policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": _hashes(found.styles),
        "script-src": _hashes(found.scripts),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(found.styles) == 1
    for _, name, value in found.attributes:
        assert name not in ("src", "srcset", "style", "action")
        assert not name.startswith("on")
        assert name != "href" or str(value).startswith(("#", "mailto:", "https://www.linkedin."))
    assert "Permission to use, copy, modify" in found.scripts[0]
    assert "Copyright 2020-2025 Observable" in found.scripts[1]


def _hashes(texts: list[str]) -> str:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return " ".join(f"'sha256-{base64.b64encode(it).decode()}'" for it in digests)


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "\"' onmouseover='window.hacked = 1",
    "<img src=x onerror=window.hacked=1>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066\u200f",
    "| a | b |\n|---|---|\n# [x](javascript:alert(1)) ![y](https://example.com/z.png) `c` @team",
    "&lt;b&gt; &#64;team \\| *a* _b_ ~~c~~ $d$",
    "x" * 10_000,
    "\x00\x07\x1b[31m",
]


def hostile(folder: Path) -> tuple[Path, Path]:
    """Configs and an export in which every text is hostile."""
    configs = folder / "configs"
    configs.mkdir()
    for number, text in enumerate(HOSTILE):
        rules = {"type": "industry", "comparator": "in", "value": [text, "all"]}
        body = {
            "label": text.replace("\x00", "")[:5000] or "?",
            "rules": {"groups": [{"operator": "AND", "conditions": [rules]}]},
        }
        (configs / f"c{number}.json").write_text(json.dumps(body))
    visitors = folder / "<b onclick=x>.jsonl"
    with visitors.open("w") as file:
        for number, text in enumerate(HOSTILE):
            record = {"id": text, "company_size": text, "last_seen": f"2026-11-{number + 1:02}"}
            texts = ("industry", "country", "job_title", "domain", "utm_source")
            file.write(json.dumps(record | dict.fromkeys(texts, text)) + "\n")
        file.write("<script>\n")
    return configs, visitors


def test_hostile_text_is_text(tmp_path: Path) -> None:
    configs, visitors = hostile(tmp_path)
    title = "<script>window.hacked = 1</script>"
    found = page(tmp_path, visitors, "--report-title", title, configs=configs)
    assert found.headings[0] == title
    assert len(found.scripts) == 3
    assert not any(name.startswith("on") for _, name, _ in found.attributes)
    shown = {row[0] for row in table(found, "Visitors with the highest").rows[1:]}
    assert HOSTILE[0] in shown
    assert "\\u202egnp.exe\\u2066\\u200f" in shown
    text = (tmp_path / "r.html").read_text("utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", text)
    assert "x" * 201 not in text


def test_hostile_text_in_markdown(tmp_path: Path) -> None:
    configs, visitors = hostile(tmp_path)
    assert run("score", visitors, "--report", "r.md", cwd=tmp_path, configs=configs).code == 1
    text = (tmp_path / "r.md").read_text("utf-8")
    assert not re.search(r"(?<!\\)<(?!br>)", re.sub(r"(`+) .*? \1", "", text))
    tables = read_markdown(text)
    widths = [{len(row) for row in it} for it in tables]
    assert all(len(it) == 1 for it in widths)
    assert HOSTILE[0] in {row[0] for row in tables[-3]} | {row[0] for it in tables for row in it}


@pytest.mark.parametrize(
    ("label", "heading", "cell"),
    [
        ("C #", r"C \#", r"C \#"),
        ("see #12", "` see #12 `", "` see #12 (x) `"),
        ("GH-13", "` GH-13 `", "` GH-13 (x) `"),
        (":tada:", "` :tada: `", "` :tada: (x) `"),
        ("a|b@x", "` a|b@x `", r"` a\|b@x (x) `"),
        ("12:00:00", "12:00:00", "12:00:00 (x)"),
    ],
)
def test_markdown_links_nothing(tmp_path: Path, label: str, heading: str, cell: str) -> None:
    (tmp_path / "configs").mkdir()
    exists = {"type": "industry", "comparator": "exists"}
    body = {"label": label, "rules": {"groups": [{"operator": "AND", "conditions": [exists]}]}}
    (tmp_path / "configs" / "x.json").write_text(json.dumps(body))
    (tmp_path / "v.jsonl").write_text('{"industry": "SaaS"}\n')
    args = ["v.jsonl", "--report", "r.md"]
    assert run("score", *args, cwd=tmp_path, configs=tmp_path / "configs").code == 0
    lines = (tmp_path / "r.md").read_text("utf-8").splitlines()
    assert f"### {heading}" in lines
    assert any(line.startswith(f"| {cell}") for line in lines)


def test_a_label_from_right_to_left_turns_no_sentence(tmp_path: Path) -> None:
    label = "\u05e9\u05dc\u05d5\u05dd"
    (tmp_path / "configs").mkdir()
    one = {"type": "industry", "comparator": "equals", "value": "SaaS"}
    groups = [{"operator": "AND", "conditions": [one]}] * 2
    for slug, name in (("a", "first"), ("b", label)):
        body = {"label": name, "rules": {"groups": groups}}
        (tmp_path / "configs" / f"{slug}.json").write_text(json.dumps(body))
    (tmp_path / "v.jsonl").write_text('{"id": 1, "industry": "SaaS"}\n')
    page(tmp_path, "v.jsonl", configs=tmp_path / "configs")
    text = (tmp_path / "r.html").read_text("utf-8")
    whole = f"\u2068{label}\u2069"
    for sentence in ("{}, group 1 of 2", "{}: is never the ICP", "also {}, 100.00:"):
        assert sentence.format(whole) in text
        assert sentence.format(label) not in text


@long
@pytest.mark.parametrize("title", [" ", "  "])
def test_a_blank_title_is_none(tmp_path: Path, title: str) -> None:
    found = page(tmp_path, FLAT, "--report-title", title)
    assert found.headings[0] == "Which visitors match"


def test_a_lone_visitor(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": 1, "industry": "SaaS", "company_size": 900}\n')
    page(tmp_path, "v.jsonl")
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "The only visitor that matches, with the conditions they meet." in text


def test_no_visitors(tmp_path: Path) -> None:
    for name in ("r.html", "r.md"):
        args = [FLAT, DIRTY, "--no-visitors", "--report", name]
        assert run("score", *args, cwd=tmp_path).code == 1
        text = (tmp_path / name).read_text("utf-8")
        assert "Top visitors" not in text
        assert not re.search(r"\bv[0-9]{3}\b", text)
        assert '"lots"' not in text
        assert "northwind-analytics" not in re.sub(r"domain is [^<|]*", "", text)


def test_no_visitors_in_what_it_would_gain(tmp_path: Path) -> None:
    configs = tmp_path / "configs"
    configs.mkdir()
    listed = {"type": "linkedin_url", "comparator": "in", "value": ["https://example.com/in/jo-do"]}
    body = {"label": "x", "rules": {"groups": [{"operator": "AND", "conditions": [listed]}]}}
    (configs / "x.json").write_text(json.dumps(body))
    (tmp_path / "v.jsonl").write_text('{"linkedin_url": "https://example.com/in/jo-doe"}\n')
    for options, is_shown in (([], True), (["--no-visitors"], False)):
        args = ["v.jsonl", "--report", "r.html", *options]
        assert run("insight", *args, cwd=tmp_path, configs=configs).code == 0
        assert ("/in/jo-doe" in (tmp_path / "r.html").read_text("utf-8")) is is_shown


def test_it_says_how_it_was_made(tmp_path: Path) -> None:
    found = page(tmp_path, FLAT, VISITORS / "webhooks.jsonl")
    assert table(found, "Input files").rows[1:] == [
        [str(FLAT), f"{FLAT.stat().st_size:,}", "flat visitors, or visitor, company and session"],
        [
            str(VISITORS / "webhooks.jsonl"),
            f"{(VISITORS / 'webhooks.jsonl').stat().st_size:,}",
            "Bullseye webhook",
        ],
    ]
    listed = json.loads(
        icpctl("list", "--active", "--dir", CONFIGS, "-o", "json", cwd=tmp_path).out
    )
    hashes = table(found, "Configs, and the first 16").rows[1:]
    assert hashes == [[it["slug"], it["etag"]] for it in listed]
    assert "As of 2026-11-23 12:00:00 UTC" in (tmp_path / "r.html").read_text("utf-8")


@long
def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        run("score", FLAT, "--report", name, cwd=tmp_path)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@long
def test_its_size_does_not_grow_with_the_visitors(tmp_path: Path) -> None:
    lines = FLAT.read_text("utf-8")
    sizes = []
    for times in (8, 40):
        (tmp_path / "v.jsonl").write_text(lines * times)
        found = page(tmp_path, "v.jsonl")
        assert len(table(found, "Visitors with the highest").rows) == 1001
        sizes.append((tmp_path / "r.html").stat().st_size)
    assert sizes[1] < 1.1 * sizes[0]
    run("score", FLAT, "--no-visitors", "--report", "r.html", cwd=tmp_path)
    assert (tmp_path / "r.html").stat().st_size < 1_000_000


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "\n\n",
        '{"id": 1}\n',
        '{"id": null, "last_seen": "soon", "company_size": "lots"}\n',
        "x\n",
    ],
    ids=["empty", "blank", "no match", "no fields", "rejected"],
)
def test_little_input(tmp_path: Path, lines: str) -> None:
    (tmp_path / "v.jsonl").write_text(lines)
    found = page(tmp_path, "v.jsonl")
    assert found.headlines["Matches"].startswith("0 ")
    assert run("score", "v.jsonl", "--report", "r.md", cwd=tmp_path).code in (0, 1)


def test_what_there_is_has_a_bar(tmp_path: Path) -> None:
    lines = ['{"industry": "SaaS", "company_size": 900}', *['{"industry": "SaaS"}'] * 999]
    (tmp_path / "v.jsonl").write_text("\n".join([*lines, '{"industry": "Banking"}']))
    page(tmp_path, "v.jsonl")
    text = (tmp_path / "r.html").read_text("utf-8")
    [rows] = re.findall(r'<section id="breakdowns".*?</tbody>', text, re.S)
    assert re.findall(r'width="([\d.]+)"', rows) == ["100.00", "1.00", "1.00", "0.00"]


def test_days_without_end(tmp_path: Path) -> None:
    days = ["0001-01-01", "1969-12-31", "2026-11-23", "9999-12-31", "2026-11-23"]
    lines = [json.dumps({"id": day, "last_seen": f"{day}T00:00:00Z"}) for day in days]
    (tmp_path / "v.jsonl").write_text("\n".join(lines))
    rows = table(page(tmp_path, "v.jsonl"), "Visitors and matches by year").rows[1:]
    assert [row[1] for row in rows] == ["1", "1", "2", "1"]


def test_company_sizes(tmp_path: Path) -> None:
    sizes = [
        1,
        10,
        11,
        "51-200",
        "51\u2013200",
        "1-500",
        "10,001+",
        10_001,
        0,
        "lots",
        None,
        [5],
        "1,000",
    ]
    lines = [json.dumps({"id": 1, "company_size": it}) for it in sizes]
    lines.append(json.dumps({"id": 1, "employee_size_range": "201-500"}))
    (tmp_path / "v.jsonl").write_text("\n".join(lines))
    rows = table(page(tmp_path, "v.jsonl"), "Visitors and matches by company size").rows[1:]
    assert {row[0]: int(row[1]) for row in rows} == {
        "1-10": 2,
        "11-50": 1,
        "51-200": 2,
        "201-500": 1,
        "501-1,000": 1,
        "10,001+": 2,
        "other ranges": 1,
        "not known": 4,
    }


def test_very_long_values_are_not_kept(tmp_path: Path) -> None:
    values = ["SaaS", "SaaS", "x" * 600, "y" * 600]
    (tmp_path / "v.jsonl").write_text("\n".join(json.dumps({"industry": it}) for it in values))
    found = page(tmp_path, "v.jsonl")
    rows = table(found, "Visitors and matches by industry").rows[1:]
    assert rows == [["SaaS", "2", "0", "0.0 %"]]
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "By industry; 2 visitors with rare or very long values are in none." in text


@pytest.mark.parametrize("command", ["score", "stats", "insight"])
def test_what_cannot_be_written(tmp_path: Path, command: str) -> None:
    (tmp_path / "v.md").write_text('{"id": 1}\n')
    ended = run(command, "v.md", "--report", "v.md", cwd=tmp_path)
    assert (ended.code, (tmp_path / "v.md").read_text()) == (2, '{"id": 1}\n')
    assert "v.md: error: this file is already being read or written" in ended.err
    ended = run(command, FLAT, "--report", "gone/r.html", cwd=tmp_path)
    assert ended.code == 2
    assert "gone/r.html: error: cannot write it" in ended.err
    ended = run(command, FLAT, "--report", "r.pdf", cwd=tmp_path)
    assert ended.code == 2
    assert "r.pdf: error: the extension of the report does not say its format" in ended.err
    for option in (["--no-visitors"], ["--report-title", "x"]):
        ended = run(command, FLAT, *option, cwd=tmp_path)
        assert ended.code == 2
        assert f"error: {option[0]} needs --report" in ended.err
    assert sorted(it.name for it in tmp_path.iterdir()) == ["v.md"]


def test_one_file_for_two_things(tmp_path: Path) -> None:
    args = [FLAT, "--report", "r.md", "--rejects", "r.md"]
    ended = run("score", *args, cwd=tmp_path)
    assert ended.code == 2
    assert "r.md: error: this file is already being read or written" in ended.err
    assert not (tmp_path / "r.md").exists()


def test_a_run_that_fails_leaves_the_old_report(tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("old")
    assert run("score", "nothing.jsonl", "--report", "r.html", cwd=tmp_path).code == 2
    assert (tmp_path / "r.html").read_text() == "old"


def test_a_record_too_large_to_explain(tmp_path: Path) -> None:
    record = {"id": "big", "industry": "SaaS", "company_size": 900, "job_title": "x" * 100_000}
    (tmp_path / "v.jsonl").write_text(json.dumps(record))
    rows = table(page(tmp_path, "v.jsonl"), "Visitors with the highest").rows
    assert rows[1][0] == "big"
    assert rows[1][3] == "the record is too large to show"


def test_the_scripts_are_those_that_are_noted() -> None:
    vendor = ROOT / "icpctl" / "features" / "report" / "pages" / "vendor"
    noted = re.findall(
        r"^\| `(.*?)` \| `(.*?)`, .*? \| (.*?) \|", (vendor / "README.md").read_text(), re.M
    )
    assert sorted(file for file, _, _ in noted) == sorted(it.name for it in vendor.glob("*.js"))
    for file, _, version in noted:
        assert f" v{version} Copyright" in (vendor / file).read_text("utf-8")[:200]
