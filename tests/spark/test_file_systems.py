"""Files that are not on this machine's disks, but where Spark has a connector for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.errors import IcpctlError, Location
from icpctl.spark.inputs.file_systems import FileSystems
from icpctl.spark.run import Folders, score
from tests.exports.torture import CONFIGS, gzipped, visitor
from tests.process import ROOT
from tests.spark.engine import (
    elsewhere,
    lines_in,
    models,
    on_one_machine,
    on_spark,
    options,
    spark,
    text,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder, and Spark's name for it."""
    folder = tmp_path_factory.mktemp("lake") / "exports"
    folder.mkdir()
    lines = b"".join(visitor(f"v{number}", padding="x" * 900) + b"\n" for number in range(3000))
    (folder / "a long one.jsonl").write_bytes(lines)
    (folder / "b.jsonl.gz").write_bytes(gzipped(b"{\n" + lines))
    rows = [{"id": f"p{number}", "industry": "SaaS"} for number in range(300)]
    parquet.write_table(pa.Table.from_pylist(rows), folder / "c.parquet")
    webhooks = ROOT / "tests" / "fixtures" / "exports" / "rb2b_webhook.jsonl"
    (folder / "d[1].jsonl").write_bytes(webhooks.read_bytes())
    (folder / ".hidden.jsonl").write_bytes(b"no")
    (folder / "README.md").write_bytes(b"no")
    return folder, elsewhere(folder)


NAMES = {
    "a folder": ["{}"],
    "a folder with a slash": ["{}/"],
    "files": ["{}/d[1].jsonl", "{}/a long one.jsonl"],
    "globs": ["{}/*.jsonl", "{}/b*"],
    "twice": ["{}/c.parquet", "{}/c.*"],
}


@pytest.mark.parametrize("kind", NAMES)
def test_elsewhere(exports: tuple[Path, str], kind: str) -> None:
    folder, lake = exports
    found = on_spark(CONFIGS, [name.format(lake) for name in NAMES[kind]])
    expected = on_one_machine(CONFIGS, [name.format(folder) for name in NAMES[kind]])
    assert text(found) == text(expected).replace(str(folder), lake)


FORMS = ["{}", "file:{}", "file://{}"]


@pytest.mark.parametrize("form", FORMS)
def test_names_of_what_is_on_disk(tmp_path: Path, form: str) -> None:
    (tmp_path / "a b%20c.jsonl").write_bytes(visitor("one") + b"\nno\n")
    names = {name: form.format(tmp_path / name) for name in ("a b%20c.jsonl", "o %.jsonl", "r#")}
    folders = Folders(names["o %.jsonl"], names["r#"])
    score(spark(), [names["a b%20c.jsonl"]], models(CONFIGS), options(), folders)
    assert [row["id"] for row in lines_in(tmp_path / "o %.jsonl")] == ["one"]
    assert [row["raw"] for row in lines_in(tmp_path / "r#")] == ["no"]
    for taken in FORMS:
        again = Folders(taken.format(tmp_path / "o %.jsonl"))
        with pytest.raises(IcpctlError, match="this path already exists"):
            score(spark(), [names["a b%20c.jsonl"]], models(CONFIGS), options(), again)


def test_a_link_is_followed_before_what_is_above(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")
    found = FileSystems(spark()).path(f"{tmp_path}/link/../rows.csv")
    assert found.toString() == f"file:{tmp_path}/a/rows.csv"


def test_a_name_that_is_not_utf_8() -> None:
    with pytest.raises(IcpctlError, match="only names in UTF-8") as error:
        FileSystems(spark()).path("/rows\udcff.csv")
    assert error.value.where == Location("file:/rows\\udcff.csv")


@pytest.mark.parametrize("name", ["nothing.jsonl", "*.csv", "nowhere/*.jsonl"])
def test_nothing_there(exports: tuple[Path, str], name: str) -> None:
    with pytest.raises(IcpctlError) as error:
        score(spark(), [f"{exports[1]}/{name}"], models(CONFIGS), options(), Folders())
    assert error.value.code == "no_visitors"
