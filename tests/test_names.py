"""What keeps the house small and readable: names, sizes of modules and folders, what is loaded."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.process import ROOT, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACEHOLDERS = {"it", "found", "one", "those", "told"}
"""Names that say nothing of what they are for."""

PLACEHOLDER_SHARE = 0.003
"""The largest share of placeholders among names."""

MODULE_LINES, FOLDER_FILES = 400, 15

CORE_LINES = 22_675
"""Lines of the core at most; 16,000 is the aim."""

LOADED_BY_SCORE = 84
"""Own modules that `icpctl score FILE.jsonl` loads at most; 75 is the aim."""

SOURCE = ROOT / "icpctl"


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name and parameter, but the loop variables of comprehensions on one line."""
    short = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    own: set[str] = set()
    if isinstance(tree, short) and tree.lineno == tree.end_lineno:
        targets = [name for part in tree.generators for name in ast.walk(part.target)]
        own = {name.id for name in targets if isinstance(name, ast.Name)}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Name) and node.id not in own:
            yield node.id
        elif isinstance(node, ast.arg) and node.arg not in own:
            yield node.arg
        yield from (name for name in names_in(node) if name not in own)


def test_names_say_what_things_are() -> None:
    counts: Counter[str] = Counter()
    for path in modules():
        counts.update(names_in(ast.parse(path.read_text("utf-8"))))
    placeholders = sum(counts[name] for name in PLACEHOLDERS)
    assert placeholders <= PLACEHOLDER_SHARE * counts.total(), placeholders / counts.total()


def test_a_loop_variable_of_one_line_is_no_name() -> None:
    text = "a = [it for it in b]\nc = [\n    one\n    for one in b\n]\ndef f(found): return found\n"
    assert Counter(names_in(ast.parse(text))) == {"a": 1, "b": 2, "c": 1, "one": 2, "found": 2}


def test_modules_are_short() -> None:
    assert not [path for path in modules() if lines_of(path) > MODULE_LINES]


EXCEPTION = re.compile(r"# (?:noqa: [A-Z0-9, ]*[A-Z0-9]( - .)?|type: ignore\[.*?\](  # .)?)")


def test_exceptions_say_why() -> None:
    """A `noqa` or `type: ignore` has its reason beside it."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*modules(), ROOT / "hatch_build.py"]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := EXCEPTION.search(line)) and not any(match.groups())
    ]
    assert bare == []


def test_folders_have_few_files() -> None:
    files = Counter(
        str(path.parent.relative_to(SOURCE)) for path in modules() if path.name != "__init__.py"
    )
    assert not {folder for folder, count in files.items() if count > FOLDER_FILES}


def test_the_core_is_read_in_an_hour() -> None:
    """The core validates configs and scores visitors; features, Spark and the API are apart."""
    rooms = [path for path in modules() if path.relative_to(SOURCE).parts[0] not in APART]
    assert sum(map(lines_of, rooms)) <= CORE_LINES


APART = {"features", "spark", "api.py"}

LOADED = """
import os, sys
from icpctl.__main__ import main
os._exit = sys.exit  # there is something to count at the end
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sum(name.partition(".")[0] == "icpctl" for name in sys.modules), file=sys.stderr)
"""


def test_scoring_loads_few_modules(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, "score", str(ROOT / "sample_visitors" / "visitors.jsonl")],
        cwd=tmp_path,
        env=environment(ICPCTL_DIR=str(ROOT / "sample_configs")),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert int(ended.stderr.splitlines()[-1]) <= LOADED_BY_SCORE
