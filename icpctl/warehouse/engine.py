"""sqlglot, imported where SQL is made and nowhere else: it takes 90 ms and is an extra."""

from __future__ import annotations

from typing import Any

from icpctl.errors import IcpctlError


def require_sqlglot() -> Any:
    """`sqlglot`, or the error that says how to get it: `IcpctlError` `no_sqlglot`."""
    try:
        import sqlglot
    except ImportError as error:
        raise IcpctlError(
            f"SQL needs sqlglot, which is not installed ({error})",
            "no_sqlglot",
            hint='install it with: pip install "icpctl[sql]"',
        ) from None
    return sqlglot
