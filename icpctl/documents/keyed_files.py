"""Files that are one object of known keys, such as mappings: reading them, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.documents.tree import Object, Problem
from icpctl.errors import IcpctlError
from icpctl.vocabulary import nearest

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from icpctl.documents.document import Document
    from icpctl.documents.tree import Node

_EMPTY = "ICP007"


class KeyedReader:
    """Reads the entries of a file; what is wrong with it is noted, and raised at the end."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # What an empty file means is what one means that holds comments only.
        self.problems = [problem for problem in document.problems if problem.code != _EMPTY]

    def entries(
        self,
        known: Collection[str],
        unknown: str,
        bad: tuple[str, str, str],
        more: re.Pattern[str] | None = None,
    ) -> Iterator[tuple[str, int, Node]]:
        """The known keys of the file, and those like `more`, with their places and values.

        `unknown` is the code of any other key; `bad` are code, message and hint of a file that is
        not an object.
        """
        root = self._document.root
        if root is None:
            return
        if not isinstance(root, Object):
            code, message, hint = bad
            self.note(code, root.start, message, hint)
            return
        for key, (start, value) in root.entries.items():
            if key in known or (more and more.fullmatch(key)):
                yield key, start, value
            else:
                self.note_unknown(unknown, start, "field", key, known)

    def note(self, code: str, start: int, message: str, hint: str | None = None) -> None:
        """Note what is wrong at a place of the text."""
        self.problems.append(Problem(code, start, message, hint))

    def note_unknown(
        self, code: str, start: int, what: str, word: str, known: Collection[str]
    ) -> None:
        """Note a word that is none of those that are known."""
        meant = nearest(word, known)
        hint = f"did you mean {meant}?" if meant else f"known: {', '.join(known)}"
        self.note(code, start, f"unknown {what} {cut(word)}", hint)

    def require_right(self, message: str, code: str, hint: str) -> None:
        """Raise `IcpctlError` `code` with a finding for each problem, if there is one."""
        if self.problems:
            findings = [self._document.finding(problem) for problem in self.problems]
            raise IcpctlError(message, code, hint=hint, findings=findings)


def cut(word: str) -> str:
    """A word in quotes, as much of it as helps."""
    return repr(word if len(word) <= 60 else f"{word[:60]}...")
