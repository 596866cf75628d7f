"""Libraries that not every installation has: the extras of icpctl."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from icpctl.errors import IcpctlError


def require(module: str, extra: str, whose: str, code: str) -> Any:
    """A module of an extra, or the error that says how to get it: `IcpctlError` `code`.

    `whose` is what needs it, as a sentence begins: `SQL needs`.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise IcpctlError(
            f"{whose} {module}, which is not installed ({error})",
            code,
            hint=f'from a clone of icpctl: pip install ".[{extra}]"',
        ) from None
