"""Ideal Customer Profiles as files: kept, checked, and scored against visitor exports.

The public names are loaded when they are first used, so that `import icpctl` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.api import ScoreResult, VisitorExplanation, load_configs, score
    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.config.named_files import load_config
    from icpctl.config.store import Workspace
    from icpctl.errors import IcpctlError

__version__ = "0.1.0"

__all__ = [
    "ConfigFile",
    "IcpConfig",
    "IcpctlError",
    "ScoreResult",
    "VisitorExplanation",
    "Workspace",
    "__version__",
    "load_config",
    "load_configs",
    "score",
]

_HOMES = {
    "ConfigFile": "icpctl.config.model",
    "IcpConfig": "icpctl.config.model",
    "IcpctlError": "icpctl.errors",
    "ScoreResult": "icpctl.api",
    "VisitorExplanation": "icpctl.api",
    "Workspace": "icpctl.config.store",
    "load_config": "icpctl.config.named_files",
    "load_configs": "icpctl.api",
    "score": "icpctl.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__]
