"""Every page, as somebody who may open it: nothing for axe to find, narrow enough for a phone, no table cut off, all of it by keyboard.

The pages are those of `access_table.py`; each is opened once, by the first in line.
"""

from typing import Any

import pytest
from django.urls import reverse

from tests.access_table import PAGES, Page
from tests.browser.album import DESK, cut_off, width_beyond
from tests.services import assert_accessible
from tests.world import World


IN_LINE = ("signatory", "staff", "reviewer", "auditor", "administrator", "case_team")
NARROW = {"width": 320, "height": 700}
# Drawn in a frame without scripts, which axe is.
WITHOUT_SCRIPTS = {"suppliers:document_preview"}
# Keys that are pressed at most for each thing on a page: a date takes four, for day, month, year and its calendar.
PRESSES_EACH = 5

# What a keyboard has to come by inside <main>, and what it has come by with something to see. Of a group of radio buttons, one.
# What stands around it is the same on every page, and stepped over by the skip link (tests/accounts).
WATCH = """() => {
    const main = document.querySelector("main");
    const open = (element) => !element.closest("details:not([open])") || element.matches("details:not([open]) > summary");
    const group = (element) => element.type === "radio" && element.name;
    const all = [...main.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0'], [contenteditable]")]
        .filter((each) => !each.disabled && each.tabIndex >= 0 && each.type !== "hidden" && !each.closest("[inert]"))
        .filter((each) => each.checkVisibility({visibilityProperty: true}) && open(each));
    const shown = (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    window.keyboardWalk = {all, reached: new Set(), unseen: new Set(), groups: new Set()};
    document.addEventListener("focusin", ({target}) => {
        const walk = window.keyboardWalk;
        walk.reached.add(target);
        if (group(target)) walk.groups.add(target.name);
        const places = [target, target.parentElement, ...(target.labels ?? [])];
        if (!places.some((place) => place && shown(getComputedStyle(place)))) walk.unseen.add(target);
    });
    main.tabIndex = -1;
    main.focus();
    window.keyboardWalk.unseen.clear();
    return all.length;
}"""
IS_OVER = "() => window.keyboardWalk.all.length === 0 || !document.querySelector('main').contains(document.activeElement)"
LEFT_OUT = """() => {
    const {all, reached, unseen, groups} = window.keyboardWalk;
    const words = (element) => element.outerHTML.slice(0, 120);
    const missed = all.filter((each) => each.isConnected && !reached.has(each) && !(each.type === "radio" && groups.has(each.name)));
    return [...missed.map((each) => `not reached: ${words(each)}`), ...[...unseen].map((each) => `no focus to see: ${words(each)}`)];
}"""


# What is smaller than 24 by 24 pixels passes WCAG 2.5.8 by the space around it, and what space there is depends on how far a page is
# scrolled. A link in a line of text may be as low as the line; a box with words beside it is pressed by its words.
TOO_SMALL = """() => {
    const hasWords = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
    const isInText = (each) => getComputedStyle(each).display === "inline" && [...each.parentElement.childNodes].some(hasWords);
    const isOpen = (each) => !each.closest("details:not([open])") || each.matches("details:not([open]) > summary");
    const isLarge = ({width, height}) => width >= 23.95 && height >= 23.95;
    const places = (each) => [each, ...(each.labels ?? [])].map((place) => place.getBoundingClientRect());
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
        .filter((each) => !each.disabled && each.type !== "hidden" && isOpen(each) && !isInText(each))
        .filter((each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
        // What is for screen readers alone is one pixel wide.
        .filter((each) => each.getBoundingClientRect().width > 1 && !places(each).some(isLarge))
        .map((each) => {
            const {width, height} = each.getBoundingClientRect();
            return `${width.toFixed(1)} x ${height.toFixed(1)} pixels to press: ${each.outerHTML.slice(0, 160)}`;
        });
}"""


def opener(name: str, page: Page) -> str:
    """Who opens it here; nobody where only programs ask."""
    if page.get is None or page.is_api or name in WITHOUT_SCRIPTS:
        return ""
    return "anonymous" if page.is_public else next((name for name in IN_LINE if name in page.get), "")


OPENED_BY = {role: {name: page for name, page in PAGES.items() if opener(name, page) == role} for role in ("anonymous", *IN_LINE)}


@pytest.mark.parametrize("role", [role for role, pages in OPENED_BY.items() if pages])
@pytest.mark.timeout(1200)
def test_every_page_is_for_everybody(new_page: Any, role: str) -> None:
    world = World()
    page = new_page(user=world.people.get(role), dark=True)
    page.context.set_default_timeout(60_000)
    wrong, opened = [], 0
    for name, what in OPENED_BY[role].items():
        answer = page.context.request.get(reverse(name, args=what.at(world)))
        # What is asked for by a page, and drawn inside of it, has no beginning and no end.
        if not answer.headers.get("content-type", "").startswith("text/html") or "<main" not in answer.text():
            continue
        opened += 1
        page.set_viewport_size(DESK)
        page.goto(answer.url)
        wrong += [f"{name}: {each}" for each in [*cut_off(page), *left_out(page)]]
        page.set_viewport_size(NARROW)
        # Scrolled, what stays in place comes close to what moves.
        page.evaluate("window.scrollTo(0, 0)")
        wrong += [f"{name}: {each}" for each in [*violations(page), *page.evaluate(TOO_SMALL)]]
        if (beyond := width_beyond(page)) > 0:
            wrong.append(f"{name}: {beyond} px too wide for a phone")
    assert opened
    assert not wrong, "\n".join(wrong)


def left_out(page: Any) -> list[str]:
    """What the Tab key does not come by from the beginning of the page's own part to its end, or comes by without a sign."""
    for _key in range(PRESSES_EACH * page.evaluate(WATCH)):
        page.keyboard.press("Tab")
        if page.evaluate(IS_OVER):
            break
    return list(page.evaluate(LEFT_OUT))


def violations(page: Any) -> list[str]:
    try:
        assert_accessible(page)
    except AssertionError as error:
        return [str(error)]
    return []
