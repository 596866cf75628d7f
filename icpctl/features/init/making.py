"""Makes a folder to start with: all of its files, or nothing; what is there is left as it is."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.config.file_names import is_config_name
from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.sources import find_sources
from icpctl.exports.similar_keys import NAMES
from icpctl.features.drafting.mapping_draft import draft_mapping
from icpctl.features.drafting.mapping_text import mapping_text
from icpctl.features.editing.layout import SCHEMA_FILE
from icpctl.features.editing.locking import locked
from icpctl.features.editing.schema.schema_file import schema_beside
from icpctl.features.init.conditions import FIELDS as CONFIG_FIELDS
from icpctl.features.init.conditions import conditions_of, usual_conditions, without_extensions
from icpctl.features.init.sample import Sample, take_sample
from icpctl.features.init.texts import CI_FILES, SLUG, config_file, settings_file, test_file
from icpctl.features.shared.file_changes import change_files
from icpctl.files import require_writable
from icpctl.mappings.loading import read_mapping
from icpctl.mappings.mapping import DEFAULT
from icpctl.settings import DEFAULT_DIR, load_settings

if TYPE_CHECKING:
    from icpctl.features.init.model import Draft
    from icpctl.settings import Settings

SETTINGS_FILE, MAPPING_FILE = "icpctl.toml", "mapping.yaml"
_FIELDS = tuple(dict.fromkeys((*CONFIG_FIELDS, *NAMES)))


class NewFile(Struct, frozen=True):
    """A file to make, why, and its text; it is left where `there` (it, or another) is already."""

    path: Path
    purpose: str
    data: bytes
    there: Path | None = None


class Made(Struct):
    """What was made and what was left, in order, and what the export was like.

    `is_set_up` says that the settings of the folder are those that were written now. `sample` is
    of the export, if there was one; `drafted` are the paths of the mapping that was drafted for
    it, None where a built-in one fits.
    """

    folder: Path
    made: list[NewFile] = field(default_factory=list)
    left: list[NewFile] = field(default_factory=list)
    export: str | None = None
    encoding: str | None = None
    sample: Sample | None = None
    drafted: dict[str, str] | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether the settings of the folder were written now."""
        return any(file.path.name == SETTINGS_FILE for file in self.made)


def make(folder: Path, export: str | None, ci: str | None, encoding: str | None = None) -> Made:
    """Make the files that a folder lacks; none is replaced.

    `ci` is a name of `CI_FILES`, `encoding` that of a CSV file which is not UTF-8. Raises
    `IcpctlError`: what reading the export raises,
    `bad_settings`, `not_written`, and `bad_usage` where the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise IcpctlError("this is not a folder", "bad_usage", Location(str(folder)))
    made = Made(folder, export=export, encoding=encoding)
    settings = load_settings(_nearest_folder(folder))
    require_writable()
    drafts, mapping = _drafts(made) if export else (usual_conditions(), None)
    if settings.api and _is_of(settings, folder):
        drafts = without_extensions(drafts) or without_extensions(usual_conditions())
    with ExitStack() as undo:
        configs = _configs_folder(folder, settings)
        _make_folders(configs, undo)
        with locked(configs):
            files = _files(made, settings, configs, drafts, mapping, ci)
            made.left = [file for file in files if file.there]
            made.made = [file for file in files if not file.there]
            for file in made.made:
                _make_folders(file.path.parent, undo)
            change_files({file.path: file.data for file in made.made})
        undo.pop_all()
    return made


def _files(
    made: Made,
    settings: Settings,
    configs: Path,
    drafts: list[Draft],
    mapping: bytes | None,
    ci: str | None,
) -> list[NewFile]:
    files = [_settings(made, settings, has_mapping=mapping is not None)]
    if mapping is not None:
        files.append(
            _file(made.folder / MAPPING_FILE, "where the export keeps each field", mapping)
        )
    files += _config_files(configs, drafts)
    return files + ([_ci_file(made.folder, configs, ci)] if ci else [])


def _settings(made: Made, settings: Settings, *, has_mapping: bool) -> NewFile:
    """Return the settings; those in a `pyproject.toml` are left in force, too."""
    path = made.folder / SETTINGS_FILE
    text = settings_file(_seen_from(made.folder, made.export), has_mapping=has_mapping)
    there = settings.file if _is_of(settings, made.folder) else None
    return _file(path, "settings: where configs and visitors are", text, there)


def _config_files(configs: Path, drafts: list[Draft]) -> list[NewFile]:
    """Return the config with its test and schema; a folder that has configs gets no other."""
    others = (configs / name for name in sorted(os.listdir(configs)) if is_config_name(name))
    there = next(others, None)
    data = config_file(drafts)
    files = [
        _file(configs / f"{SLUG}.yaml", "a config to start from", data, there),
        _file(configs / f"{SLUG}.test.yaml", "its test", test_file(drafts), there),
    ]
    schema = schema_beside(configs, [] if there else [data])
    purpose = "its schema, for editors"
    path = configs / SCHEMA_FILE
    return files + [_file(path, purpose, text) for text in schema.values()]


def _ci_file(folder: Path, configs: Path, ci: str) -> NewFile:
    """Return the file of a CI system, which looks for it at the root of the repository."""
    place = Path(os.path.abspath(folder))
    within = (root for root in (place, *place.parents) if (root / ".git").exists())
    root = next(within, place)
    name, text = CI_FILES[ci]
    data = text(_slashes(place, root), _slashes(configs, root))
    return _file(Path(os.path.relpath(root / name)), "checks the configs in CI", data)


def _slashes(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _file(path: Path, purpose: str, data: bytes, there: Path | None = None) -> NewFile:
    return NewFile(path, purpose, data, path if os.path.lexists(path) else there)


def _drafts(made: Made) -> tuple[list[Draft], bytes | None]:
    """Return conditions on values of the export, and a mapping where no built-in one fits it."""
    if made.export is None or made.export == "-":
        hint = "write it to a file first"
        raise IcpctlError("--from reads a file, not stdin", "bad_usage", hint=hint)
    made.sample = take_sample(made.export, _FIELDS, encoding=made.encoding)
    mapping = _drafted(made, made.sample)
    return conditions_of(made.sample) or usual_conditions(), mapping


def _drafted(made: Made, sample: Sample) -> bytes | None:
    """Draft a mapping of the fields that the default one does not find, and read with it."""
    if sample.mapped.mapping.name != DEFAULT:
        return None
    draft = draft_mapping(find_sources([str(made.export)], made.encoding)[:1])
    draft.require_records(str(made.export))
    paths, text = draft.paths, mapping_text(draft).encode()
    if (paths or draft.page) and (again := _read_with(made, text)):
        made.sample = again
        paths = {name: path for name, path in paths.items() if again.has(name)}
    if not paths and any(sample.has(name) for name in _FIELDS):
        return None
    made.drafted = paths
    return text


def _read_with(made: Made, text: bytes) -> Sample | None:
    """Return the export as a mapping of this text reads it, None where it finds nothing."""
    try:
        mapping = read_mapping(MAPPING_FILE, text)
        return take_sample(str(made.export), _FIELDS, [mapping], encoding=made.encoding)
    except IcpctlError as error:
        if error.code != "mapping_fits_nothing":
            raise
        return None


def _configs_folder(folder: Path, settings: Settings) -> Path:
    return settings.dir if _is_of(settings, folder) else folder / DEFAULT_DIR


def _is_of(settings: Settings, folder: Path) -> bool:
    """Whether the settings are in a file of this very folder."""
    if settings.file is None:
        return False
    return os.path.abspath(settings.file.parent) == os.path.abspath(folder)


def _seen_from(folder: Path, export: str | None) -> str | None:
    """Return an export's path as settings in a folder name it, None where they cannot."""
    if export is None or not export.isprintable() or "://" in export:
        return None
    return export if os.path.isabs(export) else Path(os.path.relpath(export, folder)).as_posix()


def _nearest_folder(folder: Path) -> Path:
    place = Path(os.path.abspath(folder))
    return next(above for above in (place, *place.parents) if above.is_dir())


def _make_folders(folder: Path, undo: ExitStack) -> None:
    """Make a folder and those above it that are missing; `undo` removes what was made."""
    if folder.is_dir():
        return
    _make_folders(folder.parent, undo)
    try:
        folder.mkdir()
    except OSError as error:
        message = f"cannot make this folder: {error.strerror or error}"
        raise IcpctlError(message, "not_written", Location(str(folder))) from None
    undo.callback(folder.rmdir)
