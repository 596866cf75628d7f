"""Examples of the finding codes, in words for pages and terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.findings.code import Code

_LANGUAGES = {"settings": "toml"}


def code_help(code: Code) -> str:
    """Return what a code means, with its examples."""
    bad, good = _example(code, code.bad), _example(code, code.good)
    return f"{code.meaning}\n\nBad:\n\n{bad}\nGood:\n\n{good}"


def shown_example(text: str) -> str:
    """Return an example with escapes for what no page shows."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _example(code: Code, text: str) -> str:
    if code.level in ("path", "words"):
        return f"{capital(text)}.\n"
    return f"```{_LANGUAGES.get(code.level, 'yaml')}\n{shown_example(text).rstrip()}\n```\n"


def capital(text: str) -> str:
    """Return a text with a capital letter at its start."""
    return text[:1].upper() + text[1:]
