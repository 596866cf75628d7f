"""The question before something is deleted."""

import sys

import typer

from icpctl.errors import IcpctlError


def require_yes(question: str, *, yes: bool) -> None:
    """Ask on a terminal; raise `IcpctlError` `not_confirmed` unless the answer is yes."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        message = "cannot ask for confirmation without a terminal, so nothing was done"
        raise IcpctlError(message, "not_confirmed", hint="confirm with --yes")
    try:
        sure = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)
        sure = False
    if not sure:
        raise IcpctlError("nothing was done", "not_confirmed")
