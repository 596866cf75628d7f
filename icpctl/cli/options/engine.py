"""Options of the commands that can run on Spark, and what they mean together."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.spark.session import Cluster

EngineName = Literal["local", "spark"]

Engine = Annotated[
    EngineName, typer.Option(help="Where to run: on this machine, or on Spark (docs/scale.md).")
]
Master = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Spark master, such as spark://HOST:7077 (default: from Spark's settings).",
    ),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option("--spark-conf", metavar="KEY=VALUE", help="Pass a setting to Spark (repeatable)."),
]


def cluster(
    engine: EngineName,
    master: str | None,
    settings: list[str] | None,
    *,
    unbuilt: dict[str, bool],
) -> "Cluster | None":
    """Return where Spark is to run; None where this machine does it.

    `unbuilt` are options that Spark has not, and whether they are given. Raises `IcpctlError`:
    `bad_usage`, `not_on_spark`.
    """
    if engine != "spark":
        if master is not None or settings:
            option = "--spark-conf" if master is None else "--master"
            raise IcpctlError(
                f"{option} is for Spark", "bad_usage", hint="add --engine spark, or leave it out"
            )
        return None
    for option, is_given in unbuilt.items():
        if is_given:
            raise IcpctlError(
                f"{option} is not available with --engine spark",
                "not_on_spark",
                hint="leave out one of the two",
            )
    from icpctl.spark.session import Cluster

    return Cluster(master, tuple(map(_setting, settings or [])))


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.startswith("spark."):
        raise IcpctlError(
            f"--spark-conf {text!r} is not a setting of Spark",
            "bad_usage",
            hint="write spark.KEY=VALUE, such as spark.executor.memory=4g",
        )
    return key, value
