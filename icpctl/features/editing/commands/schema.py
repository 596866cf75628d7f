"""`icpctl schema`."""

from icpctl.cli.options import Dir, Org, known_vocabulary
from icpctl.errors import ExitCode


def schema(directory: Dir = None, org: Org = None) -> ExitCode:
    """Print the JSON Schema of a config file, with the custom fields of the folder.

    Editors read it (draft-07) to complete, explain and check what is typed.
    """
    from icpctl.features.editing.schema.config_schema import schema_text

    print(schema_text(known_vocabulary(directory, org)), end="")
    return ExitCode.DONE
