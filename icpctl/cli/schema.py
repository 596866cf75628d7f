"""`icpctl schema`."""

from icpctl.errors import ExitCode


def schema() -> ExitCode:
    """Print the JSON Schema of a config file.

    Editors read it (draft-07) to complete, explain and check what is typed.
    """
    import json

    from icpctl.config.schema import config_schema

    print(json.dumps(config_schema(), indent=2))
    return ExitCode.DONE
