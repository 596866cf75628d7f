"""Settings of all tests."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.long import LARGEST, LONG, examples

if TYPE_CHECKING:
    from collections.abc import Iterable

# Under `nohup`, and in the background of a script, signals are ignored, and by all calls too.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

# How long an example takes says something of the machine and nothing of the code.
settings.register_profile(
    "untimed",
    deadline=None,
    derandomize=not LARGEST,  # a run says something of the change that it tests, not of luck
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Skip what only a long run does."""
    if not LONG:
        skip = pytest.mark.skip(reason="ICPCTL_LONG=1 runs it")
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(skip)
