"""The pictures of docs/walkthrough.md: taken where the journeys pass by, in both languages, on a desk and on a phone."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from config.paths import BASE_DIR
from tests.services import assert_accessible


FOLDER = BASE_DIR / "docs" / "images"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# From where the layout is that of a desk.
WIDTHS = (1280, 1000)
CUT_OFF = """() => [...document.querySelectorAll(".table-wrap")]
    .filter((wrap) => getComputedStyle(wrap).overflowX === "visible" && wrap.scrollWidth > wrap.clientWidth + 1)
    .filter((wrap) => getComputedStyle(wrap.parentElement).overflowX !== "visible")
    .map((wrap) => `${wrap.scrollWidth} in ${wrap.clientWidth} px: ${wrap.innerText.slice(0, 80)}`)"""


@dataclass
class Album:
    is_recording: bool
    taken: set[str] = field(default_factory=set)
    too_wide: list[str] = field(default_factory=list)

    def take(self, page: Any, name: str, *, phone: bool = False, chinese: bool = False, typed: bool = False) -> None:
        """Holds the page against WCAG and the width of a phone; when recording, also takes its pictures.

        A page that is typed into is not loaded anew for the phone.
        """
        assert_accessible(page)
        self._shoot(page, name)
        for width in WIDTHS:
            page.set_viewport_size({**DESK, "width": width})
            assert not (tables := cut_off(page)), tables
        page.set_viewport_size(PHONE)
        if self.is_recording and phone and not typed:
            page.reload()
        if (too_wide := width_beyond(page)) > 0:
            self.too_wide.append(f"{name}: {page.url} is {too_wide} px too wide for a phone")
        if phone:
            self._shoot(page, f"{name}-phone")
        page.set_viewport_size(DESK)
        if chinese:
            self._in_chinese(page, name, phone=phone)

    def _in_chinese(self, page: Any, name: str, *, phone: bool) -> None:
        names = [f"{name}-zh", *([f"{name}-phone-zh"] if phone else [])]
        self.taken.update(names)
        if not self.is_recording:
            return
        place = page.evaluate("window.scrollY")
        page.get_by_role("button", name="中文").first.click()
        page.locator("html[lang^=zh]").wait_for()
        for each, size in zip(names, (DESK, PHONE), strict=False):
            page.set_viewport_size(size)
            page.reload()
            page.evaluate(f"window.scrollTo(0, {place})")
            self._shoot(page, each)
        page.set_viewport_size(DESK)
        page.get_by_role("button", name="English").first.click()
        page.locator("html[lang=en]").wait_for()

    def _shoot(self, page: Any, name: str) -> None:
        self.taken.add(name)
        if self.is_recording:
            self.keep(name, page.screenshot(animations="disabled", caret="hide"))

    def keep(self, name: str, png: bytes) -> None:
        self.taken.add(name)
        if self.is_recording:
            FOLDER.mkdir(exist_ok=True)
            Image.open(io.BytesIO(png)).convert("RGB").save(FOLDER / f"{name}.webp", quality=72, method=6)

    def path(self, name: str) -> Path:
        return FOLDER / f"{name}.webp"


def width_beyond(page: Any) -> int:
    """A phone is read without pushing it sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def cut_off(page: Any) -> list[str]:
    """Tables that go on where nobody can see them or scroll to them."""
    return [f"cut off: {table}" for table in page.evaluate(CUT_OFF)]
