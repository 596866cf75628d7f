"""JSON as every command prints it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO


def json_text(body: Any) -> str:
    """Return a body of JSON values as indented text."""
    return json.dumps(body, indent=2, ensure_ascii=False)


def print_json(body: Any, stream: TextIO | None = None) -> None:
    """Print a body of JSON values on `stream` (stdout)."""
    print(json_text(body), file=stream)
