"""A window of a real browser, and what a person does in it."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--lang=en",
)

SCALE = 2


class Window:
    """One browser with one window, of whose page the app's own words are spoken."""

    def __init__(self, driver: Chrome, downloads: Path) -> None:
        self.driver = driver
        self._downloads = downloads
        behavior = {"behavior": "allow", "downloadPath": str(downloads)}
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)

    def open(self, url: str) -> None:
        self.driver.get(url)
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, "#objects input"))

    def reload(self) -> None:
        self.driver.refresh()

    def look(self, width: int, height: int, *, dark: bool = False, forced: bool = False) -> None:
        """Give the page so much room, and light or darkness, or none but the system's few colours."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": SCALE, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = {
            "prefers-color-scheme": "dark" if dark else "light",
            "forced-colors": "active" if forced else "none",
        }
        told = [{"name": name, "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": told})

    def pick(self, text: str) -> None:
        """Click a choice of the form."""
        [label] = [label for label in self._all("label.choice") if label.text == text]
        label.click()

    def start(self, objects: str, *properties: str) -> None:
        """Order an export of records with further properties, and wait until the list has it."""
        before = len(self.exports())
        self.pick(objects)
        for name in properties:
            self.pick(name)
        self.driver.find_element(By.CSS_SELECTOR, "#order button").click()
        self.wait(lambda: len(self.exports()) > before)

    def exports(self) -> dict[int, tuple[str, str, str]]:
        """Read the list: title, state and what is said besides, by number."""
        rows: list[Any] = self.driver.execute_script(
            "return [...document.querySelectorAll('#exports li')].map((item) => [item.id, "
            "...['h3', '.word', '.detail'].map((name) => item.querySelector(name).textContent)])"
        )
        return {int(id.removeprefix("export-")): (title, word, detail) for id, title, word, detail in rows}

    def words(self) -> list[str]:
        """The states of all exports, the first one's first."""
        return [word for _, (_, word, _) in sorted(self.exports().items())]

    def sees(self, *words: str) -> None:
        """Wait until the exports are in these states."""
        self.wait(lambda: self.words() == list(words), lambda: f"{self.words()}, not {list(words)}")

    def says(self, selector: str, text: str) -> None:
        """Wait until this stands there."""
        self.wait(lambda: self.text(selector) == text, lambda: self.text(selector))

    def text(self, selector: str) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def download(self, number: int) -> Path:
        """Click the link of an export and wait for its file, whose name is taken by an empty one first."""
        link = self.driver.find_element(By.CSS_SELECTOR, f"#export-{number} .download")
        before = self._whole_files()
        link.click()
        new: set[Path] = set()
        self.wait(lambda: new.update(self._whole_files() - before) or new)
        [path] = new
        return path

    def _whole_files(self) -> set[Path]:
        with suppress(FileNotFoundError):  # one was renamed just now
            return {path for path in self._downloads.glob("*.csv") if path.stat().st_size}
        return set()

    def press(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self) -> str:
        """The name and value of what the keyboard is at."""
        return str(self.driver.execute_script("const at = document.activeElement; return at.value || at.textContent"))

    def type_others(self, names: str, *keys: str) -> None:
        """Put names into the field for those that are not on the list."""
        field = self.driver.find_element(By.ID, "more")
        field.clear()
        field.send_keys(names, *keys)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def heard(self) -> set[tuple[str, str]]:
        """What a screen reader finds: roles with their names."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return {
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        }

    def complaints(self) -> list[str]:
        """What the browser has to say about the page's code."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["source"] != "network"]

    def shoot(self) -> Image.Image:
        """Take a picture that comes out the same every time: all clocks show 0:42, and nothing blinks."""
        self.run("Date.parse = () => 0; Date.now = () => 42_000; document.activeElement.blur()")
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": 0, "y": 0})
        running = "[data-state=queued] .detail, [data-state=working] .detail"
        self.wait(lambda: all(detail.text == "0:42" for detail in self._all(running)))
        return Image.open(io.BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")

    def wait(self, is_met: Callable[[], object], told: Callable[[], object] = str) -> None:
        """Wait for what the page shows in its own time; *told* says what it shows instead."""
        until = time.monotonic() + 20
        while not is_met():
            assert time.monotonic() < until, f"it never came: {told()}"
            time.sleep(0.05)

    def _all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)


@contextmanager
def window(chromium: str, chromedriver: str, folder: Path) -> Iterator[Window]:
    """Start a browser that knows nothing yet, and end it."""
    options = ChromeOptions()
    options.binary_location = chromium
    for switch in (*SWITCHES, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    driver = Chrome(options=options, service=Service(chromedriver))
    try:
        yield Window(driver, downloads)
    finally:
        driver.quit()
