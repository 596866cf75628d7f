"""The names of the files that configs are made of: which are configs, tests, lists and fields."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_SLUG = 100
FIELDS_FILE = "fields.yaml"
"""The file of a folder of configs that declares its custom fields."""

LISTS_FOLDER = "lists"
"""The folder within a folder of configs that has its named lists."""

TESTS_FOLDER = "tests"
"""The folder within a folder of configs that may have the tests of its configs."""

NO_ORGANIZATIONS = (LISTS_FOLDER, TESTS_FOLDER)
"""Folders within a folder of configs that are not organizations."""


def is_slug(text: str) -> bool:
    """Return whether `text` may name a config."""
    return len(text) <= MAX_SLUG and SLUG.fullmatch(text) is not None


def nearest_slug(text: str) -> str | None:
    """Return `text` of any script made into a slug, or None when nothing of it is left."""
    from slugify import slugify

    return slugify(text, max_length=MAX_SLUG) or None


def not_a_config(path: Path) -> IcpctlError:
    """Return the error for a path that is named as a config and cannot be one."""
    hint = "a config is SLUG.yaml, SLUG.yml or SLUG.json"
    return IcpctlError("this is not a config", "not_a_config", Location(str(path)), hint)


def is_config_name(name: str) -> bool:
    """Return whether a file of this name in a folder of configs is meant as a config."""
    suffix = os.path.splitext(name)[1]
    is_other = name.startswith(".") or name == FIELDS_FILE or is_rule_test(name)
    return suffix.lower() in SUFFIXES and not is_other


def belongs_to_configs(path: Path) -> bool:
    """Return whether a path, relative to a folder of configs, is of a file that configs consist of.

    These are configs, their tests, fields and lists, of the folder itself or of an organization.
    """
    *folders, name = path.parts
    if folders and folders[-1] in (LISTS_FOLDER, TESTS_FOLDER):
        kind = folders.pop()
        is_kept = name.endswith(".txt") if kind == LISTS_FOLDER else is_rule_test(name)
    else:
        is_kept = name == FIELDS_FILE or is_config_name(name) or is_rule_test(name)
    return is_kept and len(folders) <= 1


def is_rule_test(name: str) -> bool:
    """Return whether a file of this name holds tests of a config, such as `saas.test.yaml`."""
    stem, suffix = os.path.splitext(name)
    return stem.endswith(".test") and suffix.lower() in SUFFIXES
