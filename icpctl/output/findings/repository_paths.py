"""Files as code hosting services name them: from the root of their git repository."""

from __future__ import annotations

import os
from functools import cache


def repository_path(file: str) -> str:
    """Return a file's path from the root of its git repository, with slashes.

    That is the repository of the working folder, or else the one that holds the file; a file
    in none keeps its name. Links are not followed, because git does not either.
    """
    here, place = os.getcwd(), os.path.abspath(file)
    for root in (_root(here), _root(os.path.dirname(place))):
        if root is not None and place.startswith(os.path.join(root, "")):
            return os.path.relpath(place, root).replace(os.sep, "/")
    return file.replace(os.sep, "/")


@cache
def _root(folder: str) -> str | None:
    """Return the nearest folder, from this one upwards, with a `.git` in it."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
