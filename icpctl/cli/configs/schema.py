"""`icpctl schema`."""

from icpctl.errors import ExitCode


def schema() -> ExitCode:
    """Print the JSON Schema of a config file.

    Editors read it (draft-07) to complete, explain and check what is typed.
    """
    from icpctl.config.schema import schema_text

    print(schema_text(), end="")
    return ExitCode.DONE
