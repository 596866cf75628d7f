"""Chromium without a window, driven by Selenium: it opens files, and has no network."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--disable-dev-shm-usage"),
)


def missing() -> str | None:
    """What keeps the browser from being started, None where nothing does."""
    try:
        import selenium  # noqa: F401 - is it there?
    except ImportError:
        return "selenium is not installed: pip install -e '.[browser]'"
    if not any(map(shutil.which, NAMES)) or not shutil.which("chromedriver"):
        return "no Chromium with its driver: apt-get install chromium chromium-driver"
    return None


class Browser:
    """One page at a time, in the width and colours that are asked for."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, file: Path, *, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Open a file and wait until it is drawn."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tell("Emulation.setEmulatedMedia", media="", features=[scheme])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._tell("Emulation.setDeviceMetricsOverride", **size)
        self.logs("browser")
        self.logs("performance")
        self.driver.get(file.as_uri())
        self.run("return new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

    def run(self, script: str, *args: Any) -> Any:
        """What a script returns; a promise is waited for."""
        return self.driver.execute_script(script, *args)

    def logs(self, name: str) -> list[dict[str, Any]]:
        """What was logged since the last time."""
        return self.driver.get_log(name)

    def requested(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        found = [json.loads(it["message"])["message"] for it in self.logs("performance")]
        return [
            it["params"]["request"]["url"]
            for it in found
            if it["method"] == "Network.requestWillBeSent"
        ]

    def picture(self, of: str | None = None) -> bytes:
        """A PNG of what is seen, or of an element where the page is not scrolled."""
        how: dict[str, Any] = {"format": "png"}
        if of:
            box = self.run(
                "return document.querySelector(arguments[0]).getBoundingClientRect()", of
            )
            clip = {name: box[name] for name in ("x", "y", "width", "height")}
            how |= {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True}
        found = self._tell("Page.captureScreenshot", **how)
        return base64.b64decode(found["data"])

    def pdf(self) -> bytes:
        """The page on paper (A4)."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
        return base64.b64decode(self._tell("Page.printToPDF", **size)["data"])

    def on_paper(self, *, width: int) -> None:
        """Show the page as it is printed."""
        self._tell("Emulation.setEmulatedMedia", media="print", features=[])
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self._tell("Emulation.setDeviceMetricsOverride", **size)
        self.run("dispatchEvent(new Event('beforeprint'))")

    def _tell(self, command: str, **how: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, how)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own, without network."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, NAMES)))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for flag in (*_FLAGS, f"--user-data-dir={folder}"):
            options.add_argument(flag)
        driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
        try:
            driver.execute_cdp_cmd("Network.enable", {})
            offline = {"offline": True, "latency": 0}
            throughput = {"downloadThroughput": 0, "uploadThroughput": 0}
            driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | throughput)
            yield Browser(driver)
        finally:
            driver.quit()
