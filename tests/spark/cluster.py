"""A standalone cluster of processes on this machine, from the PySpark package."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.process import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 240  # seconds, on a machine that does much else


class Cluster:
    """A master and its workers, each with one core; `url` is the master's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        master = self._start("master.Master", "master", "--port", "0")
        self.url = self._said("master", r"Starting Spark master at (spark://\S+)")
        self.workers: list[subprocess.Popen[bytes]] = []
        for number in range(2):
            name = f"worker-{number}"
            options = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / name)]
            self.workers.append(self._start("worker.Worker", name, *options, self.url))
        for number in range(2):
            self._said(f"worker-{number}", "Successfully registered with master")
        assert master.poll() is None

    def kill_a_worker(self) -> None:
        """Kill a worker and its executor, which have no time to say anything."""
        os.killpg(self.workers[0].pid, signal.SIGKILL)

    def stop(self) -> None:
        """End all processes."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, what: str, name: str, *options: str) -> subprocess.Popen[bytes]:
        from pyspark.find_spark_home import _find_spark_home

        script = Path(_find_spark_home(), "bin", "spark-class")
        command = [script, f"org.apache.spark.deploy.{what}", "--host", "127.0.0.1"]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--webui-port", "0", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # No driver's folder: workers have their own.
                cwd="/",
                env=environment(SPARK_LOCAL_IP="127.0.0.1", PYTHONPATH=""),
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _said(self, name: str, pattern: str) -> str:
        log = self._folder / f"{name}.log"
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, log.read_text(errors="replace"))
            if found:
                return found[found.lastindex or 0]
            time.sleep(0.1)
        raise AssertionError(log.read_text(errors="replace"))


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster that ends with the block."""
    found = Cluster(folder)
    try:
        yield found
    finally:
        found.stop()
