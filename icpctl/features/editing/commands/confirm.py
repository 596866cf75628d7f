"""The question before something is deleted."""

import sys

import typer

from icpctl.errors import IcpctlError


def require_yes(question: str, *, yes: bool) -> None:
    """Ask on a terminal; raise `IcpctlError` `not_confirmed` unless the answer is yes.

    Ctrl-C raises `typer.Abort`, which ends the call as Ctrl-C ends any other.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        message = "cannot ask for confirmation without a terminal, so nothing was done"
        raise IcpctlError(message, "not_confirmed", hint="confirm with --yes")
    try:
        sure = typer.confirm(question, err=True)
    except typer.Abort as aborted:
        typer.echo(err=True)
        if isinstance(aborted.__context__, KeyboardInterrupt):
            raise
        sure = False
    if not sure:
        raise IcpctlError("nothing was done", "not_confirmed")
