"""The main job by plain forms and links: the browser runs no JavaScript, and nothing is missing but comfort."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign, Dispatch
from console.models import User
from tests.browser.backstage import PEOPLE, REACHABLE, Backstage, write_csv
from tests.campaigns.engine.conftest import statuses


@pytest.fixture
def page(new_page: Any) -> Page:
    made: Page = new_page(script=False)
    return made


def test_the_whole_job_without_script(
    page: Page, owner: User, backstage: Backstage, tmp_path: Path, settings: Any, complaints: Any
) -> None:
    complaints.expected.append("422")  # the refusal of the unknown field
    page.goto("/login/")
    page.get_by_label("Work email").fill(owner.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    import_people(page, backstage, write_csv(tmp_path))
    write_template(page)
    campaign = compose(page)
    dispatch = send_with_a_pause(page, backstage, campaign, settings)
    read_report(page, backstage, dispatch)
    export(page, backstage, tmp_path)


def import_people(page: Page, backstage: Backstage, path: Path) -> None:
    page.goto("/w/norte/imports/new/")
    page.set_input_files("#id_file", str(path))
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_label("Add everybody to the list").fill("Clientes")
    page.get_by_role("group", name="Everybody in the file has said yes to").get_by_label("SMS").check()
    page.get_by_label("Legal basis").fill("consent")
    page.get_by_role("button", name=f"Import {PEOPLE} rows").click()
    backstage.do_jobs()
    page.reload()
    page.get_by_role("link", name="See the contacts of Clientes").click()
    search = page.get_by_role("search", name="Find contacts of this list")
    search.get_by_label("Search contacts").fill("600 11 22 33")
    search.get_by_role("button", name="Search").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows tbody tr")).to_contain_text("María José")


def write_template(page: Page) -> None:
    page.goto("/w/norte/templates/new/sms/")
    page.get_by_label("Name").fill("Puntos dobles")
    page.get_by_label("Text", exact=True).fill("Tienes {{ putnos }} puntos")
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("Did you mean “puntos”?").first).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Tienes {{ putnos }} puntos")
    page.get_by_label("Text", exact=True).fill("Tienes {{ puntos }} puntos")
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()


def compose(page: Page) -> Campaign:
    page.goto("/w/norte/campaigns/new/")
    page.get_by_label("Name").fill("Puntos dobles")
    page.get_by_role("button", name="Create draft").click()
    page.get_by_label("Include Clientes").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#count")).to_contain_text(f"{PEOPLE} − 1 = {REACHABLE}.")
    page.get_by_role("button", name="Continue to message").click()
    page.get_by_role("navigation", name="Where the text comes from").get_by_role("link", name="Template").click()
    page.get_by_label("Template", exact=True).select_option("Puntos dobles")
    page.get_by_role("button", name="Continue to preview").click()
    page.get_by_role("link", name="Next recipient").click()
    expect(page.get_by_text(f"Recipient 2 of {REACHABLE}")).to_be_visible()
    page.get_by_role("link", name="Continue to schedule").click()
    page.get_by_label("Messages per second").fill("5")
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_role("button", name=f"Send {REACHABLE} messages now").click()
    return Campaign.objects.get(status="scheduled")


def send_with_a_pause(page: Page, backstage: Backstage, campaign: Campaign, settings: Any) -> Dispatch:
    dispatch = backstage.start(campaign)
    page.reload()
    page.locator(f"#run-{dispatch.pk}").click()
    settings.LANE_SLICE_SECONDS = 0.3  # less than a second, so one request of 5 messages
    backstage.send(dispatch)
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause 14 messages").click()
    expect(page.get_by_text("5 handed over. 14 wait here until you resume.")).to_be_visible()
    page.get_by_role("button", name="Resume 14 messages").click()
    settings.LANE_SLICE_SECONDS = 5.0
    backstage.send(dispatch)
    page.reload()
    expect(page.get_by_role("heading", name=f"{REACHABLE} of {REACHABLE} handed over")).to_be_visible()
    expect(page.get_by_text("equals the audience")).to_be_visible()
    assert statuses(dispatch) == {"accepted": REACHABLE, "skipped": 1}
    assert len(backstage.sandbox.log()) == REACHABLE
    return dispatch


def read_report(page: Page, backstage: Backstage, dispatch: Dispatch) -> None:
    backstage.deliver()
    page.get_by_role("link", name="Open report").click()
    funnel = page.get_by_role("table", name="Funnel in people")
    funnel.get_by_role("row", name="Delivered").first.get_by_role("link").click()
    expect(page.locator("#people tbody tr")).to_have_count(REACHABLE - 1)
    assert statuses(dispatch) == {"delivered": REACHABLE - 1, "failed": 1, "skipped": 1}


def export(page: Page, backstage: Backstage, folder: Path) -> None:
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_role("button", name=f"Export {REACHABLE - 1} people").click()
    backstage.do_jobs()
    page.reload()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    downloading.value.save_as(folder / "people.csv")
    with (folder / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"delivered"}
