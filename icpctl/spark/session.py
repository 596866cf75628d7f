"""A Spark session for one call: started quietly, always stopped, with its log in a file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from logging import NullHandler, getLogger
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.spark.failures import as_icpctl_error, first_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

_JAVA = "install Java 17 or later (Debian: apt-get install default-jre-headless), or set JAVA_HOME"
_MASTER = re.compile(r"local(\[.+\])?|yarn|k8s://.+|spark://[^/\s]+")
_ANSWER_SECONDS = 5.0
_SETTINGS = {
    # Files are named one by one; none of them is to be left out because of its name.
    "spark.sql.files.ignoredPathSegmentRegex": "(?!)",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Few visitors, which are kept, are few tasks' work.
    "spark.sql.optimizer.canChangeCachedPlanOutputPartitioning": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(32 * 1024 * 1024),
    "spark.ui.showConsoleProgress": "false",
    # As the command line has it for itself.
    "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
    "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",
    "spark.executorEnv.PYDANTIC_DISABLE_PLUGINS": "__all__",
}

_WITH_SHORT_PATHS = ("local", "spark://")
"""Masters whose workers keep sockets at paths short enough for the system, as YARN's do not.

Lines go to Python through sockets, and TCP takes a twelfth of the time of all.
"""


class Cluster(Struct, frozen=True):
    """Where to run: `master` None means what Spark's own settings say, else this machine.

    `settings` are Spark's.
    """

    master: str | None = None
    settings: tuple[tuple[str, str], ...] = ()


def require_pyspark() -> None:
    """Raise `IcpctlError` `not_installed` if a package that Spark needs is missing."""
    missing = [name for name in ("pyspark", "pandas") if find_spec(name) is None]
    if missing:
        raise IcpctlError(
            f"--engine spark needs {' and '.join(missing)}",
            "not_installed",
            hint="from a clone of icpctl: pip install '.[spark]'; and install Java 17 or later",
        )


@contextmanager
def session(cluster: Cluster, name: str) -> Iterator[SparkSession]:
    """Start a session whose application has this name, and stop it after the block.

    What Spark and Java print goes to a file, which is kept after a failure. Raises `IcpctlError`:
    `not_installed`, `bad_usage`, `no_cluster`, and what `as_icpctl_error` makes of Spark's errors.
    """
    require_pyspark()
    _require_java()
    if cluster.master is not None:
        _check_master(cluster.master)
    descriptor, path = tempfile.mkstemp(prefix="icpctl-spark-", suffix=".log")
    log = Path(path)
    keeps_log = False
    try:
        spark = _started(cluster, name, descriptor)
        try:
            with _ended_by_sigterm():
                yield spark
        except IcpctlError:
            raise
        except Exception as error:
            # While Java is there: without it its errors have no text.
            explained = as_icpctl_error(error, log)
            keeps_log = str(log) in (explained.hint or "")
            raise explained from error
        finally:
            _stop(spark)
    finally:
        os.close(descriptor)
        if not keeps_log:
            log.unlink(missing_ok=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, so that folders and Java are cleared away.

    Raises `SystemExit` with 128 + 15, as a shell has it. What was interrupted in the middle of an
    answer of Java's may end in an error of py4j's on the way out, which nobody needs to see.
    """
    if current_thread() is not main_thread():
        yield
        return
    received: list[int] = []

    def end(number: int, _frame: object) -> None:
        received.append(number)
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except Exception:
        if received:
            sys.exit(128 + received[0])
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which(Path(home, "bin", "java") if home else "java") is None:
        where = f"JAVA_HOME names {home}, which has no Java" if home else "Java is not installed"
        raise IcpctlError(f"Spark needs Java: {where}", "not_installed", hint=_JAVA)


def _check_master(master: str) -> None:
    """Raise `IcpctlError` if Spark would search for a master for minutes without success."""
    if not _MASTER.fullmatch(master):
        raise IcpctlError(
            f"--master {master!r} is not a master",
            "bad_usage",
            hint="such as local[2], spark://HOST:7077, yarn or k8s://https://HOST:PORT",
        )
    if not master.startswith("spark://"):
        return
    reason = ""
    for place in master.removeprefix("spark://").split(","):
        host, _, port = place.rpartition(":")
        if not host or not port.isdigit():
            raise IcpctlError(
                f"--master {master!r} names no host and port",
                "bad_usage",
                hint="such as spark://HOST:7077",
            )
        try:
            socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            return
    raise IcpctlError(
        f"no Spark master answers at {master}: {reason}",
        "no_cluster",
        hint="check the host and port; a standalone master prints its URL when it starts",
    )


def _started(cluster: Cluster, name: str, log: int) -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf(loadDefaults=False).setAppName(name).setAll([*_SETTINGS.items()])
    if cluster.master is not None:
        conf.setMaster(cluster.master)
        if cluster.master.startswith(_WITH_SHORT_PATHS):
            conf.set("spark.python.unix.domain.socket.enabled", "true")
    conf.setAll(list(cluster.settings))
    try:
        launch: Any = launch_gateway
        gateway = launch(conf, {"stdout": log, "stderr": log})
    except PySparkRuntimeError as error:
        with os.fdopen(os.dup(log), "rb") as file:
            file.seek(0)
            said = file.read().decode(errors="replace")
        raise _not_started(said, str(error)) from None
    # Ctrl-C is ours: Spark's own answer to it asks Java something in the middle of an answer,
    # and py4j prints what comes of that.
    getLogger().addHandler(NullHandler())
    is_main = current_thread() is main_thread()
    on_interrupt = signal.getsignal(signal.SIGINT) if is_main else None
    try:
        return SparkSession(SparkContext(gateway=gateway))
    except Exception as error:
        raise _not_started("", str(error)) from error
    finally:
        if on_interrupt is not None:
            signal.signal(signal.SIGINT, on_interrupt)


def _not_started(said: str, error: str) -> IcpctlError:
    """Return why Spark does not start, from what Java printed and from the error."""
    if "UnsupportedClassVersionError" in said or "JAVA_HOME is not set" in said:
        return IcpctlError("Spark needs Java 17 or later", "not_installed", hint=_JAVA)
    match = re.search(r"(?:Exception in thread .*?|Error): ?(?:[\w.$]+: )?(.+)", said or error)
    why = match[1].strip() if match else first_words(said or error)
    hint = "check --master, --spark-conf and Spark's own settings"
    return IcpctlError(f"Spark does not start: {why}", "spark_failed", hint=hint)


def apart(call: Callable[[], object], seconds: float = 30.0) -> None:
    """Call a function on a separate thread for a limited time, and ignore its errors.

    A thread has its own connection to Java; one that was interrupted may still have an answer on
    its way.
    """

    def quietly() -> None:
        with suppress(Exception):
            call()

    thread = Thread(target=quietly, daemon=True)
    thread.start()
    thread.join(seconds)


def _stop(spark: SparkSession) -> None:
    context = spark.sparkContext
    gateway = context._gateway
    apart(spark.stop)
    if gateway is not None:
        apart(gateway.shutdown)
    type(context)._gateway = None
    type(context)._jvm = None
