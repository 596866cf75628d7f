"""An error of a whole call, on stderr and as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TextIO

from icpctl.output.console import is_coloured, shown, shown_line, styled

if TYPE_CHECKING:
    from icpctl.errors import IcpctlError


def print_error(error: IcpctlError) -> None:
    """Print an error on stderr: its findings, then what is wrong, where, and what to do."""
    colour = is_coloured(sys.stderr)
    text = ""
    if error.findings:
        from icpctl.output.findings import findings_text

        text = findings_text(error.findings, colour=colour)
    place = (
        f"{styled(shown_line(str(error.where)), 'place', colour=colour)}: " if error.where else ""
    )
    text += f"{place}{styled('error:', 'error', colour=colour)} {shown(error.message)}\n"
    if error.hint:
        text += f"  {styled('hint:', 'hint', colour=colour)} {shown(error.hint)}\n"
    sys.stderr.write(text)


def print_error_json(error: IcpctlError, stream: TextIO) -> None:
    """Print `{code, message, details}` on stdout; `details` holds what else the error knows."""
    details = dict(error.details)
    if error.where:
        place = error.where
        details |= {"file": place.file, "line": place.line, "column": place.column}
    if error.hint:
        details["hint"] = error.hint
    if error.findings:
        from icpctl.output.findings import finding_body

        details["findings"] = [finding_body(finding) for finding in error.findings]
    body = {"code": error.code, "message": error.message, "details": details}
    print(json.dumps(body, indent=2), file=stream)
