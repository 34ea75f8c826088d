"""The main job in Chromium, from signing in to the exported report, with every number looked at on the way."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from campaigns.models import Campaign, Dispatch, Recipient
from console.models import User, Workspace
from contacts.models import Contact
from tests.browser.backstage import PEOPLE, PHONE, REACHABLE, REJECTED, Backstage, write_csv
from tests.campaigns.engine.conftest import statuses

TEXT = 'Hola {{ first_name|default:"cliente" }}, tienes {{ puntos }} puntos. Baja: responde BAJA'
POLLS_SECONDS = 15_000


@pytest.fixture
def page(new_page: Any, workspace: Workspace) -> Page:
    made: Page = new_page()
    made.context.set_default_timeout(POLLS_SECONDS)
    return made


def test_the_whole_job_from_a_file_to_a_report(
    page: Page, owner: User, backstage: Backstage, tmp_path: Path, settings: Any, complaints: Any
) -> None:
    sign_in(page, owner)
    import_people(page, backstage, write_csv(tmp_path))
    find_by_phone(page)
    complaints.expected.append("422")  # the refusal of the unknown field
    write_template(page)
    campaign = compose(page, "Puntos dobles", speed="")
    dispatch = watch_to_the_end(page, backstage, campaign)
    read_report(page, backstage, dispatch)
    export(page, backstage, dispatch, tmp_path)

    slow = compose(page, "Puntos, despacio", speed="5")
    pause_and_resume(page, backstage, slow, settings)


# -- contacts ------------------------------------------------------------------------------------------


def sign_in(page: Page, owner: User) -> None:
    page.goto("/")
    page.get_by_label("Work email").fill(owner.email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/w/norte/$"))


def import_people(page: Page, backstage: Backstage, path: Path) -> None:
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_role("link", name="Import contacts").click()
    page.set_input_files("#id_file", str(path))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_label("Save column Móvil as")).to_have_value("phone")
    page.get_by_label("Add everybody to the list").fill("Clientes")
    page.get_by_role("group", name="Everybody in the file has said yes to").get_by_label("SMS").check()
    page.get_by_label("Legal basis").fill("consent")
    page.get_by_label("Evidence").fill("Form in the shop")
    page.get_by_role("button", name=f"Import {PEOPLE} rows").click()
    expect(page.get_by_role("region", name="Progress")).to_be_visible()
    backstage.do_jobs()
    expect(page.get_by_role("heading", name=f"{PEOPLE} rows of the file")).to_be_visible()
    page.get_by_role("link", name="See the contacts of Clientes").click()
    expect(page.locator("#rows tbody tr")).to_have_count(PEOPLE)


def find_by_phone(page: Page) -> None:
    page.get_by_role("main").get_by_label("Search contacts").fill("600 11 22 33")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows tbody tr")).to_contain_text("María José")
    page.get_by_role("link", name="María José").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("María José")
    assert Contact.objects.get(first_name="María José", last_name="Apellido 0").phone == PHONE


# -- message -------------------------------------------------------------------------------------------


def write_template(page: Page) -> None:
    page.get_by_role("link", name="Templates", exact=True).click()
    page.get_by_role("link", name="Write an SMS").click()
    wrong = TEXT.replace("puntos }}", "putnos }}")
    page.get_by_label("Name").fill("Puntos dobles")
    page.get_by_label("Text", exact=True).fill(wrong)
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("Did you mean “puntos”?").first).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value(wrong)
    page.get_by_label("Text", exact=True).fill(TEXT)
    expect(page.locator("#preview .bubble")).to_contain_text(re.compile(r"Hola .+, tienes \d+ puntos"))
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()


# -- campaign ------------------------------------------------------------------------------------------


def compose(page: Page, name: str, speed: str) -> Campaign:
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create draft").click()
    choose_audience(page)
    choose_message(page)
    step_through_previews(page)
    page.get_by_label("Messages per second").fill(speed)
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_role("button", name=f"Send {REACHABLE} messages now").click()
    expect(page.get_by_text("It starts within seconds")).to_be_visible()
    return Campaign.objects.get(name=name, status="scheduled")


def choose_audience(page: Page) -> None:
    page.get_by_label("Include Clientes").check()
    counted = page.locator("#count")
    expect(counted.get_by_role("row", name="In the audience")).to_contain_text(str(PEOPLE))
    expect(counted.get_by_role("row", name="Will receive it")).to_contain_text(str(REACHABLE))
    expect(counted).to_contain_text(f"{PEOPLE} − 1 = {REACHABLE}.")
    page.get_by_role("button", name="Continue to message").click()


def choose_message(page: Page) -> None:
    page.get_by_role("navigation", name="Where the text comes from").get_by_role("link", name="Template").click()
    page.get_by_label("Template", exact=True).select_option("Puntos dobles")
    expect(page.locator("#preview .bubble")).to_contain_text("puntos. Baja: responde BAJA")
    page.get_by_role("button", name="Continue to preview").click()


def step_through_previews(page: Page) -> None:
    shown = page.locator("#sample .bubble")
    expect(page.get_by_text(f"Recipient 1 of {REACHABLE}")).to_be_visible()
    first = shown.inner_text()
    page.get_by_role("link", name="Next recipient").click()
    expect(page.get_by_text(f"Recipient 2 of {REACHABLE}")).to_be_visible()
    assert shown.inner_text() != first
    page.get_by_role("link", name="Previous recipient").click()
    expect(shown).to_have_text(first)
    page.get_by_role("link", name="Continue to schedule").click()


# -- dispatch ------------------------------------------------------------------------------------------


def open_dispatch(page: Page, backstage: Backstage, campaign: Campaign) -> Dispatch:
    """The campaign's own page finds the dispatch by itself when it has begun."""
    dispatch = backstage.start(campaign)
    page.locator(f"#run-{dispatch.pk}").click()
    expect(page.get_by_role("heading", name=f"0 of {REACHABLE} handed over")).to_be_visible()
    return dispatch


def watch_to_the_end(page: Page, backstage: Backstage, campaign: Campaign) -> Dispatch:
    dispatch = open_dispatch(page, backstage, campaign)
    assert_sums(page, dispatch)
    backstage.send(dispatch)
    expect(page.get_by_role("heading", name=f"{REACHABLE} of {REACHABLE} handed over")).to_be_visible()
    expect(page.locator("#dispatch-state")).to_contain_text("Finished")
    expect(page.locator("#act-report")).to_be_visible()
    expect(page.locator("#act-pause")).to_have_count(0)
    assert_sums(page, dispatch)
    expect_no_more_polls(page)
    assert sorted(m["text"] for m in backstage.sandbox.log()) == sorted(texts_of(dispatch))
    return dispatch


def assert_sums(page: Page, dispatch: Dispatch) -> None:
    """The numbers of the legend are those of the ledger and sum to the audience, which is its last entry."""
    numbers = [int(text) for text in page.locator(".legend b").all_inner_texts()]
    assert sum(numbers[:-1]) == numbers[-1] == PEOPLE
    assert sum(statuses(dispatch).values()) == PEOPLE
    expect(page.get_by_text("equals the audience")).to_be_visible()


def expect_no_more_polls(page: Page) -> None:
    """The last answer takes the trigger away with it; nothing is asked for as long as two polls would take."""
    expect(page.locator("#dispatch")).not_to_have_attribute("hx-trigger", re.compile("every"))
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.wait_for_timeout(4500)
    page.remove_listener("request", note)
    assert asked == []


def texts_of(dispatch: Dispatch) -> list[str]:
    from_ledger = Recipient.objects.filter(dispatch=dispatch, batch_no__isnull=False).select_related("contact")
    return [
        f"Hola {r.contact.first_name}, tienes {r.contact.attributes['puntos']} puntos. Baja: responde BAJA"
        for r in from_ledger
        if r.contact
    ]


def pause_and_resume(page: Page, backstage: Backstage, campaign: Campaign, settings: Any) -> None:
    """5 a second travel 5 in a request: a slice shorter than a second lets exactly one request leave."""
    before = len(backstage.sandbox.log())
    dispatch = open_dispatch(page, backstage, campaign)
    settings.LANE_SLICE_SECONDS = 0.3
    backstage.send(dispatch)
    expect(page.get_by_role("heading", name=f"5 of {REACHABLE} handed over")).to_be_visible()
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause 14 messages").click()
    expect(page.get_by_text("5 handed over. 14 wait here until you resume.")).to_be_visible()
    expect(page.get_by_text("14 messages wait until you resume.")).to_be_visible()
    assert len(backstage.sandbox.log()) == before + 5
    page.get_by_role("button", name="Resume 14 messages").click()
    expect(page.get_by_text("5 were handed over before, 14 go on now.")).to_be_visible()
    settings.LANE_SLICE_SECONDS = 5.0
    backstage.send(dispatch)
    expect(page.locator("#dispatch-state")).to_contain_text("Finished")
    assert_sums(page, dispatch)
    people = [m["destination"] for m in backstage.sandbox.log()[before:]]
    assert len(people) == len(set(people)) == REACHABLE


# -- report --------------------------------------------------------------------------------------------


def read_report(page: Page, backstage: Backstage, dispatch: Dispatch) -> None:
    backstage.deliver()
    page.locator("#act-report").click()
    funnel = page.get_by_role("table", name="Funnel in people")
    for step, n in (("Audience", PEOPLE), ("Handed over", REACHABLE), ("Delivered", REACHABLE - 1)):
        expect(funnel.get_by_role("row", name=step).first.get_by_role("link")).to_have_text(str(n))
    open_people(page, page.get_by_role("table", name="Reasons").get_by_role("link", name="1", exact=True), REJECTED)
    page.go_back()
    open_people(page, page.locator(".fig").filter(has_text="Excluded"), PEOPLE - 1)


def open_people(page: Page, number: Locator, row: int) -> None:
    """The number opens the one person who was in this row of the file."""
    number.click()
    expect(page.locator("#people tbody tr")).to_have_count(1)
    expect(page.locator("#people tbody tr")).to_contain_text(f"Apellido {row}")


def export(page: Page, backstage: Backstage, dispatch: Dispatch, folder: Path) -> None:
    page.get_by_role("navigation", name="Filter people by result").get_by_role("link", name="Everyone").click()
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=f"Export {PEOPLE} people").click()
    expect(page.get_by_role("heading", name="Exports")).to_be_visible()
    backstage.do_jobs()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    downloading.value.save_as(folder / "people.csv")
    with (folder / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PEOPLE
    assert sorted(r["text"] for r in rows if r["handed_over_at"]) == sorted(texts_of(dispatch))
