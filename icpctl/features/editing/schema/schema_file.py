"""The JSON Schema beside configs that name it for editors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from icpctl.config.definitions import definitions_in
from icpctl.errors import IcpctlError
from icpctl.features.editing.layout import SCHEMA_FILE
from icpctl.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAMED = re.compile(rb'\$schema(=|"?:\s*["\']?)(\./)?' + re.escape(SCHEMA_FILE).encode())


def schema_beside(folder: Path, texts: Iterable[bytes]) -> dict[Path, bytes]:
    """Return the schema file that is to be written into a folder for configs of these texts.

    Nothing, if none of them names it, or if the folder has it as this version writes it. What
    cannot be read, or is not a regular file, is left as it is.
    """
    from icpctl.features.editing.schema.config_schema import schema_text

    if not any(map(_NAMED.search, texts)):
        return {}
    vocabulary = definitions_in(folder).vocabulary
    path, schema = folder / SCHEMA_FILE, schema_text(vocabulary).encode()
    if path.is_symlink():
        return {}
    try:
        now = read_regular(path, len(schema))
    except FileNotFoundError:
        return {path: schema}
    except IcpctlError:
        return {}
    return {} if now == schema else {path: schema}
