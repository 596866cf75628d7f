"""The page of a report in a browser: drawn, quiet, usable, accessible, and fit to print.

Skipped where there is no browser, unless ICPCTL_BROWSER is set; ICPCTL_AXE names axe-core's script.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import Browser, browser, missing
from tests.features.report.test_command import AS_OF, hostile
from tests.process import ROOT, icpctl

if TYPE_CHECKING:
    from collections.abc import Iterator

reason = None if os.environ.get("ICPCTL_BROWSER") else missing()
pytestmark = pytest.mark.skipif(reason is not None, reason=str(reason))

AXE = os.environ.get("ICPCTL_AXE", "")
WIDTHS = {"desktop": 1200, "phone": 360}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the samples."""
    folder = tmp_path_factory.mktemp("sample")
    visitors = [ROOT / "sample_visitors", ROOT / "sample_visitors/_broken/dirty.jsonl"]
    configs = ROOT / "sample_configs"
    args = ["--dir", configs, "--as-of", AS_OF, "--report", "r.html"]
    assert icpctl("insight", *visitors, *args, cwd=folder).code == 1
    return folder / "r.html"


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an export and of configs whose texts are hostile."""
    folder = tmp_path_factory.mktemp("nasty")
    configs, visitors = hostile(folder)
    args = ["--dir", configs, "--as-of", AS_OF, "--report", "r.html", "--report-title", "x" * 5000]
    assert icpctl("score", visitors, *args, cwd=folder).code == 1
    return folder / "r.html"


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of what changed configs do to the samples."""
    folder = tmp_path_factory.mktemp("change")
    for name in ("old", "new"):
        shutil.copytree(ROOT / "sample_configs", folder / name)
    next((folder / "new").glob("existing-champions.*")).unlink()
    changed = folder / "new/enterprise-saas.yaml"
    changed.write_text(changed.read_text("utf-8").replace("value: 500", "value: 800"), "utf-8")
    visitors = [ROOT / "sample_visitors", ROOT / "sample_visitors/_broken/dirty.jsonl"]
    args = ["--base-dir", "old", "--dir", "new", "--as-of", AS_OF, "--report", "r.html"]
    assert icpctl("impact", *visitors, *args, "--fail-on", "lost>1", cwd=folder).code == 1
    return folder / "r.html"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of what became of visitors."""
    folder = tmp_path_factory.mktemp("outcomes")
    sample = ROOT / "sample_visitors/_outcomes"
    args = ["--dir", ROOT / "sample_configs", "--as-of", AS_OF, "--report", "r.html"]
    won = ["--won", sample / "deals.csv"]
    assert icpctl("outcomes", sample / "visitors.jsonl", *won, *args, cwd=folder).code == 0
    return folder / "r.html"


PAGES = ["sample", "nasty", "change", "outcomes"]


@pytest.fixture(params=PAGES)
def one(request: pytest.FixtureRequest) -> Path:
    """Each of the reports."""
    found: Path = request.getfixturevalue(request.param)
    return found


def errors(chromium: Browser) -> list[str]:
    return [it["message"] for it in chromium.logs("browser")]


def test_it_opens_without_an_error_or_a_request(chromium: Browser, one: Path) -> None:
    chromium.open(one)
    assert errors(chromium) == []
    assert chromium.requested() == [one.as_uri()]


def test_the_policy_holds(chromium: Browser, sample: Path) -> None:
    chromium.open(sample)
    refused = chromium.run(
        """
        const refused = [];
        addEventListener("securitypolicyviolation", (it) => refused.push(it.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        const image = document.createElement("img");
        image.src = "https://example.com/x.png";
        document.body.append(script, image);
        document.body.setAttribute("style", "color: red");
        return fetch("https://example.com").then(() => null, () => new Promise((done) => {
          setTimeout(() => done(refused.sort()), 100);
        }));
        """
    )
    assert refused == ["connect-src", "img-src", "script-src-elem", "style-src-attr"]
    assert chromium.run("return window.ran") is None
    assert all("Content Security Policy" in it for it in errors(chromium))


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_chart_has_marks(chromium: Browser, sample: Path, width: int, dark: bool) -> None:
    chromium.open(sample, width=width, dark=dark)
    charts = chromium.run(
        """
        return [...document.querySelectorAll(".chart")].map((chart) => ({
          words: chart.getAttribute("aria-label"),
          marks: [...chart.querySelectorAll("[aria-label=rect] rect")]
            .filter((it) => it.getBBox().height > 0).length,
          fits: chart.querySelector("svg").getBoundingClientRect().right <= innerWidth,
        }));
        """
    )
    assert len(charts) == 7
    for chart in charts:
        assert chart["marks"] > 0, chart
        assert chart["fits"], chart
        assert len(chart["words"]) > 40


def column(chromium: Browser, number: int) -> list[str]:
    script = """
        const rows = document.querySelectorAll(".searchable tbody tr");
        return [...rows].map((row) => row.cells[arguments[0]].textContent.trim());
    """
    return chromium.run(script, number)


def test_the_table_sorts(chromium: Browser, sample: Path) -> None:
    chromium.open(sample)
    press = "document.querySelectorAll('.searchable thead button')[arguments[0]].click()"
    ways = """
        const heads = document.querySelectorAll(".searchable thead th");
        return [...heads].map((it) => it.getAttribute("aria-sort"));
    """
    assert chromium.run(ways) == [None, "descending", *[None] * 6]
    chromium.run("document.querySelector('.more button').click()")
    scores = [float(it) for it in column(chromium, 1)]
    assert len(scores) > 150
    assert scores == sorted(scores, reverse=True)
    chromium.run(press, 1)
    assert [float(it) for it in column(chromium, 1)] == sorted(scores)
    assert chromium.run(ways)[1] == "ascending"
    chromium.run(press, 0)
    assert chromium.run(ways)[:2] == ["ascending", None]
    names = [name.partition("linkedin.com")[0] for name in column(chromium, 0)]
    assert names.index("v009") < names.index("v026") < names.index("v160")
    chromium.run(press, 6)
    known = [it for it in column(chromium, 6) if it]
    assert known == sorted(known, key=str.casefold)
    assert column(chromium, 6)[: len(known)] == known


def test_the_table_is_searched_from_the_keyboard(chromium: Browser, sample: Path) -> None:
    from selenium.webdriver.common.by import By

    chromium.open(sample)
    assert len(column(chromium, 0)) == 50
    field = chromium.driver.find_element(By.CSS_SELECTOR, "input[type=search]")
    field.send_keys("maschinenbau  bayern")
    rows = chromium.run(
        "return [...document.querySelectorAll('.searchable tbody tr')].map(it => it.textContent)"
    )
    assert rows
    assert all("maschinenbau" in it.lower() and "bayern" in it.lower() for it in rows)
    found = chromium.run("return document.querySelector('.found').textContent")
    assert found.startswith(f"{len(rows)} of ")
    field.send_keys("nothing such")
    assert column(chromium, 0) == []


def test_the_whole_table_is_shown_from_the_keyboard(chromium: Browser, sample: Path) -> None:
    chromium.open(sample)
    chromium.run("document.querySelector('.more button').focus()")
    chromium.driver.switch_to.active_element.send_keys("\ue007")
    names = column(chromium, 0)
    assert len(names) > 150
    assert chromium.run("return document.activeElement.textContent.trim()") == names[50]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("days", [[1], [1, 2, 2], [1, 2, 2, 4, 4, 4, 4]], ids=str)
def test_a_few_visitors_are_counted_whole_by_whole_days(
    chromium: Browser, tmp_path: Path, days: list[int], width: int
) -> None:
    lines = [
        json.dumps(
            {"id": 1, "industry": "SaaS", "company_size": 900, "last_seen": f"2026-11-{it:02}"}
        )
        for it in days
    ]
    (tmp_path / "v.jsonl").write_text("\n".join(lines))
    args = ["--dir", ROOT / "sample_configs", "--as-of", AS_OF, "--report", "r.html"]
    assert icpctl("score", "v.jsonl", *args, cwd=tmp_path).code == 0
    chromium.open(tmp_path / "r.html", width=width)
    ticks = """
        const texts = document.querySelectorAll(`.chart [aria-label="${arguments[0]}"] text`);
        return [...texts].map((it) => it.textContent);
    """
    assert all(it.isdigit() for it in chromium.run(ticks, "y-axis tick label"))
    assert not any("M" in it for it in chromium.run(ticks, "x-axis tick label"))
    found = chromium.run("return document.querySelector('.found').textContent")
    assert found == f"{len(days)} visitor{'s' * (len(days) > 1)}"


SPLIT = """
    const range = document.createRange();
    const split = [];
    for (const it of document.querySelectorAll(arguments[0])) {
      for (const word of (it.firstChild?.textContent ?? "").matchAll(/\\S+/g)) {
        const text = it.firstChild.firstChild ?? it.firstChild;
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (range.getClientRects().length > 1) split.push(word[0]);
      }
    }
    return split;
"""


@pytest.mark.parametrize("width", [1200, 800, 360])
def test_large_numbers_are_not_split(chromium: Browser, sample: Path, width: int) -> None:
    chromium.open(sample, width=width)
    chromium.run(
        "for (const it of document.querySelectorAll('dd')) it.firstChild.data = '123,456,789'"
    )
    assert chromium.run(SPLIT, "dd") == []
    assert chromium.run("return document.documentElement.scrollWidth") <= width
    chromium.on_paper(width=690)
    assert chromium.run(SPLIT, "dd") == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_short_words_are_not_split(chromium: Browser, change: Path, width: int) -> None:
    chromium.open(change, width=width)
    cells = "#configs td:nth-child(2), #samples td:nth-child(2), #bounds td:nth-child(2)"
    assert chromium.run(SPLIT, cells) == []


def test_a_phone_shows_breakdowns_whole(chromium: Browser, sample: Path) -> None:
    chromium.open(sample, width=WIDTHS["phone"])
    cut = """
        const tables = [...document.querySelectorAll("#breakdowns .scroll")];
        return tables.filter((it) => it.scrollWidth > it.clientWidth).length;
    """
    assert chromium.run(cut) == 0
    assert [it for it in chromium.run(SPLIT, "#breakdowns tbody th") if len(it) < 12] == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_legend_stands_where_its_bars_do(chromium: Browser, sample: Path, width: int) -> None:
    chromium.open(sample, width=width)
    lone = """
        const isSeen = (it) => it.getClientRects().length > 0;
        const sections = [...document.querySelectorAll("section:has(.legend):has(.bar)")];
        return sections.filter((it) =>
          isSeen(it.querySelector(".legend")) !== isSeen(it.querySelector(".bar"))
        ).map((it) => it.id);
    """
    assert chromium.run(lone) == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_hostile_text_neither_runs_nor_breaks_the_page(
    chromium: Browser, nasty: Path, width: int
) -> None:
    chromium.open(nasty, width=width)
    assert errors(chromium) == []
    assert chromium.run("return window.hacked") is None
    assert chromium.requested() == [nasty.as_uri()]
    assert chromium.run("return document.documentElement.scrollWidth") <= width
    assert chromium.run("return document.querySelectorAll('img, iframe, object').length") == 0


def test_piled_up_accents_stay_with_their_letter(chromium: Browser, tmp_path: Path) -> None:
    known = {"industry": "SaaS", "company_size": 900}
    pile = {"id": "a" + 150 * "\u0301", "job_title": "VP" + 150 * "\u0301"}
    (tmp_path / "v.jsonl").write_text("\n".join(map(json.dumps, [known, known | pile])))
    args = ["--dir", ROOT / "sample_configs", "--as-of", AS_OF, "--report", "r.html"]
    assert icpctl("score", "v.jsonl", *args, cwd=tmp_path).code == 0
    chromium.open(tmp_path / "r.html")
    heads = ".searchable thead"
    piled = chromium.picture(heads)
    cells = ".searchable tbody th, .searchable tbody td:nth-child(6)"
    chromium.run(
        "for (const it of document.querySelectorAll(arguments[0])) {"
        "  it.firstElementChild.textContent = it.textContent.replaceAll('\u0301', ''); }",
        cells,
    )
    assert chromium.picture(heads) == piled


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_it_fits(chromium: Browser, one: Path, width: int) -> None:
    chromium.open(one, width=width)
    assert chromium.run("return document.documentElement.scrollWidth") <= width


def test_it_prints(chromium: Browser, sample: Path) -> None:
    chromium.open(sample, dark=True)
    assert chromium.pdf().startswith(b"%PDF")
    chromium.on_paper(width=690)
    paper = chromium.run(
        """
        const all = (what) => [...document.querySelectorAll(what)];
        const hidden = (it) => getComputedStyle(it).display === "none";
        return {
          colour: getComputedStyle(document.body).backgroundColor,
          rows: all(".searchable tbody tr").filter((it) => !hidden(it)).length,
          width: document.documentElement.scrollWidth,
          cut: all(".chart svg, table").filter((it) => {
            const box = it.getBoundingClientRect();
            return box.width > 0 && box.right > innerWidth + 1;
          }).length,
          breaks: all(".block:has(.chart)").map((it) => getComputedStyle(it).breakInside),
        };
        """
    )
    assert paper["colour"] == "rgb(255, 255, 255)"
    assert paper["rows"] == 50
    assert (paper["cut"], paper["width"]) == (0, 690)
    assert set(paper["breaks"]) == {"avoid"}


@pytest.mark.skipif(not AXE, reason="ICPCTL_AXE does not name the script of axe-core")
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_accessible(chromium: Browser, one: Path, width: int, dark: bool) -> None:
    chromium.open(one, width=width, dark=dark)
    chromium.run("document.querySelectorAll('details').forEach(it => { it.open = true; })")
    chromium.run(Path(AXE).read_text("utf-8"))
    found: dict[str, Any] = chromium.run("return axe.run(document, {resultTypes: ['violations']})")
    said = [
        (it["id"], it["help"], [node["html"][:200] for node in it["nodes"][:3]])
        for it in found["violations"]
    ]
    assert said == []
    assert len(found["passes"]) > 20
