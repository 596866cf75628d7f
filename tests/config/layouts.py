"""A strategy for the text of a config in any layout, whose every character has an owner."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st

Path = tuple[Any, ...]


class Piece(NamedTuple):
    """Some of the text, and what it belongs to: `()` is nobody's, such as a comment."""

    text: str
    owner: Path


@dataclass
class Written:
    """A text in the making."""

    draw: st.DrawFn
    is_json: bool
    newline: str
    pieces: list[Piece] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)  # JSON of a value -> its anchor
    comments: int = 0

    def put(self, text: str, owner: Path = ()) -> None:
        self.pieces.append(Piece(text.replace("\n", self.newline), owner))

    def chance(self, times: int) -> bool:
        return self.draw(st.integers(0, times - 1)) == 0

    def comment(self) -> str:
        self.comments += 1
        return f'# n{self.comments}: it\'s [a] {{b}}, "c" - ? *x &y'

    def end_line(self, owner: Path = ()) -> None:
        """End a line, now and then with a comment after what it holds."""
        if self.chance(4):
            space = self.draw(st.sampled_from([" ", "   ", "\t"]))
            self.put(f"{space}{self.comment()}", owner)
        self.put("\n", owner)

    def lines_between(self, indent: int, owner: Path = ()) -> None:
        """Blank lines, which are a block scalar's where they follow it, and lines of comments."""
        for _ in range(self.draw(st.sampled_from([0, 0, 0, 1, 2]))):
            before = self.pieces[-1].owner if self.pieces else ()
            if self.chance(2):
                self.put(f"{' ' * indent}{self.comment()}\n", owner)
            else:
                self.put("\n", before if before[:1] == ("end",) else owner)


PLAIN_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/")
PLAIN = PLAIN_START | frozenset(" _-.+()%$;@=~é")


def is_plain(text: str) -> bool:
    return (
        bool(text)
        and text[0] in PLAIN_START
        and set(text) <= PLAIN
        and text == text.strip()
        and text.lower() not in ("null", "~")
    )


def scalar(out: Written, value: Any, owner: Path, *, flow: bool, indent: int = 0) -> bool:
    """Write a scalar; return whether it ended its line, as block scalars do."""
    if out.is_json:
        out.put(json.dumps(value, ensure_ascii=out.chance(2)), owner)
        return False
    said = json.dumps(value)
    if said in out.anchors and out.chance(2):
        out.put(f"*{out.anchors[said]}" + (" " if flow else ""), ("alias",))
        return False
    if out.chance(12):
        out.anchors[said] = f"a{len(out.anchors)}"
        out.put(f"&{out.anchors[said]} ", owner)
    text = value if isinstance(value, str) else said
    is_text = isinstance(value, str)
    printable = text.isprintable() and all(ord(it) < 0x2000 for it in text)
    if is_text and not flow and printable and text.strip() == text and text and out.chance(6):
        mark = out.draw(st.sampled_from(["|-", ">-", "|-2" if indent < 0 else "|-"]))
        out.put(mark, owner)
        out.end_line(("header", *owner))
        lines = f"{' ' * (indent + out.draw(st.integers(1, 3)))}{text}"
        out.put(lines, owner)
        out.put("\n", ("end", *owner))
        return True
    if (not is_text or is_plain(text)) and not out.chance(4):
        out.put(text, owner)
    elif printable and out.chance(2):
        out.put("'" + text.replace("'", "''") + "'", owner)
    else:
        out.put(json.dumps(text, ensure_ascii=max(text) < "\ud800"), owner)
    return False


def flow_value(out: Written, value: Any, owner: Path, indent: int) -> None:
    """Write any value in flow form, on one line or on many with comments."""
    if not isinstance(value, list | dict):
        scalar(out, value, owner, flow=True)
        return
    is_multi = out.chance(3)
    is_list = isinstance(value, list)
    entries = list(enumerate(value)) if is_list else out.draw(st.permutations(list(value.items())))
    line = "\n" + " " * (indent + 2)
    space = out.draw(st.sampled_from(["", " "]))
    beside = owner
    out.put("[" if is_list else "{", owner)
    for number, (key, item) in enumerate(entries):
        inner = (*owner, key)
        if is_multi and not out.is_json and out.chance(5):
            out.put(f" {out.comment()}", beside)
        out.put(line if is_multi else space or " " * bool(number), ("gap", *owner))
        if not is_list:
            out.put(entry_name(out, key), inner)
        flow_value(out, item, inner if is_list else (*inner, "is"), indent + 2)
        if number < len(entries) - 1 or (is_multi and not out.is_json and out.chance(4)):
            out.put(",", ("gap", *owner))
        beside = ("beside", *inner)
    if is_multi:
        if not out.is_json and out.chance(5):
            out.put(f" {out.comment()}", beside)
        out.put("\n" + " " * (indent if out.is_json else indent + 2), owner)
    out.put("]" if is_list else "}", owner)


def entry_name(out: Written, key: str) -> str:
    if out.is_json:
        return f'"{key}":' + out.draw(st.sampled_from(["", " "]))
    return out.draw(st.sampled_from([key, key, f'"{key}"', f"'{key}'"])) + ": "


def block_value(out: Written, value: Any, owner: Path, indent: int, parent: int) -> None:
    """Write a value after `key:` or a dash, to the end of its last line."""
    if isinstance(value, dict) or (isinstance(value, list) and value):
        nested = isinstance(value, dict) or isinstance(value[0], dict)
        if out.chance(3 if nested else 2):
            out.put(" ", owner)
            flow_value(out, value, owner, indent)
            out.end_line(("beside", *owner))
            return
        anchored = ""
        said = json.dumps(value)
        if out.chance(15) and said not in out.anchors:
            out.anchors[said] = f"a{len(out.anchors)}"
            anchored = f" &{out.anchors[said]}"
        out.put(anchored, owner)
        out.end_line(owner[:-1] if owner[-1:] == ("is",) else owner)
        if isinstance(value, dict):
            block_entries(out, value, owner, indent)
        else:
            block_items(out, value, owner, out.draw(st.sampled_from([indent, parent])))
        return
    spaces = [" ", " ", "  "] if out.pieces[-1].text.strip() in ("-", ":") else [" ", "\t"]
    out.put(out.draw(st.sampled_from(spaces)), owner)
    if not scalar(out, value, owner, flow=False, indent=max(parent, 0)):
        out.end_line(("beside", *owner))


def block_items(out: Written, items: list[Any], owner: Path, column: int) -> None:
    for number, item in enumerate(items):
        inner = (*owner, number)
        out.lines_between(column, owner if "value" in owner else ())
        out.put(" " * column + "-", inner)
        if isinstance(item, dict) and not out.chance(3):
            spaces = out.draw(st.integers(1, 3))
            out.put(" " * spaces, inner)
            block_entries(out, item, inner, column + 1 + spaces, first=False)
        else:
            block_value(out, item, inner, column + 2, column)


def block_entries(
    out: Written, value: dict[str, Any], owner: Path, column: int, *, first: bool = True
) -> None:
    for number, (key, item) in enumerate(out.draw(st.permutations(list(value.items())))):
        inner = (*owner, key)
        if number or first:
            out.lines_between(column, owner if owner and "conditions" in owner else ())
            out.put(" " * column, inner)
        if out.chance(10):
            out.put(f"? {key}", inner)
            out.end_line(inner)
            out.put(" " * column + ":", inner)
        else:
            out.put(out.draw(st.sampled_from([key, key, key, f'"{key}"', f"'{key}'"])) + ":", inner)
        step = out.draw(st.integers(1, 4))
        block_value(out, item, (*inner, "is"), column + step, column)


class Layout(NamedTuple):
    """A config's text, its pieces, and the name of its file."""

    pieces: list[Piece]
    mark: str
    name: str

    @property
    def text(self) -> str:
        return self.mark + "".join(it.text for it in self.pieces)


@st.composite
def layouts(draw: st.DrawFn, body: dict[str, Any]) -> Layout:
    """The text of a config: YAML in block or flow form, or JSON."""
    form = draw(st.sampled_from(["block", "block", "block", "flow", "json"]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    out = Written(draw, form == "json", newline)
    if form != "json":
        out.lines_between(0)
        if out.chance(4):
            out.put("---")
            out.end_line()
    if form == "block":
        block_entries(out, body, (), draw(st.sampled_from([0, 0, 0, 2])))
        out.lines_between(0)
        if out.chance(8):
            out.put("...\n")
    else:
        flow_value(out, body, (), 0)
        out.put("\n")
    pieces = [it for it in out.pieces if it.text]
    if draw(st.integers(0, 4)) == 0:  # no final line end
        pieces[-1] = Piece(pieces[-1].text.removesuffix(newline), pieces[-1].owner)
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return Layout(pieces, mark, "a.json" if form == "json" else "a.yaml")
