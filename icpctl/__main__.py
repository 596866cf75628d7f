"""`python -m icpctl` and the console script."""

import sys


def main() -> None:
    """Run the command line and end the process."""
    try:
        from icpctl.cli.app import app

        app(prog_name="icpctl")
    except KeyboardInterrupt:  # while modules are imported; commands see to the rest
        sys.exit(130)


if __name__ == "__main__":
    main()
