"""A report as one HTML page, which asks for nothing but itself."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from icpctl import __version__

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from icpctl.features.report.pages.page import Page

LIBRARIES = ("d3", "plot.umd")
"""The scripts that charts need, in order; each has its licence beside it."""


def html(page: Page) -> str:
    """The page as HTML."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    style = _text("page.css")
    libraries = [_library(name) for name in LIBRARIES] if _has_charts(page) else []
    scripts = [*libraries, _text("page.js")]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=False, lstrip_blocks=False
    )
    template = environment.from_string(_text("page.html.j2"))
    return template.render(
        page=page,
        version=__version__,
        policy=_policy(style, scripts),
        style=Markup(style),  # noqa: S704 - ours, not from any data
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - as above
    ).lstrip()


def _has_charts(page: Page) -> bool:
    return any(block.chart for section in page.sections for block in section.blocks)


def _policy(style: str, scripts: list[str]) -> str:
    """What the page may do: apply this style and run these scripts, and nothing else."""
    allowed = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _library(name: str) -> str:
    vendor = _folder() / "vendor"
    licence = (vendor / f"{name.partition('.')[0]}.LICENSE").read_text("utf-8")
    return f"/*\n{licence}*/\n" + (vendor / f"{name}.min.js").read_text("utf-8")


def _text(name: str) -> str:
    return (_folder() / name).read_text("utf-8")


def _folder() -> Traversable:
    return resources.files("icpctl.features.report.pages")
