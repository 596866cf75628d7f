"""The names of the output formats, apart from what renders them, which takes longer to load."""

from typing import Literal

FindingsFormat = Literal["text", "json", "github", "sarif", "junit"]
ListFormat = Literal["table", "json", "yaml", "name"]
ReportFormat = Literal["table", "json"]
TableFormat = Literal["table", "tsv", "json"]
ImpactFormat = Literal["table", "json", "markdown"]
FileFormat = Literal["yaml", "json"]
SingleFormat = Literal["yaml", "json", "table"]
TestFormat = Literal["table", "json", "junit", "github"]
PlanFormat = Literal["table", "json"]
DescribeFormat = Literal["text", "json"]
EquivalentFormat = Literal["text", "json"]
