"""Another version of a folder of configs: of a git revision, or of a second folder."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.config.definitions import LIST_SUFFIX, ListFolder, definitions_of
from icpctl.config.file_names import LISTS_FOLDER, is_config_name
from icpctl.config.loading import Loaded, load_document
from icpctl.config.store import Workspace
from icpctl.documents.document import MAX_BYTES, Document, Problem
from icpctl.documents.reading import read_document
from icpctl.errors import IcpctlError, both_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile

# What git sets for its hooks: it is about the repository that the hook runs for.
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
_LINK = "120000"
_HASH = re.compile(rb"[0-9a-f]{40,64}\n")
_WITHOUT_SIZE = (b"missing", b"ambiguous")


class Versions(Struct, frozen=True):
    """The configs of a folder before and after; `base` says what before is."""

    base: str
    before: list[ConfigFile]
    after: list[ConfigFile]


def versions(
    space: Workspace, slugs: Sequence[str], *, ref: str | None = None, folder: Path | None = None
) -> Versions:
    """Read the configs of a folder and of another version: a git revision of it, or `folder`.

    With `slugs` only those, which one of both has. Raises `IcpctlError`: `bad_usage` unless there
    is one of `ref` and `folder`, what `Workspace` and `load_revision` raise, `no_such_slug`, and
    `invalid_config` with the findings of a version.
    """
    if ref is not None and folder is not None:
        raise both_given("--base", "--base-dir")
    if ref is None and folder is None:
        message = "the version to compare with is missing"
        raise IcpctlError(message, "bad_usage", hint="give --base REF or --base-dir DIR")
    after = _require_valid(_load(space, slugs), None)
    if folder is not None:
        if not folder.is_dir():
            hint = "--base-dir names the folder to compare with"
            raise IcpctlError(f"no such folder: {folder}", "no_such_folder", hint=hint)
        base, loaded = str(folder), _load(Workspace(folder, space.org), slugs)
        before = _require_valid(loaded, None)
    else:
        base, loaded = str(ref), load_revision(space, str(ref), slugs)
        before = _require_valid(loaded, base)
    there = {file.slug for file in [*before, *after]}
    for slug in slugs:
        if slug not in there:
            space.get(slug)  # raises: neither version has it
    return Versions(base, before, after)


def load_revision(space: Workspace, ref: str, slugs: Sequence[str] = ()) -> Loaded:
    """Read the configs that a folder has in a git revision; with `slugs` only those.

    Nothing is checked out, and no file is written. Raises `IcpctlError`: `no_git`,
    `no_repository`, `bad_repository`, `no_such_revision`, and `no_such_folder` if the revision
    does not have the folder.
    """
    folder = space.folder
    inside = _git(space.root, "rev-parse", "--show-prefix")
    if inside.returncode:
        raise IcpctlError(
            f"git finds no repository for {folder}",
            "no_repository",
            hint=f"{_said(inside)}; --base-dir DIR compares with another folder",
        )
    path = os.fsdecode(inside.stdout.removesuffix(b"\n").rstrip(b"/"))
    root = _object(folder, _commit(folder, ref), path)
    tree = root if root is None or space.org is None else _object(folder, root, space.org)
    entries = None if tree is None else _entries(folder, tree)
    path = "/".join(filter(None, (path, space.org)))
    if entries is None:
        raise IcpctlError(
            f"{ref} has no folder {path or '.'}",
            "no_such_folder",
            hint="to compare with no configs, name an empty folder with --base-dir",
        )
    names = {entry.name for entry in entries}
    wanted = [entry for entry in entries if not slugs or Path(entry.name).stem in slugs]
    prefix = f"{space.org}/" if space.org else ""
    # A link is followed from the folder of all organizations on, and no further up.
    objects = [
        f"{root}:{prefix}{entry.name}" if entry.mode == _LINK else entry.hash for entry in wanted
    ]
    large = [entry.mode != _LINK and entry.size > MAX_BYTES for entry in wanted]
    contents = _contents(
        folder, ["" if skip else spec for spec, skip in zip(objects, large, strict=True)]
    )
    loaded = Loaded(lint=False)
    places = [f"{root}:{prefix}", f"{root}:"] if prefix else [f"{root}:"]
    definitions = definitions_of([_list_folder(folder, ref, place) for place in places])
    loaded.add_definitions(definitions)
    for entry, data, is_large in zip(wanted, contents, large, strict=True):
        place = Path(f"{ref}:{path or '.'}/{entry.name}")
        document = read_document(bytes(MAX_BYTES + 1) if is_large else data or b"", str(place))
        if data is None and not is_large:
            problem = Problem("ICP001", 0, f"this is {entry.what}")
            document = Document(str(place), b"", "", None, [problem])
        load_document(document, place, space.org, names.__contains__, loaded, definitions)
    loaded.compare()
    return loaded


def _list_folder(folder: Path, ref: str, tree: str) -> ListFolder:
    """Return a folder of a revision, as custom fields and named lists are read from one."""

    def names() -> list[str]:
        listed = _git(folder, "ls-tree", "-z", "--name-only", "--full-tree", tree + LISTS_FOLDER)
        files = [] if listed.returncode else os.fsdecode(listed.stdout).split("\0")
        return [name.removesuffix(LIST_SUFFIX) for name in files if name.endswith(LIST_SUFFIX)]

    return ListFolder(f"{ref}:", lambda name: _contents(folder, [tree + name])[0], names)


class _Entry(Struct, frozen=True):
    """An entry of a git tree."""

    mode: str
    kind: str
    hash: str
    size: int
    name: str

    @classmethod
    def parse(cls, line: bytes) -> _Entry:
        head, _, name = line.partition(b"\t")
        mode, kind, its_hash, size = head.decode().split()
        return cls(mode, kind, its_hash, int(size) if size.isdigit() else 0, os.fsdecode(name))

    @property
    def what(self) -> str:
        """What the entry is, if it is not a file."""
        if self.mode == _LINK:
            return "a link out of the folder of configs, or to no file"
        return "a folder" if self.kind == "tree" else "not a regular file"


def _load(space: Workspace, slugs: Sequence[str]) -> Loaded:
    if not slugs:
        return space.load(lint=False)
    loaded = Loaded(lint=False)
    loaded.configs = [space.get(slug) for slug in slugs if space.taken(slug)]
    loaded.compare()
    return loaded


def _require_valid(loaded: Loaded, ref: str | None) -> list[ConfigFile]:
    try:
        return loaded.require_valid()
    except IcpctlError as error:
        if ref is not None:
            error.message += f" in {ref}"
            error.hint = "--base names another revision"
        raise


def _commit(folder: Path, ref: str) -> str:
    """Return the hash of a revision; one with a leading hyphen would be an option of git."""
    ended = None
    if ref and not ref.startswith("-") and "\0" not in ref:
        ended = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        # Of `^main`, say, git makes more than a hash.
        if not ended.returncode and _HASH.fullmatch(ended.stdout):
            return ended.stdout.decode().strip()
    hint = "name a branch, a tag or a commit that this clone has"
    if _git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        hint = "this clone is shallow: fetch the revision, in GitHub's checkout by fetch-depth: 0"
    raise IcpctlError(f"unknown revision {ref[:100]!r}", "no_such_revision", hint=hint)


def _object(folder: Path, base: str, path: str) -> str | None:
    """Return the hash of what is at a path in a commit or tree, None if nothing is."""
    ended = _git(folder, "rev-parse", "--verify", "--quiet", f"{base}:{path}")
    return None if ended.returncode else ended.stdout.decode().strip()


def _entries(folder: Path, tree: str) -> list[_Entry] | None:
    """Return what may be a config in a folder, None if it is not a folder."""
    listed = _git(folder, "ls-tree", "-z", "-l", "--full-tree", tree)
    if listed.returncode:
        return None
    entries = [_Entry.parse(line) for line in listed.stdout.split(b"\0") if line]
    return [entry for entry in entries if is_config_name(entry.name)]


def _contents(folder: Path, objects: Sequence[str]) -> list[bytes | None]:
    """Return what git objects hold, in order; None for what is not a file."""
    lines = [os.fsencode(spec) for spec in objects]
    asked = [b"none" if b"\n" in line or not line else line for line in lines]
    stdin = b"".join(line + b"\n" for line in asked)
    ended = _git(folder, "cat-file", "--batch", "--follow-symlinks", stdin=stdin)
    if ended.returncode:
        raise IcpctlError("git cannot read these files", "bad_repository", hint=_said(ended))
    said = ended.stdout
    contents: list[bytes | None] = []
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        head = said[at:end].split(b" ")
        at = end + 1
        if head[-1] in _WITHOUT_SIZE:
            contents.append(None)
            continue
        size = int(head[-1])
        contents.append(said[at : at + size] if head[-2] == b"blob" else None)
        at += size + 1
    return contents


def _git(folder: Path, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git for the repository that a folder is in. Raises `IcpctlError` `no_git`."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    try:
        return subprocess.run(  # noqa: S603 - no shell, and no argument that can be an option
            ["git", "--no-pager", *args],  # noqa: S607 - the user's own git
            cwd=folder,
            input=stdin,
            env=environment | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise IcpctlError(
            f"git cannot be run: {error.strerror or error}",
            "no_git",
            hint="install it; --base-dir DIR compares with another folder, without git",
        ) from None


def _said(ended: subprocess.CompletedProcess[bytes]) -> str:
    """Return the first line that git wrote to stderr."""
    text = ended.stderr.decode(errors="replace").strip()
    return f"git says: {text.splitlines()[0]}" if text else f"git ended with {ended.returncode}"
