"""What `icpctl validate --prove` adds to its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpctl.config.loading import Loaded


def add_proofs(loaded: Loaded) -> int:
    """Put what is proved of the valid configs among the findings; count what is not known.

    Raises `IcpctlError` `no_prover` without the extra `prove`.
    """
    from icpctl.features.prove.folder import prove
    from icpctl.features.prove.output.findings import add_findings
    from icpctl.settings import load_settings

    proofs = prove(loaded.configs, case_sensitive=load_settings().case_sensitive)
    add_findings(loaded, proofs)
    return sum(len(folder.unknown) for folder in proofs)
