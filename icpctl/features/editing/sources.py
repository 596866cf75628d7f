"""The configs that `apply` and `diff` are given: files, folders, and stdin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from icpctl.config.checks import check_document
from icpctl.config.file_names import SUFFIXES, is_rule_test, nearest_slug, not_a_config
from icpctl.config.loading import Loaded, load_document, read_file
from icpctl.config.model import ConfigFile
from icpctl.config.named_files import read_source, unprinted
from icpctl.config.store import Workspace
from icpctl.documents.document import List
from icpctl.errors import Finding, IcpctlError, Location
from icpctl.features.editing.bodies import body_of, not_valid, without_printed
from icpctl.features.editing.body_fields import short_body
from icpctl.features.editing.layout import FileFormat, config_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.config.model import IcpConfig
    from icpctl.documents.document import Document


class Sources(Struct):
    """Names of files and folders, and what stdin held, which can be read once only."""

    names: tuple[str, ...]
    stdin: Document | None
    listed: set[str] = field(default_factory=set)

    @classmethod
    def named(cls, names: Iterable[str]) -> Sources:
        """Return the sources of these names, of which `-` is stdin."""
        names = tuple(dict.fromkeys(names))
        return cls(names, read_source("-") if "-" in names else None)

    def is_listed(self, config: ConfigFile) -> bool:
        """Return whether a config was a body, as `list` and `get -o json` print it, and no file."""
        return config.slug in self.listed

    def load(self) -> dict[str, ConfigFile]:
        """Return the configs by slug, as their files are now.

        Raises `IcpctlError`: `invalid_config` with the findings of all, `no_such_path`,
        `not_a_config`, `no_configs`, `bad_usage` where two have the same slug, `bad_name`.
        """
        loaded = Loaded()
        for name in self.names:
            if name == "-" and self.stdin is not None:
                loaded.configs += self._configs(self.stdin)
            elif os.path.isdir(name):
                _load_folder(Path(name), loaded)
            else:
                self._load_file(Path(name), loaded)
        return _by_slug(loaded.require_valid())

    def _load_file(self, path: Path, loaded: Loaded) -> None:
        if not os.path.lexists(path):
            raise IcpctlError("no such file or folder", "no_such_path", Location(str(path)))
        if path.suffix not in SUFFIXES or is_rule_test(path.name):
            raise not_a_config(path)
        document = read_file(path)
        if isinstance(document.root, List):
            loaded.configs += self._configs(document)
        else:
            _load(document, path, loaded)

    def _configs(self, document: Document) -> list[ConfigFile]:
        """Return the config of a text without a name, or the configs of an array."""
        if not isinstance(document.root, List):
            text = without_printed(document)
            config = _named(text, body_of(text, None), text.data)
            if text.is_json:  # a body of the API, which is not a file either
                self.listed.add(config.slug)
            return [config]
        findings: list[Finding] = []
        configs: list[ConfigFile] = []
        for item in document.root.items:
            body, item_findings = check_document(replace(document, root=unprinted(item)), None)
            findings += item_findings
            if body is not None:
                form: FileFormat = "json" if document.is_json else "yaml"
                data = config_text(short_body(body), form).encode()
                configs.append(_named(document, body, data))
        if any(finding.severity == "error" for finding in findings):
            raise not_valid(document.file, findings)
        self.listed |= {config.slug for config in configs}
        return configs


def _load_folder(folder: Path, loaded: Loaded) -> None:
    """Add the configs of a folder; what `get -o json` has written into it counts as its config."""
    folder_loaded = Workspace(folder).load()
    errors = [finding for finding in folder_loaded.findings if finding.severity == "error"]
    wrong = {finding.location.file for finding in errors}
    for path in map(Path, sorted(wrong)):
        document = read_file(path)
        if not path.is_symlink() and without_printed(document) is not document:
            folder_loaded.findings = [
                finding for finding in folder_loaded.findings if finding.location.file != str(path)
            ]
            folder_loaded.files -= 1
            _load(document, path, folder_loaded)
    loaded.add(folder_loaded)


def _load(document: Document, path: Path, loaded: Loaded) -> None:
    text = without_printed(document)
    load_document(text, path, None, lambda name: os.path.lexists(path.with_name(name)), loaded)


def _named(document: Document, config: IcpConfig, data: bytes) -> ConfigFile:
    """Return a config that is not a file under the slug that it has or that its label makes."""
    slug = config.slug or nearest_slug(config.label)
    if slug is None:
        raise IcpctlError(f"cannot make a slug from the label {config.label!r}", "bad_name")
    # The suffix says how the text is read again.
    path = Path(document.file + (".json" if document.is_json else ".yaml"))
    return ConfigFile(slug, None, path, config, data)


def _by_slug(files: list[ConfigFile]) -> dict[str, ConfigFile]:
    by_slug: dict[str, ConfigFile] = {}
    for file in files:
        first = by_slug.setdefault(file.slug, file)
        is_other = os.path.realpath(first.path) != os.path.realpath(file.path)
        if first is not file and (is_other or first.data != file.data):
            message = f"{first.path} and {file.path} have the same slug: {file.slug}"
            raise IcpctlError(message, "bad_usage", hint="give one of them")
    if not by_slug:
        raise IcpctlError("no config to apply", "no_configs")
    return by_slug
