"""Skips the tests of Spark where it is not there, unless ICPCTL_SPARK is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from tests.spark.engine import missing

    reason = None if os.environ.get("ICPCTL_SPARK") else missing()
    for item in items:
        if reason and HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))
