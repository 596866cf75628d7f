"""The report of `icpctl prove`: findings, how configs meet, and what is not known."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from icpctl.features.prove.output.findings import add_findings, findings_of, open_question
from icpctl.output.console import is_coloured, note, table
from icpctl.output.findings import FORMATS, Report, finding_body, print_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from icpctl.config.loading import Loaded
    from icpctl.errors import Finding
    from icpctl.features.prove.facts import Pair, Proofs
    from icpctl.features.prove.space.witness import Witness
    from icpctl.output.console import FindingsFormat


def report_of(loaded: Loaded, proofs: Sequence[Proofs], *, strict: bool) -> Report:
    """The report of what was proved, and of the files that are not valid."""
    loaded.findings = [it for it in loaded.findings if it.severity == "error"]
    add_findings(loaded, proofs)
    return Report.of(loaded, strict=strict)


def print_proofs(
    report: Report, proofs: Sequence[Proofs], output: FindingsFormat, *, pairs: bool
) -> None:
    """Print the findings in a format, and with `pairs` the table of how configs meet."""
    if output == "json":
        print(json.dumps(_body(report, proofs, pairs), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(FORMATS[output](report, colour=is_coloured(sys.stdout)))
    if pairs and output == "text":
        _print_pairs(proofs)
    sys.stdout.flush()
    if output != "json":
        print_findings(_open(proofs), sys.stderr)
    note(_summary(report, proofs))


def write_witnesses(proofs: Sequence[Proofs], file: BinaryIO) -> None:
    """Write every visitor that was shown as a line of JSON."""
    lines = [
        json.dumps({"id": name, **witness.record}, ensure_ascii=False) + "\n"
        for it in proofs
        for name, witness in _witnesses(it)
    ]
    file.write("".join(lines).encode())


def _witnesses(proofs: Proofs) -> Iterator[tuple[str, Witness]]:
    for finding, fact in findings_of(proofs):
        if fact.witness:
            slug = proofs.files[fact.about.config].slug
            yield f"{fact.code} {slug}:{finding.location.line}", fact.witness
    for pair in proofs.pairs:
        if pair.witness:
            yield " ".join(_slugs(proofs, pair)), pair.witness


def _open(proofs: Sequence[Proofs]) -> list[Finding]:
    found = [open_question(it, unknown) for it in proofs for unknown in it.unknown]
    return sorted(found, key=lambda it: (it.location.file, it.location.line or 0))


def _slugs(proofs: Proofs, pair: Pair) -> list[str]:
    return [proofs.files[it].slug for it in (pair.first, pair.second)]


def _print_pairs(proofs: Sequence[Proofs]) -> None:
    rows = [
        [*_slugs(it, pair), pair.meeting.value, pair.witness.line if pair.witness else ""]
        for it in proofs
        for pair in it.pairs
    ]
    if rows:
        table(["CONFIG", "AND", "BOTH", "SUCH AS"], rows, folds="SUCH AS")


def _summary(report: Report, proofs: Sequence[Proofs]) -> str:
    meetings = Counter(pair.meeting.value for it in proofs for pair in it.pairs)
    parts = [report.summary()]
    if meetings:
        counts = ", ".join(f"{count:,} {meeting}" for meeting, count in sorted(meetings.items()))
        parts.append(f"pairs: {counts}")
    if unknown := sum(len(it.unknown) for it in proofs):
        parts.append(f"{unknown:,} not known")
    return "; ".join(parts)


def _body(report: Report, proofs: Sequence[Proofs], pairs: bool) -> dict[str, Any]:
    shown_by = {
        (finding.code, finding.location): fact.witness
        for it in proofs
        for finding, fact in findings_of(it)
    }
    findings = []
    for finding in report.findings:
        witness = shown_by.get((finding.code, finding.location))
        findings.append({**finding_body(finding), "witness": witness and witness.record})
    body: dict[str, Any] = {
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": findings,
        "unknown": [finding_body(it) for it in _open(proofs)],
    }
    if pairs:
        body["pairs"] = [
            {
                "organization": it.files[pair.first].org,
                "configs": _slugs(it, pair),
                "both": pair.meeting.value,
                "witness": pair.witness and pair.witness.record,
            }
            for it in proofs
            for pair in it.pairs
        ]
    return body
