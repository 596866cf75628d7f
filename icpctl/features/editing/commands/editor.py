"""A config in the user's editor: opened until it is valid; what was typed is never lost."""

import codecs
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

from icpctl.config.checks import check_document
from icpctl.documents.reading import read_document
from icpctl.errors import ExitCode, Finding, IcpctlError, Location
from icpctl.features.editing.texts.edited_text import newline_of
from icpctl.features.editing.writing import keep
from icpctl.files import replacing, require_writable

_MOST = 20  # findings at the top of a file; who has more will open it again anyway


def edited(path: Path, slug: str) -> bool:
    """Let the user edit a copy of a config's file, and write it back when it is valid.

    Returns whether the file was changed: not when the copy is left as it was, or emptied. Raises
    `IcpctlError`, which says where the copy is when something was typed: `no_editor`,
    `editor_failed`, `invalid_config`, `conflict`, `not_written`, `interrupted`.
    """
    require_writable()
    session = _Session(path, slug)
    try:
        typed = session.typed()
        if typed is not None:
            keep(path, session.before, typed)
    except (IcpctlError, OSError, KeyboardInterrupt) as error:
        if session.is_untouched():
            session.forget()
            raise
        raise session.kept(error) from error
    session.forget()
    return typed is not None


class _Session:
    """The copy that is edited, and the lines of comments at its top."""

    def __init__(self, path: Path, slug: str) -> None:
        self.path = path
        self.slug = slug
        self.before = path.read_bytes()
        self.copy = Path(tempfile.mkdtemp(prefix="icpctl-"), path.name)
        with replacing(self.copy) as file:
            file.write(self.before)
        self.mark = b"// icpctl: " if path.suffix == ".json" else b"# icpctl: "
        self.comments: list[bytes] = []

    def typed(self) -> bytes | None:
        """Open the copy until it is valid, or return None when it is unchanged or empty."""
        editor, earlier = _editor(), None
        while True:
            _run([*editor, str(self.copy)])
            typed = self.text()
            if typed == self.before or not typed.strip():
                return None
            config, findings = check_document(read_document(typed, str(self.path)), self.slug)
            if config is not None:
                return typed
            if typed == earlier:
                raise self.still_not_valid(findings)
            earlier = typed
            self.comments = [self.mark + line.encode(errors="replace") for line in _lines(findings)]
            with replacing(self.copy) as file:
                file.write(self.commented(typed))

    def text(self) -> bytes:
        """Return the copy without the comments that were put at its top."""
        try:
            data = self.copy.read_bytes()
        except FileNotFoundError:
            return b""
        body = data.removeprefix(codecs.BOM_UTF8)
        own = self.before.split(b"\n")  # a comment may have been edited too, so all of ours go
        lines = body.split(b"\n")
        kept = [line for line in lines if line in own or not line.startswith(self.mark)]
        return data[: len(data) - len(body)] + b"\n".join(kept)

    def commented(self, typed: bytes) -> bytes:
        body = typed.removeprefix(codecs.BOM_UTF8)
        newline = newline_of(body.decode(errors="replace")).encode()
        top = b"".join(line + newline for line in self.comments)
        return typed[: len(typed) - len(body)] + top + body

    def still_not_valid(self, findings: list[Finding]) -> IcpctlError:
        """Return the error whose findings have their places in the copy."""
        height = len(self.comments)
        places = [finding.location for finding in findings]
        moved = [
            Location(str(self.copy), (place.line or 1) + height, place.column) for place in places
        ]
        placed = [
            replace(finding, location=place) for finding, place in zip(findings, moved, strict=True)
        ]
        message = "it is still not valid, so nothing was changed"
        return IcpctlError(message, "invalid_config", findings=placed)

    def is_untouched(self) -> bool:
        return self.text() in (self.before, b"")

    def forget(self) -> None:
        shutil.rmtree(self.copy.parent)

    def kept(self, error: BaseException) -> IcpctlError:
        """Return the error with the place of what was typed."""
        where = f"your text is kept in {self.copy}"
        if isinstance(error, IcpctlError):
            error.hint = f"{error.hint}; {where}" if error.hint else where
            error.details |= {"kept": str(self.copy)}
            return error
        if isinstance(error, KeyboardInterrupt):
            code = ExitCode.INTERRUPTED
            return IcpctlError("interrupted", "interrupted", hint=where, exit_code=code)
        return IcpctlError(str(error), "io_error", hint=where)


def _editor() -> list[str]:
    """Return the words of the user's editor, with `~` and variables written out, as a shell does.

    Raises `IcpctlError` `no_editor`.
    """
    words = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not words and not _is_terminal():
        message = "no terminal, and neither VISUAL nor EDITOR names an editor"
        raise IcpctlError(message, "no_editor", hint="icpctl update changes a config without one")
    words = words or "vi"
    try:
        split = shlex.split(words)
    except ValueError:
        split = []
    editor = [os.path.expanduser(os.path.expandvars(word)) for word in split]
    if not editor or shutil.which(editor[0]) is None:
        message = f"the editor {words!r} cannot be run"
        raise IcpctlError(message, "no_editor", hint="name one in VISUAL or EDITOR")
    return editor


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _run(command: list[str]) -> None:
    # Ctrl-C is the editor's while it runs. A handler, for ignoring would be inherited.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    # An editor that waits for keys where nobody types would wait for ever, so it reads the end.
    keys = None if _is_terminal() else subprocess.DEVNULL
    try:
        ended = subprocess.run(command, stdin=keys, check=False)  # noqa: S603 - VISUAL or EDITOR, which the user set
    finally:
        signal.signal(signal.SIGINT, before)
    if ended.returncode:
        message = f"the editor {command[0]} ended with {ended.returncode}, so nothing was changed"
        raise IcpctlError(message, "editor_failed")


def _lines(findings: list[Finding]) -> list[str]:
    """Return what is written at the top of the copy; its lines are counted from there."""
    errors = [finding for finding in findings if finding.severity == "error"]
    hints = sum(finding.hint is not None for finding in errors[:_MOST])
    height = 1 + len(errors[:_MOST]) + hints + (len(errors) > _MOST)
    lines = ["not valid yet; these lines are removed when you save; empty the file to give up"]
    for finding in errors[:_MOST]:
        place = finding.location
        line = (place.line or 1) + height
        lines.append(f"line {line}, column {place.column}: {finding.message} [{finding.code}]")
        if finding.hint:
            lines.append(f"  hint: {finding.hint}")
    if len(errors) > _MOST:
        lines.append(f"and {len(errors) - _MOST} more")
    return [" ".join(line.splitlines()) for line in lines]
