"""`python -m icpctl` and the console script."""

import contextlib
import gc
import os
import sys
from typing import NoReturn

# A call makes many objects that live to its end and hardly a cycle: looking for cycles as often
# as Python does takes a third of the time that reading 1,000 configs takes.
_OBJECTS_BEFORE_A_LOOK = 200_000


def main() -> None:
    """Run the command line and end the process."""
    gc.set_threshold(_OBJECTS_BEFORE_A_LOOK)
    # pydantic would look through every installed package for plugins to its models.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # NumPy's linear algebra would start threads that wait, busily, for work that never comes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrow's own allocator gives memory back and takes it anew for every batch: a sixth of the
    # time that scoring Parquet files takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if os.environ.get("COLUMNS") == "0":  # not known, as POSIX has it; Rich would print nothing
        del os.environ["COLUMNS"]
    try:
        from icpctl.cli.app import app
        from icpctl.cli.errors import run

        _end(run(app))
    except KeyboardInterrupt:  # while modules are imported; commands see to the rest
        sys.exit(130)
    except OSError as error:  # help or the version could not be printed
        with contextlib.suppress(OSError):
            print(f"error: {error.strerror or error}", file=sys.stderr, flush=True)
        sys.exit(2)


def _end(code: int) -> NoReturn:
    """End at once: Python would take all modules apart first, a seventh of the time of `list`.

    Commands close what they opened, so nothing is left to do but to print what is still to come.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
