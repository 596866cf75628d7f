"""`impact --report`: its figures are those of `-o json`, and text is text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.features.impact.test_command import write, write_visitors
from tests.features.report.pages import PageText, Table, read_markdown, read_page
from tests.features.report.test_command import HOSTILE
from tests.process import Ended, icpctl, unless_given

if TYPE_CHECKING:
    from pathlib import Path


def impact(cwd: Path, *args: str | Path) -> Ended:
    return icpctl(
        "impact",
        "v.jsonl",
        *unless_given(args, "--base-dir", "old", "--as-of", "2026-11-23"),
        *args,
        cwd=cwd,
    )


def page(cwd: Path, *args: str) -> PageText:
    ended = impact(cwd, "--report", "r.html", *args)
    assert ended.code in (0, 1), ended.err
    return read_page((cwd / "r.html").read_text("utf-8"))


def body(cwd: Path, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(impact(cwd, "-o", "json", *args).out)
    return found


def table(found: PageText, caption: str) -> Table:
    [one] = [it for it in found.tables if it.caption.startswith(caption)]
    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Visitors are gained, lost, moved and scored otherwise; some lines are bad."""
    rises = ("company_size gte 500", "company_size lt 9000")
    write(tmp_path / "old", "big", *rises, priority=1, label="Big & <b>bold</b>")
    write(tmp_path / "old", "rome", "city equals Rome", priority=2)
    write(tmp_path / "old", "off", "company_size equals 7", isActive=False)
    write(tmp_path / "old", "gone", "company_size gte 2", priority=9)
    rises = ("company_size gte 600", "company_size lt 8000")
    write(tmp_path / "icp_configs", "big", *rises, priority=3, label="Big & <b>bold</b>")
    score = {"type": "company_size", "comparator": "gte", "value": 600, "optional": True}
    file = write(tmp_path / "icp_configs", "rome", "city equals Rome", priority=2)
    text = json.loads(file.read_text())
    text["rules"]["groups"][0]["conditions"].append(score)
    file.write_text(json.dumps(text))
    write(tmp_path / "icp_configs", "off", "company_size equals 7", isActive=False)
    write(tmp_path / "icp_configs", "tiny", "company_size lt 5")
    write_visitors(tmp_path, *range(490, 700), 1, 2, 3, 7, 8, 8500, None)
    with (tmp_path / "v.jsonl").open("a") as file:
        file.write('{"id": "odd", "company_size": "lots"}\nno visitor\n')
    return tmp_path


def test_the_figures_are_those_of_the_json_report(folder: Path) -> None:
    found, expected = page(folder), body(folder)
    kinds = ["gained", "lost", "moved", "scoreChanged"]
    assert all(expected[kind] for kind in kinds)
    names = ["visitors", "matchedAfter", "matchedBefore", "rejected", *kinds]
    assert [text.split(" ")[0] for text in found.headlines.values()] == [
        f"{expected[name]:,}" for name in names
    ]
    share = expected["lost"] / expected["matchedBefore"]
    assert f"{100 * share:.1f} %" in found.headlines["Lost"]
    of_config = ["gained", "lost", "scoreChanged"]
    counts = ["matchedBefore", "matchedAfter", "firstBefore", "firstAfter", *of_config]
    assert table(found, "Configs that changed").rows[1:] == [
        [f"{it['label']} {it['slug']}", it["change"], *(f"{it[name]:,}" for name in counts)]
        for it in expected["configs"]
    ]
    causes: list[list[str]] = []
    for it in expected["configs"]:
        causes += [[_count(change[kind]) for kind in of_config] for change in it["changes"]]
        if any(it["together"].values()):
            causes.append([_count(it["together"][kind]) for kind in of_config])
    assert [row[2:] for row in table(found, "Changes, and").rows[1:]] == causes
    assert [row[1] for row in table(found, "Changes, and").rows[1:4]] == [
        "added: company size is at least 600 (optional)",
        "priority 1 -> 3",
        "company size is at least 500 -> at least 600",
    ]
    labels = {it["slug"]: it["label"] for it in expected["configs"]}
    assert [row[:3] for row in table(found, "Visitors that moved").rows[1:]] == [
        [*(f"{labels[it[side]]} {it[side]}" for side in ("from", "to")), f"{it['visitors']:,}"]
        for it in expected["moves"]
    ]


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def test_visitors_are_those_of_the_json_report(folder: Path) -> None:
    found, expected = page(folder), body(folder)
    labels = {None: ""} | {it["slug"]: it["label"] for it in expected["configs"]}
    words = {"gained": "gained", "lost": "lost", "moved": "moved", "scoreChanged": "score changed"}

    def rows(samples: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
        return [
            [
                it["id"],
                words[kind],
                f"{it['scoreBefore']:.2f}",
                f"{it['scoreAfter']:.2f}",
                labels[it["icpBefore"]],
                labels[it["icpAfter"]],
                f"{it['file']}:{it['line']}",
            ]
            for kind, them in samples.items()
            for it in them
        ]

    assert len(expected["configs"]) == 4
    for config in expected["configs"]:
        shown = table(found, f"Examples from {config['label']}").rows[1:]
        assert [[*it[:6], it[7]] for it in shown] == rows(config["samples"])
    moved = table(found, "Examples from another ICP").rows[1:]
    assert moved == rows({"moved": expected["samples"]["moved"]})


@pytest.mark.parametrize("options", [[], ["--no-visitors"], ["--fail-on", "lost>=1"]])
def test_markdown_has_the_tables_of_the_page(folder: Path, options: list[str]) -> None:
    found = page(folder, *options)
    assert impact(folder, "--report", "r.md", *options).code == 1
    heads, *tables = read_markdown((folder / "r.md").read_text("utf-8"))
    assert {name: f"{value} {remark}".strip() for name, value, remark in heads[1:]} == (
        found.headlines
    )
    as_page = [[[_flat(cell) for cell in row] for row in it.rows] for it in found.tables]
    assert [[[_flat(cell) for cell in row] for row in it] for it in tables] == as_page


def _flat(cell: str) -> str:
    return re.sub(r"[()\s]", "", cell)


def test_bounds(folder: Path) -> None:
    found = page(folder, "--fail-on", "lost>50%", "--fail-on", "gained>=1")
    rows = table(found, "Bounds of --fail-on").rows[1:]
    expected = [
        (it["bound"], it["reached"])
        for it in body(folder, "--fail-on", "lost>50%", "--fail-on", "gained>=1")["failOn"]
    ]
    assert [(row[0], row[1] == "reached") for row in rows] == expected


def test_no_visitors(folder: Path) -> None:
    for name in ("r.html", "r.md"):
        assert re.search(r"v1\b", _written(folder, name))
        text = _written(folder, name, "--no-visitors")
        assert not re.search(r"\bv[0-9]+\b", text)
        assert "lots" not in text
        assert "v.jsonl" in text


def _written(folder: Path, name: str, *options: str) -> str:
    assert impact(folder, "--report", name, *options).code == 1
    return (folder / name).read_text("utf-8")


def test_it_says_how_it_was_made(folder: Path) -> None:
    found = page(folder, "--report-title", "A & B")
    assert found.headings[0] == "A & B"
    sides = [
        {
            it["slug"]: it["etag"]
            for it in json.loads(icpctl("list", "--dir", name, "-o", "json", cwd=folder).out)
        }
        for name in ("old", "icp_configs")
    ]
    assert {row[0]: row[1:] for row in table(found, "Configs, and the first 16").rows[1:]} == {
        slug: [side.get(slug, "") for side in sides] for slug in sides[0] | sides[1]
    }
    text = (folder / "r.html").read_text("utf-8")
    assert "As of 2026-11-23 00:00:00 UTC; compared with old" in text
    assert len(text) < 100_000


def test_nothing_changed(folder: Path) -> None:
    ended = impact(folder, "--dir", "old", "--report", "r.html")
    assert ended.code == 1
    found = read_page((folder / "r.html").read_text("utf-8"))
    assert found.headlines["Lost"].startswith("0 ")
    assert "No config changed in a way that can change a verdict." in (folder / "r.html").read_text(
        "utf-8"
    )


def test_hostile_text_is_text(tmp_path: Path) -> None:
    for number, text in enumerate(HOSTILE):
        label = text.replace("\x00", "")[:5000]
        file = write(tmp_path / "icp_configs", f"c{number}", "industry equals x", label=label)
        content = json.loads(file.read_text())
        content["rules"]["groups"][0]["conditions"][0]["value"] = text.replace("\x00", "")
        file.write_text(json.dumps(content))
    (tmp_path / "old").mkdir()
    lines = [json.dumps({"id": it, "industry": it.replace("\x00", "")}) for it in HOSTILE]
    (tmp_path / "v.jsonl").write_text("\n".join(lines))
    found = page(tmp_path, "--report-title", HOSTILE[1])
    assert found.headings[0] == HOSTILE[1]
    assert len(found.scripts) == 1
    assert not any(name.startswith("on") for _, name, _ in found.attributes)
    text = (tmp_path / "r.html").read_text("utf-8")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", text)
    assert "x" * 201 not in text
    assert impact(tmp_path, "--report", "r.md").code == 0
    for rows in read_markdown((tmp_path / "r.md").read_text("utf-8")):
        assert len({len(row) for row in rows}) == 1


def test_what_cannot_be_written(folder: Path) -> None:
    (folder / "v.md").write_bytes((folder / "v.jsonl").read_bytes())
    args = ["v.md", "--base-dir", "old"]
    for name, message in {
        "v.md": "v.md: error: this file is already being read or written",
        "gone/r.html": "gone/r.html: error: cannot write it",
        "r.pdf": "r.pdf: error: the extension of the report does not say its format",
    }.items():
        ended = icpctl("impact", *args, "--report", name, cwd=folder)
        assert ended.code == 2
        assert message in ended.err
    ended = icpctl("impact", *args, "--no-visitors", cwd=folder)
    assert ended.code == 2
    assert (folder / "v.md").read_bytes() == (folder / "v.jsonl").read_bytes()
    assert not list(folder.glob("r.*"))
