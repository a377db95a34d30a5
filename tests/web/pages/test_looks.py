"""What only a browser can tell: contrast and names (axe), room on small screens, keys, the two modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.conftest import serving, site_in
from tests.web.made_up import PLANNING, proposal
from tests.web.pages import gallery
from tests.web.pages.gallery import GALLERY, add_gallery
from web.pages import admin, create_app
from web.records import ProgressRecord

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 900}

#: Pages that are looked at with every change; the others with the slow tests.
OFTEN = {
    "sign-in",
    "senior-days",
    "answer-approve",
    "junior-choosing",
    "coworking",
    "question-worth",
    "looking-back",
    "preferences",
    "admin-draft",
    "admin-person",
    "fairness",
    "privacy",
}
EVERY_PAGE = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in GALLERY]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(site_in(tmp_path_factory.mktemp("looks"), demo=True))
    add_gallery(app)
    return app


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone's page, which fails its test when the browser complains of anything."""
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_axe_finds_nothing_on_phone_and_desktop_in_both_themes(page: Page, address: str, name: str) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # or the change of theme fades
    page.goto(f"{address}/gallery/{name}")
    open_everything(page)
    light = Axe().run(page)
    assert light.violations_count == 0, light.generate_report()

    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    dark = Axe().run(page, options={"runOnly": ["color-contrast"]})  # all that a theme can change
    assert dark.violations_count == 0, dark.generate_report()


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_nothing_runs_off_the_smallest_screen_and_every_target_suits_a_thumb(
    page: Page, address: str, name: str
) -> None:
    page.set_viewport_size(SMALLEST)  # type: ignore[arg-type]
    page.goto(f"{address}/gallery/{name}")
    open_everything(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    small = page.eval_on_selector_all(
        "button, a.button, summary, label.tick, label:has(> input[type=radio]), nav a, select,"
        "input:not([type=hidden], [type=checkbox], [type=radio])",
        """all => all.filter(one => one.checkVisibility())
            .map(one => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
            .filter(([_, box]) => box.height < 43.5 || box.width < 43.5).map(([name]) => name)""",
    )
    assert small == []
    torn = page.eval_on_selector_all(
        "main *, .said *",
        """all => all.filter(one => /flex|grid/.test(getComputedStyle(one).display))
            .filter(one => [...one.childNodes].some(each => each.nodeType === 3 && each.data.trim())
                && [...one.children].some(each => each.matches("a, b, bdi, strong, em, code")))
            .map(one => one.textContent.trim())""",
    )
    assert torn == [], "a sentence with a link or a name in it is laid out in columns"


@pytest.mark.parametrize("width", [PHONE["width"], SMALLEST["width"]])
@pytest.mark.parametrize("name", ["simulation", "trends", "fairness"])
def test_a_folded_table_is_no_wider_than_a_phone_and_its_cells_stay_apart(
    page: Page, address: str, name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{address}/gallery/{name}")
    open_everything(page)

    wide = page.eval_on_selector_all(
        ".folds :is(th, td)",
        """all => all.filter(one => one.checkVisibility() && !one.closest("thead")).filter(one =>
            one.scrollWidth > one.clientWidth + 1
            || one.getBoundingClientRect().right > one.closest("table").getBoundingClientRect().right + 1
            || one.closest("table").scrollWidth > one.closest("table").parentElement.clientWidth)
            .map(one => one.textContent.trim())""",
    )
    assert wide == []
    gaps = page.eval_on_selector_all(
        ".folds.many-columns tr", "all => all.map(one => parseFloat(getComputedStyle(one).columnGap) || 0)"
    )
    assert gaps and min(gaps[1:]) >= 8


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_no_name_runs_out_of_its_chart(page: Page, address: str, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.goto(f"{address}/gallery/pictures-ugly")

    out = page.eval_on_selector_all(
        ".chart text",
        """all => all.filter(one => one.checkVisibility())
            .filter(one => one.getBoundingClientRect().right
                > one.closest("svg").getBoundingClientRect().right + 1)
            .map(one => one.textContent)""",
    )
    assert out == []


def open_everything(page: Page) -> None:
    page.eval_on_selector_all("main details", "all => all.forEach(one => one.open = true)")


def test_the_first_key_leads_past_the_head_to_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/gallery/senior-days")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_every_answer_is_reached_by_keys_in_the_order_it_is_read_and_shows_its_focus(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/gallery/answer-approve")
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    assert reached[1:] == [
        "Approve Thursday",
        "Another day",
        "Skip this time",
        "Approve without one of them",
    ]


def test_a_focused_answer_is_never_hidden_behind_the_one_that_stays_at_hand(page: Page, address: str) -> None:
    page.goto(f"{address}/gallery/senior-days")
    summary = page.locator("summary", has_text="Approve without")
    summary.focus()
    summary_box, bar_box = summary.bounding_box(), page.locator(".at-hand").bounding_box()
    assert summary_box and bar_box
    assert summary_box["y"] + summary_box["height"] <= bar_box["y"] + 1


def test_the_answer_stays_at_hand_while_the_day_scrolls_by(page: Page, address: str) -> None:
    page.goto(f"{address}/gallery/senior-several")
    page.evaluate("scrollTo(0, 700)")
    boxes = [page.locator(".at-hand").nth(n).bounding_box() for n in range(3)]
    assert any(box and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"] + 1 for box in boxes)


def test_a_printed_day_has_the_day_and_no_buttons(page: Page, address: str) -> None:
    page.goto(f"{address}/gallery/senior-days")
    page.emulate_media(media="print")

    assert page.locator("article.card .line").first.is_visible()
    assert not any(button.is_visible() for button in page.locator("button, nav, summary").all())


def test_the_other_names_of_a_kind_are_a_word_and_a_sign_besides_its_colour(page: Page, address: str) -> None:
    page.goto(f"{address}/gallery/senior-days")
    for block in page.locator(".block").all():
        assert block.locator("svg.sign").count() == 1
        assert block.locator(".name").inner_text().strip()


# --- the modules ---------------------------------------------------------------------------------


def test_a_planning_run_is_followed_live_and_its_end_shows_the_draft(
    page: Page, app: Flask, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"now": admin.progress_says(PLANNING)}
    monkeypatch.setitem(app.view_functions, "admin.progress", lambda run_id: shown["now"])
    page.goto(f"{address}/gallery/admin-progress")
    assert "at most 6 too many" in page.inner_text("h1")

    better = replace(PLANNING, progress=ProgressRecord("senior_days", 40, 39, 21.0, "packing days"))
    shown["now"] = admin.progress_says(better)
    expect(page.locator("h1")).to_contain_text("at most 1 too many")
    assert page.eval_on_selector("progress", "bar => bar.value") == pytest.approx(39 / 40)
    assert "at most 1 too many" in page.inner_text("[role=status][data-part=spoken]")

    with page.expect_navigation():
        shown["now"] = admin.progress_says(replace(PLANNING, state="draft"))


def test_without_scripts_a_planning_run_is_followed_by_reloading(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/gallery/admin-progress")
        assert "at most 6 too many" in page.inner_text("h1")
        with page.expect_navigation(timeout=10_000):
            pass


def test_a_page_that_waits_loads_anew_only_when_the_wait_is_over(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(f"{address}/gallery/senior-checking")
    with page.expect_response("**/gallery/senior-checking"):
        pass
    assert "once more" in page.inner_text("main")

    monkeypatch.setitem(GALLERY, "senior-checking", gallery.day(proposal(state="approved")))
    expect(page.locator("main")).to_contain_text("The day is agreed")


def test_the_browser_enforces_the_policy(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/gallery/senior-days")
        position = page.evaluate(
            """() => { const p = document.createElement('p'); p.setAttribute('style', 'position: fixed');
                       document.body.append(p); return getComputedStyle(p).position }"""
        )
        assert position == "static"
        assert page.evaluate(
            "() => { try { document.body.innerHTML = ''; return false } catch { return true } }"
        )
