"""The names of the output formats, apart from what renders them, which takes longer to load."""

from typing import Literal

FindingsFormat = Literal["text", "json"]
ListFormat = Literal["table", "json", "yaml", "name"]
ReportFormat = Literal["table", "json"]
SingleFormat = Literal["yaml", "json", "table"]
