"""Which files an export is: files, folders, globs, whatever their names."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_exports, find_sources
from icpctl.exports.files.streams import OpenedFile
from icpctl.exports.readers.reading import Reader
from icpctl.scoring.run import Options, score
from tests.exports.torture import CONFIGS, gzipped, visitor
from tests.long import some
from tests.support import AS_OF, score_files

GOOD = visitor("a") + b"\n"

HOSTILE_NAMES = [
    *(
        "it's.jsonl",
        'say "hi".jsonl',
        "a;drop table b;--.jsonl",
        "$1.jsonl",
        "{}.jsonl",
        "%s.jsonl",
    ),
    *(
        "*.jsonl",
        "a?.jsonl",
        "[ab].jsonl",
        "[.jsonl",
        "**.jsonl",
        "back\\slash.jsonl",
        "a\nb.jsonl",
    ),
    *("-o.jsonl", "--.jsonl", "s3:x.jsonl", "~.jsonl", "$HOME.jsonl", "#.jsonl", "a b .jsonl"),
    *(
        "\U0001f680 \u00e9.jsonl",
        "x" * 240 + ".jsonl",
        ".jsonl.json",
        "a.jsonl.gz.jsonl",
        "a,b.jsonl",
    ),
    *("a.parquet", "a.txt", "a.duckdb", "no extension", "a.jsonl.gz", "a.JSON", "a=1", "x.xlsx"),
    *("hive=1.jsonl", "stdin", "{a,b}.jsonl", "a|b.jsonl", "<a>.jsonl", "\t.jsonl", "a!.jsonl"),
]


def sources(names: list[str], spool: Path) -> list[str]:
    return [source.name for source in find_sources(names)]


@pytest.mark.parametrize("relative", some([False, True]))
def test_a_file_name_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relative: bool
) -> None:
    """Never SQL, a pattern, an option or an address: each file gives its own visitor."""
    folder = tmp_path / "it's [a] *; $1"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in HOSTILE_NAMES:
        Path(folder, name).write_bytes(visitor(name))
    named = HOSTILE_NAMES if relative else [str(folder / name) for name in HOSTILE_NAMES]
    scored = score_files(CONFIGS, named)
    assert scored.rejected == []
    assert [row["id"] for row in scored.rows] == HOSTILE_NAMES
    assert [row["source"] for row in scored.rows] == named


def test_a_name_that_looks_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("s3://bucket/a.jsonl", "https://example.com/a.jsonl", "hf://a/b.jsonl"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_bytes(visitor(name))
        assert [row["id"] for row in score_files(CONFIGS, [name]).rows] == [name]
        with pytest.raises(IcpctlError, match="no such file or folder"):
            score_files(CONFIGS, [name.replace("a.jsonl", "c.jsonl").replace("b.jsonl", "c")])


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"a\xff.jsonl")
    with open(path, "wb") as file:
        file.write(GOOD + b"bad\n")
    for name in (os.fsdecode(path), str(tmp_path)):
        scored = score_files(CONFIGS, [name])
        assert [row["source"] for row in scored.rows] == [f"{tmp_path}/a\\xff.jsonl"]
        assert [one.file for one in scored.rejected] == [f"{tmp_path}/a\\xff.jsonl"]


def test_globs(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "a.txt", "c/d.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(GOOD)
    found = sources([f"{tmp_path}/*.jsonl"], tmp_path / "spool")
    assert found == [f"{tmp_path}/a.jsonl", f"{tmp_path}/b.jsonl"]
    found = sources([f"{tmp_path}/**/*.jsonl"], tmp_path / "spool")
    assert found == [f"{tmp_path}/{name}.jsonl" for name in ("a", "b", "c/d")]
    assert sources([f"{tmp_path}/[ab].txt"], tmp_path / "spool") == [f"{tmp_path}/a.txt"]


def test_a_folder_gives_its_exports(tmp_path: Path) -> None:
    exports = ["a.jsonl", "b.NDJSON", "c.json", "d.jsonl.gz", "e.json.zst"]
    for name in [*exports, ".hidden.jsonl", "notes.txt", "f.jsonl.bak", "g.yaml"]:
        (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "folder.jsonl" / "inside.jsonl").write_bytes(GOOD)
    (tmp_path / "sub" / "_drafts").mkdir(parents=True)
    for name in ("sub/h.txt", "sub/i", "sub/_drafts/j.jsonl", "sub/_k.jsonl"):
        (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "prose.txt").write_text("No visitors here.\n")
    (tmp_path / "loop").symlink_to(".", target_is_directory=True)
    read = [*exports, "folder.jsonl/inside.jsonl", "notes.txt", "sub/h.txt", "sub/i"]
    found = find_exports([str(tmp_path)])
    assert [source.name for source in found.sources] == [f"{tmp_path}/{name}" for name in read]
    skipped = ["f.jsonl.bak", "g.yaml", "prose.txt"]
    assert found.skipped == [f"{tmp_path}/{name}" for name in skipped]


def test_each_file_once_in_the_order_named(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_bytes(visitor(name))
    (tmp_path / "link.jsonl").symlink_to("a.jsonl")
    named = [tmp_path / "b.jsonl", tmp_path / "link.jsonl", tmp_path, tmp_path / "b.jsonl"]
    scored = score_files(CONFIGS, named)
    assert [row["id"] for row in scored.rows] == ["b.jsonl", "a.jsonl"]
    assert [Path(row["source"]).name for row in scored.rows] == ["b.jsonl", "link.jsonl"]


def test_several_files_keep_their_order_and_line_numbers(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(b"\n" + GOOD + b"bad\n")
    (tmp_path / "2.jsonl.gz").write_bytes(gzipped(b"bad\n\n" + GOOD))
    (tmp_path / "3.jsonl").write_bytes(b"")
    (tmp_path / "4.json").write_bytes(GOOD)
    scored = score_files(CONFIGS, [tmp_path])
    found = [(Path(row["source"]).name, row["line"]) for row in scored.rows]
    assert found == [("1.jsonl", 2), ("2.jsonl.gz", 3), ("4.json", 1)]
    assert [(Path(one.file).name, one.line) for one in scored.rejected] == [
        ("1.jsonl", 3),
        ("2.jsonl.gz", 1),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.jsonl", "no such file or folder"),
        ("*.nothing", "no file matches"),
        ("nothing/at/all.jsonl", "no such file or folder"),
        ("", "no such file or folder"),
        ("empty", "no visitor export in this folder"),
        ("dangling.jsonl", "cannot read it: No such file"),
        ("loop.jsonl", "cannot read it: Too many levels"),
        ("x" * 10_000, "cannot read it: File name too long"),
        ("a\0b", "no such file or folder"),
    ],
)
def test_no_visitors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".hidden.jsonl").write_bytes(GOOD)
    (tmp_path / "dangling.jsonl").symlink_to("gone.jsonl")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    with pytest.raises(IcpctlError, match=message) as caught:
        score_files(CONFIGS, [name])
    assert caught.value.where is not None


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(OpenedFile, "__init__", refuse)  # root may read everything
    with pytest.raises(IcpctlError, match="cannot read it: Permission denied") as caught:
        score_files(CONFIGS, [path])
    assert str(caught.value.where) == str(path)


@pytest.mark.parametrize("change", ["cut", "grow", "other lines", "empty"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.jsonl"
    data = b"".join(visitor(str(at), x="x" * 200) + b"\n" for at in range(3000))
    path.write_bytes(data)
    os.utime(path, ns=(0, 0))
    new = {"cut": data[:99_999], "grow": data * 2, "other lines": data[::-1], "empty": b""}
    columns = Columns({"id": (("id",),)})
    [source] = find_sources([str(path)])
    batches = Reader(columns, batch_bytes=1 << 16).read(source)
    next(batches)
    path.write_bytes(new[change])
    with pytest.raises(IcpctlError, match="changed while it was read") as caught:
        list(batches)
    assert str(caught.value.where) == str(path)
    assert caught.value.hint


def test_a_file_that_is_gone_when_its_turn_comes(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl"):  # some are read ahead
        (tmp_path / name).write_bytes(GOOD)

    def remove(_: object) -> None:
        (tmp_path / "d.jsonl").unlink(missing_ok=True)

    configs = [(slug, IcpConfig.model_validate(body)) for slug, body in CONFIGS]
    options = Options(datetime.fromisoformat(AS_OF), threads=1)
    with pytest.raises(IcpctlError, match="cannot read it: No such file") as caught:
        score([str(tmp_path)], configs, options, on_rows=remove)
    assert str(caught.value.where) == f"{tmp_path}/d.jsonl"
