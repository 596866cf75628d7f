"""What a folder of configs defines for its configs: custom condition types and named lists."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.config.definitions.named_lists import LIST_SUFFIX, ListFolder, NamedLists
from icpctl.config.file_names import FIELDS_FILE, LISTS_FOLDER
from icpctl.errors import Finding, IcpctlError, Location
from icpctl.files import read_regular
from icpctl.vocabulary import BUILT_IN, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.vocabulary import ConditionType

_MOST_BYTES = 1 << 30


class Definitions(Struct, frozen=True):
    """The condition types and named lists that configs may use; `findings` are what is wrong.

    It is the context with which a config is validated.
    """

    vocabulary: Vocabulary = BUILT_IN
    lists: NamedLists = field(default_factory=NamedLists)
    findings: tuple[Finding, ...] = ()

    def required(self) -> Definitions:
        """Return itself; raise `IcpctlError` `invalid_config` with the findings, if there are."""
        if self.findings:
            raise IcpctlError(
                "the custom fields are not valid", "invalid_config", findings=[*self.findings]
            )
        return self


NOTHING_DEFINED = Definitions()
"""The definitions without a folder: the built-in condition types, and no list."""


def definitions_in(*folders: Path, root: Path | None = None) -> Definitions:
    """Return what folders of configs define; where several define one name, the first does.

    Files that are links out of `root`, or of their folder where it is not said, are refused.
    """
    return definitions_of(
        [
            ListFolder(
                _place(folder), partial(_read, folder, root or folder), partial(_list_names, folder)
            )
            for folder in folders
        ]
    )


def definitions_of(folders: Sequence[ListFolder]) -> Definitions:
    """Return what folders define, however their files are read."""
    types: dict[str, ConditionType] = {}
    findings: list[Finding] = []
    for folder in folders:
        try:
            data = folder.read(FIELDS_FILE)
        except IcpctlError as error:
            place = Location(folder.place + FIELDS_FILE, 1, 1)
            findings.append(Finding("ICP001", "error", error.message, place))
            continue
        if data is not None:
            from icpctl.config.definitions.custom_fields import read_fields

            own, wrong = read_fields(data, folder.place + FIELDS_FILE)
            types = {**{entry.name: entry for entry in own}, **types}
            findings += wrong
    vocabulary = BUILT_IN.with_types(types.values()) if types else BUILT_IN
    return Definitions(vocabulary, NamedLists(folders), tuple(findings))


def definitions_beside(file: str) -> Definitions:
    """Return what holds for a config of which only the file is known.

    Its folder may be an organization's, so the folder above it is looked at too.
    """
    folder = Path(file).parent
    return definitions_in(folder, Path(os.path.normpath(folder / os.pardir)))


def _place(folder: Path) -> str:
    return "" if folder == Path() else f"{folder}/"


def _read(folder: Path, root: Path, name: str) -> bytes | None:
    path = folder / name
    try:
        data = read_regular(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise IcpctlError("this link leads out of the folder of configs", "outside_folder")
    return data


def _list_names(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder / LISTS_FOLDER)
    except OSError:
        return []
    return [name.removesuffix(LIST_SUFFIX) for name in names if name.endswith(LIST_SUFFIX)]
