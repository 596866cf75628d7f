"""Folders of configs: which files are configs, whose they are, and their order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.config.definitions import Definitions, definitions_in
from icpctl.config.file_names import (
    FIELDS_FILE,
    MAX_SLUG,
    NO_ORGANIZATIONS,
    SUFFIXES,
    belongs_to_configs,
    is_config_name,
    is_slug,
    nearest_slug,
)
from icpctl.config.loading import Loaded, file_finding, load_file, outside, read_file, two_files
from icpctl.errors import IcpctlError, word_hint
from icpctl.files import note_folder, require_writable
from icpctl.values.text_forms import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from icpctl.config.model import ConfigFile


class Workspace(Struct, frozen=True):
    """A folder of configs (`--dir`), or one organization's subfolder of it (`--org`).

    Methods raise `IcpctlError`: `no_such_folder`, `no_such_org`, `bad_name`, `outside_folder`.
    """

    root: Path
    org: str | None = None

    @property
    def folder(self) -> Path:
        """The folder that the configs are in, which exists."""
        _require_folder(self.root)
        note_folder(self.root, belongs_to_configs)
        if self.org is None:
            return self.root
        _require_org(self.org)
        folder = self._place
        if not folder.is_dir():
            raise IcpctlError(
                f"no organization {self.org!r} in {self.root}",
                "no_such_org",
                hint=_one_of(self.org, self.orgs()),
            )
        if leaves(folder, self.root):
            raise IcpctlError(f"{folder} is a link out of {self.root}", "outside_folder")
        return folder

    @property
    def _place(self) -> Path:
        return self.root if self.org is None else self.root / self.org

    def exists(self) -> bool:
        """Return whether the folder exists; names that would leave it are refused in any case."""
        if self.org is not None:
            _require_org(self.org)
        return os.path.lexists(self._place)

    def make_folder(self) -> bool:
        """Make the folder where there is none, in one that exists; return whether it was made."""
        if self.exists():
            return False
        if self.org is not None:
            _require_folder(self.root)
            if is_config_name(self.org):
                raise _bad_name(self.org, "an organization")
        require_writable()
        try:
            self._place.mkdir()
        except OSError as error:
            message = f"the folder {self._place} cannot be made: {error.strerror}"
            raise IcpctlError(message, "no_such_folder") from error
        return True

    def orgs(self) -> list[str]:
        """Return the organizations: the names of the subfolders."""
        with os.scandir(self.root) as entries:
            return sorted(entry.name for entry in entries if _is_org(entry))

    def definitions(self, org: str | None = None) -> Definitions:
        """Return the custom fields and named lists of the folder, or of a subfolder's configs."""
        org = org or self.org
        folders = [self.root] if org is None else [self.root / org, self.root]
        return definitions_in(*folders, root=self.root)

    def slugs(self) -> list[str]:
        """Return the slugs of the folder from file names alone, sorted."""
        with os.scandir(self.folder) as entries:
            stems = {Path(entry.name).stem for entry in entries if is_config_name(entry.name)}
        return sorted(filter(is_slug, stems))

    def load(self, *, all_orgs: bool = False, lint: bool = True) -> Loaded:
        """Read every config of the folder, and with `all_orgs` of its subfolders too.

        Without `lint` nothing looks for warnings.
        """
        loaded = self.read(all_orgs=all_orgs, lint=lint)
        loaded.compare()
        return loaded

    def read(self, *, all_orgs: bool = False, lint: bool = True) -> Loaded:
        """Read the same, and compare no config with another."""
        loaded = Loaded(lint)
        self._load_folder(self.folder, self.org, loaded)
        if all_orgs and self.org is None:
            for org in self.orgs():
                folder = self.root / org
                if leaves(folder, self.root):
                    loaded.findings.append(outside(folder))
                    continue
                try:
                    self._load_folder(folder, org, loaded)
                except OSError as error:
                    message = f"the folder cannot be read: {error.strerror or error}"
                    loaded.findings.append(file_finding("ICP001", folder, message))
        return loaded

    def get(self, slug: str) -> ConfigFile:
        """Return one config, reading no other file.

        Raises `IcpctlError`: `no_such_slug`, `bad_name`, or `invalid_config` with the findings.
        """
        return self._read([slug]).require_valid()[0]

    def configs(self, slugs: Iterable[str] = ()) -> list[ConfigFile]:
        """Return what is to be scored, in order: the configs named, or all that are active.

        Raises `IcpctlError` with every finding when a file in scope is not valid, `no_such_slug`
        for a name that is not there, `no_configs` when nothing is left to score.
        """
        wanted = list(dict.fromkeys(slugs))
        if wanted:
            return self._read([*wanted, *self._excluding(wanted)]).require_valid()
        loaded = self.load(lint=False)
        if not loaded.is_valid:  # findings are shown with the warnings beside them
            loaded = self.load()
        active = [file for file in loaded.require_valid() if file.config.is_active]
        if not active:
            raise self._no_configs(len(loaded.configs))
        return active

    def _excluding(self, others: Collection[str]) -> list[str]:
        """Return the slugs of the active configs that exclude visitors, without `others`.

        A file that may exclude and is not valid counts, so that its findings are raised.
        """
        slugs = []
        for slug in self.slugs():
            if slug in others:
                continue
            paths = [path for path in self._candidates(slug) if path.is_file()]
            if not any(b"exclude" in path.read_bytes() for path in paths):
                continue
            loaded = self._read([slug])
            if not loaded.configs or any(map(_always_scored, loaded.configs)):
                slugs.append(slug)
        return slugs

    def path(self, slug: str) -> Path:
        """Return the file of a config, whatever it holds.

        Raises `IcpctlError`: `no_such_slug`, `bad_name`, or `invalid_config` where two files have
        the slug, it is not a file, or a link leaves the folder.
        """
        paths = self._paths(slug)
        loaded = Loaded()
        for path in paths:
            if len(paths) > 1:
                loaded.findings.append(two_files(path, [other for other in paths if other != path]))
            elif path.is_symlink() and leaves(path, self.root):
                loaded.findings.append(outside(path))
            elif not path.is_file():
                loaded.findings += map(read_file(path).finding, read_file(path).problems)
        loaded.files = len(paths)
        loaded.require_valid()
        return paths[0]

    def path_for(self, slug: str, suffix: str) -> Path:
        """Return where a new config of this slug belongs. Raises `IcpctlError` `bad_name`."""
        if not is_slug(slug):
            better = nearest_slug(slug[:MAX_SLUG])
            raise IcpctlError(
                f"{slug[:100]!r} is not a slug: expected lower-case letters and digits, joined "
                "by hyphens",
                "bad_name",
                hint=f"such as {better}" if better else None,
            )
        if slug + suffix == FIELDS_FILE:
            message = f"{FIELDS_FILE} declares custom fields, and cannot be a config"
            raise IcpctlError(message, "bad_name", hint="give the config another slug")
        return self._place / (slug + suffix)

    def taken(self, slug: str) -> Path | None:
        """Return the first file, or anything else, that has the name of a config of this slug."""
        return next(iter(self._candidates(slug)), None)

    def _candidates(self, slug: str) -> list[Path]:
        _require_name(slug, "a config")
        names = [slug + suffix for suffix in SUFFIXES if slug + suffix != FIELDS_FILE]
        paths = [self.folder / name for name in names]
        return [path for path in paths if os.path.lexists(path)]

    def _paths(self, slug: str) -> list[Path]:
        paths = self._candidates(slug)
        if not paths or not is_slug(slug):
            raise IcpctlError(
                f"no config {slug!r} in {self.folder}",
                "no_such_slug",
                hint=_one_of(slug, self.slugs()),
            )
        return paths

    def _read(self, slugs: Iterable[str]) -> Loaded:
        loaded = Loaded()
        definitions = self.definitions()
        loaded.add_definitions(definitions)
        for slug in slugs:
            for path in self._paths(slug):
                self._load_file(path, self.org, loaded, definitions)
        loaded.configs.sort(key=lambda config: config.order)
        return loaded

    def _load_folder(self, folder: Path, org: str | None, loaded: Loaded) -> None:
        names = sorted(os.listdir(folder))
        definitions = self.definitions(org)
        loaded.add_definitions(definitions)
        for name in filter(is_config_name, names):
            self._load_file(folder / name, org, loaded, definitions)

    def _load_file(
        self, path: Path, org: str | None, loaded: Loaded, definitions: Definitions
    ) -> None:
        if path.is_symlink() and leaves(path, self.root):
            loaded.files += 1
            loaded.findings.append(outside(path))
        else:
            load_file(path, org, loaded, definitions)

    def _no_configs(self, inactive: int) -> IcpctlError:
        if inactive:
            message, hint = f"no config in {self.folder} is active", "name one with --config SLUG"
        else:
            message = f"no configs in {self.folder}"
            hint = "make one with icpctl init or icpctl create, or name another folder with --dir"
            if self.org is None and (orgs := self.orgs()):
                hint = f"name an organization with --org: {_listing(orgs)}"
        return IcpctlError(message, "no_configs", hint=hint)


def _always_scored(file: ConfigFile) -> bool:
    """Return whether a config decides about every visitor, whichever configs are named."""
    return file.config.exclude and file.config.is_active


def _is_org(entry: os.DirEntry[str]) -> bool:
    hidden = entry.name.startswith(".") or is_config_name(entry.name)
    if hidden or entry.name in NO_ORGANIZATIONS:
        return False
    return os.path.isdir(entry.path)  # entry.is_dir() fails on a loop of links


def named_org(root: Path, name: str | None) -> str | None:
    """Return the organization of this name, else the one whose name equals it as texts do."""
    if name is None or not root.is_dir() or (root / name).is_dir():
        return name
    wanted = plain(name, case_sensitive=False)
    alike = [org for org in Workspace(root).orgs() if plain(org, case_sensitive=False) == wanted]
    if len(alike) > 1:
        message = f"several organizations are called {name!r}: {', '.join(alike)}"
        raise IcpctlError(message, "bad_name", hint="write the name of one exactly")
    return alike[0] if alike else name


def leaves(path: Path, root: Path) -> bool:
    """Return whether a path leads out of a folder through links."""
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        is_there = folder.exists()
        make = "" if is_there else "make one with icpctl init or icpctl create, or "
        raise IcpctlError(
            f"the folder of configs {folder} {'is not a folder' if is_there else 'does not exist'}",
            "no_such_folder",
            hint=f"{make}name it with --dir, ICPCTL_DIR, or dir in icpctl.toml",
        )


def _require_name(name: str, what: str) -> None:
    """Refuse names that would leave the folder."""
    if not name or name.startswith(".") or "/" in name or "\\" in name or "\0" in name:
        raise _bad_name(name, what)


def _require_org(name: str) -> None:
    """Refuse what cannot name an organization."""
    _require_name(name, "an organization")
    if name in NO_ORGANIZATIONS:
        raise _bad_name(name, "an organization")


def _bad_name(name: str, what: str) -> IcpctlError:
    return IcpctlError(
        f"{name[:100]!r} cannot name {what}",
        "bad_name",
        hint="a name is one folder or file of the folder of configs, not a path",
    )


def _one_of(word: str, known: list[str]) -> str:
    return word_hint(word, known, f"known: {_listing(known)}" if known else "none exist yet")


def _listing(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
