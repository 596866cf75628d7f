"""All proofs about the config files that a command has read, folder by folder."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from icpctl.features.prove.facts import Inquiry, Proofs
from icpctl.features.prove.pairs import check_pairs, check_together
from icpctl.features.prove.single import check_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile


def prove(
    files: Sequence[ConfigFile],
    *,
    case_sensitive: bool = False,
    timeout: float = 2.0,
    pairs: bool = False,
) -> list[Proofs]:
    """Ask everything about some configs, and with `pairs` how every two of a folder meet.

    Only configs of one folder are compared; a slug that two files of a folder have counts once.
    Every witness has been replayed. `timeout` is in
    seconds, for each question.
    Raises `IcpctlError`: `no_prover` without z3, `internal_error` where a replay disagrees.
    """
    found = []
    for _, folder in groupby(sorted(files, key=_folder), _folder):
        members = list({it.slug: it for it in folder}.values())
        inquiry = Inquiry(members, case_sensitive=case_sensitive, timeout=timeout)
        for config in range(len(members)):
            check_config(inquiry, config)
        check_together(inquiry)
        if pairs:
            check_pairs(inquiry)
        found.append(inquiry.end())
    return found


def _folder(file: ConfigFile) -> str:
    return str(file.path.parent)
