"""The names of the output formats, apart from what renders them, which takes longer to load."""

from typing import Literal

FindingsFormat = Literal["text", "json", "github", "sarif", "junit"]
ListFormat = Literal["table", "json", "yaml", "name"]
SingleFormat = Literal["yaml", "json", "table"]
DescribeFormat = Literal["text", "json"]
