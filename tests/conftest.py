"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

import icpctl.cli.app  # noqa: F401 - features register their codes

# How long an example takes says something of the machine and nothing of the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
