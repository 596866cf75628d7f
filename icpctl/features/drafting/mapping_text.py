"""A drafted mapping as a YAML file: each line with its share and examples as a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.shared.text_layout import yaml_text
from icpctl.mappings.paths import path_text
from icpctl.output.wording import counted, fitted, percent

if TYPE_CHECKING:
    from icpctl.exports.similar_keys import SurveyedKey
    from icpctl.features.drafting.mapping_draft import DraftLine, MappingDraft

_EXAMPLES, _WIDEST = 2, 40  # examples of a line, and characters of one
_COMMENTS_FROM = 44  # the column at which comments begin, where lines are shorter
_MOST_UNUSED = 100


def mapping_text(draft: MappingDraft) -> str:
    """Return the text of the mapping file."""
    lines = [
        f"# Drafted from names and values of the first {counted(draft.records, 'record')}.",
        "# Each line has the share of records that have a value, and examples. Uncertain lines are",
        "# commented out: remove the # if a line is right. Other fields are read as the mapping",
        f"# {draft.base} reads them.",
        *yaml_text({"extends": draft.base}).splitlines(),
        *_records(draft),
        *([""] if draft.lines else []),
    ]
    lines += [_line(line, draft.records) for line in draft.lines]
    if draft.repeated_ids:
        text = f"# by: {draft.lines[0].key.text}" if _names_id(draft) else "# by: id"
        seen = f"{draft.repeated_ids:,} of the first records repeat an id: are these events?"
        lines.append(_with_comment(text, seen))
    if draft.there:
        lines += ["", f"# Read as the mapping {draft.base} has them:"]
        lines += [_comment(_entry(line), line.key, draft) for line in draft.there]
    unused = [key for key in draft.unused if is_plain(key.text)]
    if unused:
        lines += ["", "# Not read yet; write FIELD: PATH for what you need (icpctl describe):"]
        lines += [_comment(key.text, key, draft) for key in unused[:_MOST_UNUSED]]
    return "\n".join(lines) + "\n"


def _records(draft: MappingDraft) -> list[str]:
    """Return where the records are, if the file holds pages of an API."""
    path = path_text(draft.page)
    if draft.pages < 2:
        return yaml_text({"records": path}).splitlines() if path else []
    return [
        "",
        f"# The file holds {draft.pages:,} pages of an API; these are the keys of the records in",
        f"# their {path}. Take the records out of the pages first, and score those:",
        f"#   jq -c '(arrays[] // .) | .{path}[]' FILE > records.jsonl",
    ]


def is_plain(text: str) -> bool:
    """Return whether a text can be in a comment as it is."""
    return text.isprintable() and len(text) <= 2 * _WIDEST


def _names_id(draft: MappingDraft) -> bool:
    return bool(draft.lines) and draft.lines[0].field == "id"


def _line(line: DraftLine, records: int) -> str:
    mark = "" if line.is_sure else "# "
    return _with_comment(f"{mark}{_entry(line)}", _share(line.key, records))


def _entry(line: DraftLine) -> str:
    if not line.formats:
        return yaml_text({line.field: line.key.text}).strip()
    formats = line.formats[0] if len(line.formats) == 1 else list(line.formats)
    how = {"path": line.key.text, "as": "date", "format": formats}
    return f"{line.field}: {yaml_text(how, flow=True).strip()}"


def _comment(text: str, key: SurveyedKey, draft: MappingDraft) -> str:
    return _with_comment(f"#   {text}", _share(key, draft.records))


def _share(key: SurveyedKey, records: int) -> str:
    examples = [fitted(token, _WIDEST) for token in key.values if token.isprintable()]
    share = percent(key.have / records, 0) if records else ""
    return f"{share}: {', '.join(examples[:_EXAMPLES])}" if examples else share


def _with_comment(text: str, comment: str) -> str:
    return f"{text:<{_COMMENTS_FROM}}  # {comment}"
