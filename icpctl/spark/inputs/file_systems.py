"""What names of files and folders mean: this machine's disks, or Spark's file systems."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_FILE = re.compile(r"file:(?://)?(/(?!/).*)", re.DOTALL)


class FileSystems:
    """The file systems of a session. Names are as users give them; paths are Hadoop's."""

    def __init__(self, spark: SparkSession) -> None:
        context: Any = spark.sparkContext
        hadoop = context._jvm.org.apache.hadoop.fs
        self._settings = context._jsc.hadoopConfiguration()
        self._new_path = hadoop.Path
        default = hadoop.FileSystem.getDefaultUri(self._settings).getScheme()
        self._is_disk_default = default == "file"

    def on_disk(self, name: str) -> str | None:
        """Return the path on this machine's disks that a name means, None if it is elsewhere."""
        match = _FILE.fullmatch(name)
        if match:
            return match[1]
        return None if _SCHEME.match(name) or not self._is_disk_default else name

    def path(self, name: str) -> Any:
        """Return the path that a name means. Raises `IcpctlError` if it cannot be a path."""
        on_disk = self.on_disk(name)
        return self._path(name) if on_disk is None else self.path_on_disk(Path(on_disk))

    def path_on_disk(self, path: Path) -> Any:
        """Return the path of a file on this machine's disks. Raises what `path` raises."""
        path = path.absolute()
        if ".." in path.parts:  # Hadoop takes LINK/.. away without a look at the link
            path = path.parent.resolve() / path.name
        return self._path(f"file:{path}")

    def system(self, path: Any) -> Any:
        """Return the file system that a path is in."""
        return path.getFileSystem(self._settings)

    def _path(self, name: str) -> Any:
        try:
            name.encode()
        except UnicodeEncodeError:
            shown = name.encode(errors="backslashreplace").decode()
            raise IcpctlError(
                "Spark accepts only names in UTF-8", "bad_usage", Location(shown), "rename it"
            ) from None
        return self._new_path(name)
