"""Signing in with an account from work, in a real browser, through a provider that is not ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.company import a_company
from tests.web.conftest import serving
from tests.web.identity_provider import identity_provider, through
from web.config import SiteConfig
from web.pages import create_app

pytestmark = pytest.mark.browser


def test_a_senior_signs_in_with_their_account_and_a_stranger_is_told_whom_to_ask(
    tmp_path: Path, browser: Browser
) -> None:
    with identity_provider() as provider:
        provider.knows("priya-1", email="priya@example.org", email_verified=True)
        provider.knows("stranger-1", email="stranger@example.org", email_verified=True)
        site = through(a_company(tmp_path), provider, label="Example account")
        app = create_app(site)
        with serving(app) as address:
            at_its_address = site.config.model_copy(update={"site": SiteConfig(url=address)})
            app.extensions["officeday"] = replace(site, config=at_its_address)
            page = browser.new_context().new_page()
            page.set_default_timeout(30_000)

            for subject in ("stranger-1", "priya-1"):
                page.goto(f"{address}/days")
                page.get_by_role("link", name="Sign in with Example account").click()
                page.get_by_placeholder("sub").fill(subject)
                page.get_by_role("button", name="Authorize").click()
                if subject == "stranger-1":
                    expect(page.get_by_role("alert")).to_contain_text("Ada (ada@example.org)")

            expect(page).to_have_url(f"{address}/days")
            expect(page.locator("details.account summary")).to_contain_text("Priya")
            assert page.context.cookies()[0]["httpOnly"]
            page.context.close()
