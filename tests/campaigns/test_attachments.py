"""Files of an email: what is taken, kept, shown and sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import Attachment, Campaign, ProviderAccount, Template, TemplateVersion
from campaigns.providers import remote
from campaigns.services.writing import attachments, checks, compose, content, drafts, lifecycle, templates
from campaigns.services.writing.attachments import MAX_BYTES, Upload
from campaigns.services.writing.audience import Counts
from campaigns.services.writing.compose import Source
from campaigns.services.writing.drafts import Envelope
from console.models import User, Workspace
from console.services import crypto

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
PDF = b"%PDF-1.7 " + b"0" * 100


def take(workspace: Workspace, now: datetime, *uploads: tuple[str, bytes]) -> list[Attachment]:
    files, refusals = attachments.add(workspace, [], [Upload(*upload) for upload in uploads], now)
    assert refusals == []
    return files


# -- taking files in ----------------------------------------------------------------------------------
def test_the_same_file_is_kept_once(workspace: Workspace, now: datetime) -> None:
    first, again = (take(workspace, now, ("oferta.pdf", PDF))[0] for _ in range(2))
    assert first.pk == again.pk
    assert (first.content_type, first.size) == ("application/pdf", len(PDF))


def test_a_file_of_the_same_name_takes_the_place_of_the_other(workspace: Workspace, now: datetime) -> None:
    kept = take(workspace, now, ("oferta.pdf", PDF))
    files, _ = attachments.add(workspace, kept, [Upload("oferta.pdf", PDF + b"2")], now)
    assert [(file.name, file.size) for file in files] == [("oferta.pdf", len(PDF) + 1)]


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("nada.txt", b"", "is empty"),
        ("factura.pdf.EXE", b"MZ", "is a program"),
        ("grande.bin", b"0" * (MAX_BYTES + 1), "was left out"),
    ],
)
def test_what_cannot_travel_is_refused_with_a_sentence(
    workspace: Workspace, now: datetime, name: str, data: bytes, word: str
) -> None:
    files, (refusal,) = attachments.add(workspace, [], [Upload(name, data)], now)
    assert files == []
    assert name in refusal and word in refusal


def test_files_that_are_too_large_together_are_refused_one_by_one(workspace: Workspace, now: datetime) -> None:
    half = b"0" * (MAX_BYTES // 2)
    uploads = [Upload("a.bin", half), Upload("b.bin", half), Upload("c.bin", b"1")]
    files, refusals = attachments.add(workspace, [], uploads, now)
    assert [file.name for file in files] == ["a.bin", "b.bin"]
    assert len(refusals) == 1


def test_a_name_loses_folders_and_what_breaks_a_header() -> None:
    names = ["C:\\Users\\ana\\foto.png", "../../etc/passwd", 'a"b\r\n<c>.pdf', "...", "x" * 300 + ".pdf"]
    cleaned = [attachments.clean_name(name) for name in names]
    assert cleaned[:4] == ["foto.png", "passwd", "abc.pdf", "file"]
    assert len(cleaned[4]) == 120 and cleaned[4].endswith(".pdf")


def test_an_image_is_known_by_its_data_not_by_its_name() -> None:
    assert attachments.type_of("foto.txt", PNG) == "image/png"
    assert attachments.type_of("foto.png", b"<svg onload=alert(1)>") == "application/octet-stream"


def test_images_that_the_html_shows_travel_inside(workspace: Workspace, now: datetime) -> None:
    files = take(workspace, now, ("logo uno.png", PNG), ("foto.png", PNG), ("oferta.pdf", PDF))
    found = attachments.settled(files, '<img src="cid:logo%20uno.png"><a href="cid:oferta.pdf">', now)
    assert [(file.name, file.inline) for file in found] == [
        ("logo uno.png", True),
        ("foto.png", False),
        ("oferta.pdf", False),
    ]


def test_a_preview_holds_the_images_itself() -> None:
    logo = remote.Attachment("logo.png", "image/png", b"\x89PNG", inline=True)
    html = attachments.with_images('<img src="cid:logo.png"><img src="cid:otro.png">', [logo])
    assert html == '<img src="data:image/png;base64,iVBORw=="><img src="cid:otro.png">'


def test_files_that_no_version_has_are_dropped_after_a_day(workspace: Workspace, now: datetime) -> None:
    unused, used = take(workspace, now, ("a.pdf", PDF), ("b.pdf", PDF))
    version = TemplateVersion(workspace=workspace, channel="email", created_at=now)
    version.planned_files = (used.pk,)
    version.save()
    assert attachments.drop_unused(now + timedelta(hours=23)) == 0
    assert attachments.drop_unused(now + timedelta(hours=25)) == 1
    assert list(Attachment.objects.values_list("pk", flat=True)) == [used.pk]
    assert unused.pk != used.pk


# -- versions -----------------------------------------------------------------------------------------
def source(*files: Attachment, html: str = "<p>Hola</p>") -> Source:
    return Source("email", subject="Hola", html=html, files=tuple(file.pk for file in files))


def built(*files: Attachment) -> compose.Built:
    return compose.build(source(*files), [])


def test_a_version_keeps_its_files_in_their_order(workspace: Workspace, now: datetime) -> None:
    a, b, c = take(workspace, now, ("a.pdf", PDF), ("b.pdf", PDF), ("c.pdf", PDF))
    template = templates.create(workspace, "Hola", built(c, a, b), None, now)
    assert template.current is not None
    assert [file.name for file in content.attachments_of(template.current)] == ["c.pdf", "a.pdf", "b.pdf"]
    assert compose.source_of(template.current).files == (c.pk, a.pk, b.pk)


def test_another_file_is_another_version_and_the_same_files_are_none(workspace: Workspace, now: datetime) -> None:
    a, b = take(workspace, now, ("a.pdf", PDF), ("b.pdf", PDF))
    template = templates.create(workspace, "Hola", built(a), None, now)
    assert templates.save(template, "Hola", built(a), None, now) is False
    assert templates.save(template, "Hola", built(a, b), None, now) is True


def test_a_copy_of_a_template_has_its_files(workspace: Workspace, now: datetime) -> None:
    (a,) = take(workspace, now, ("a.pdf", PDF))
    copy = templates.duplicate(templates.create(workspace, "Hola", built(a), None, now), None, now)
    assert copy.current is not None and copy.current.file_ids == (a.pk,)


@pytest.fixture
def campaign(workspace: Workspace, owner: User, now: datetime) -> Campaign:
    return lifecycle.create(
        workspace=workspace, name="Otoño", channel="email", purpose="marketing", actor=owner, now=now
    )


def test_a_template_brings_its_files_into_a_campaign(workspace: Workspace, campaign: Campaign, now: datetime) -> None:
    """Also where the campaign's own copy differs by the unsubscribe link."""
    (a,) = take(workspace, now, ("a.pdf", PDF))
    template = templates.create(workspace, "Hola", built(a), None, now)
    drafts.take_template(campaign, Envelope(None, ""), template, None, now)
    assert campaign.version is not None and campaign.version.pk != template.current_id
    assert campaign.version.file_ids == (a.pk,)


# -- the account --------------------------------------------------------------------------------------
def check_of(campaign: Campaign, now: datetime) -> checks.Check | None:
    return next((check for check in checks.of(campaign, Counts(0, {}), now) if check.code == "files"), None)


@pytest.fixture
def account(workspace: Workspace, now: datetime) -> ProviderAccount:
    return ProviderAccount.objects.create(
        workspace=workspace, name="Norte", provider="messaging-service", base_url="https://api.example",
        sealed=crypto.seal({"api_key": "k"}), email_sender="a@b.example", created_at=now,
    )  # fmt: skip


def test_the_review_says_whether_the_account_sends_the_files(
    workspace: Workspace, campaign: Campaign, account: ProviderAccount, now: datetime
) -> None:
    (a,) = take(workspace, now, ("a.pdf", PDF))
    campaign.account = account
    drafts.write_text(campaign, Envelope(account, ""), built(a), None, now)
    found = check_of(campaign, now)
    assert found is not None and found.level is checks.Level.OK


def test_an_account_that_sends_no_files_is_named(
    workspace: Workspace, campaign: Campaign, account: ProviderAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (a,) = take(workspace, now, ("a.pdf", PDF))
    drafts.write_text(campaign, Envelope(account, ""), built(a), None, now)
    monkeypatch.setattr("campaigns.providers.messaging_service.files.MAX_BYTES", 0)
    found = check_of(campaign, now)
    assert found is not None and found.level is checks.Level.BAD
    assert "Norte sends no files" in found.text


# -- pages --------------------------------------------------------------------------------------------
Post = Callable[..., Any]


@pytest.fixture
def post(owner_client: Client, workspace: Workspace) -> Post:
    def send(name: str, *args: object, **data: Any) -> Any:
        typed = {"name": "Hola", "subject": "Hola", "html": "<p>Hola</p>", "preheader": "", "text": "", **data}
        return owner_client.post(reverse(name, args=[workspace.slug, *args]), typed)

    return send


def pdf(name: str = "oferta.pdf", data: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_files_are_attached_without_saving_and_what_is_typed_stays(post: Post) -> None:
    page = post("template-new", "email", subject="", html="<p>Escrito</p>", attach="1", upload=[pdf(), pdf("b.pdf")])
    assert page.status_code == 200
    assert [file.name for file in page.context["tray"].files] == ["oferta.pdf", "b.pdf"]
    assert "&lt;p&gt;Escrito&lt;/p&gt;" in page.content.decode()
    assert "This was not saved yet" not in page.content.decode()
    assert not Template.objects.exists()


def test_a_file_chosen_with_a_mistake_in_the_text_is_not_lost(post: Post) -> None:
    page = post("template-new", "email", html="<p>{{ no_such }}</p>", upload=[pdf()])
    assert page.status_code == 422
    (kept,) = page.context["tray"].files
    saved = post("template-new", "email", kept_file=[kept.pk])
    assert saved.status_code == 303
    assert Template.objects.get().current.file_ids == (kept.pk,)


def test_a_file_is_removed_by_its_button(post: Post, workspace: Workspace, now: datetime) -> None:
    a, b = take(workspace, now, ("a.pdf", PDF), ("b.pdf", PDF))
    page = post("template-new", "email", kept_file=[a.pk, b.pk], drop=a.pk)
    assert [file.pk for file in page.context["tray"].files] == [b.pk]


def test_a_refused_file_is_said_and_nothing_is_saved(post: Post) -> None:
    page = post("template-new", "email", upload=[pdf("virus.exe")])
    assert page.status_code == 422
    assert "virus.exe" in page.content.decode()
    assert not Template.objects.exists()


def test_another_workspaces_file_cannot_be_taken(post: Post, other_workspace: Workspace, now: datetime) -> None:
    (foreign,) = take(other_workspace, now, ("a.pdf", PDF))
    post("template-new", "email", kept_file=[foreign.pk])
    assert Template.objects.get().current.file_ids == ()


def test_an_image_that_is_shown_and_not_there_is_named(post: Post) -> None:
    page = post("template-new", "email", html='<img src="cid:logo.png" alt="Logo">')
    assert page.status_code == 422
    assert "no image of this name" in page.content.decode()


def test_an_image_in_the_text_is_visible_in_the_frame(post: Post, owner_client: Client, workspace: Workspace) -> None:
    html = '<p>Hola</p><img src="cid:logo.png" alt="Logo">'
    post("template-new", "email", html=html, upload=[pdf("logo.png", PNG)])
    template = Template.objects.get()
    assert template.current is not None and template.current.attachments.get().inline
    frame = owner_client.get(reverse("template-email", args=[workspace.slug, template.pk, 1]))
    assert 'src="data:image/png;base64,' in frame.content.decode()
    assert "img-src https: http: data:" in frame["Content-Security-Policy"]
    tried = post("template-try", html=html, upload=[pdf("logo.png", PNG)])
    assert 'src="data:image/png;base64,' in tried.content.decode()
    assert Attachment.objects.count() == 2  # beside and inside; trying stores nothing


def test_the_composer_attaches_to_a_campaigns_own_text(
    post: Post, campaign: Campaign, account: ProviderAccount
) -> None:
    envelope = {"way": "own", "account": account.pk, "sender": "Norte <a@b.example>", "reply_to": "",
                "delivery_for": account.pk}  # fmt: skip
    page = post("composer-message", campaign.pk, **envelope, attach="1", upload=[pdf()])
    assert page.status_code == 200
    (kept,) = page.context["tray"].files
    saved = post("composer-message", campaign.pk, **envelope, kept_file=[kept.pk])
    assert saved.status_code == 303, saved.context["forms"]
    campaign.refresh_from_db()
    assert campaign.version is not None and campaign.version.file_ids == (kept.pk,)


def test_a_file_is_always_a_download(owner_client: Client, workspace: Workspace, now: datetime) -> None:
    (page,) = take(workspace, now, ("página.html", b"<script>alert(1)</script>"))
    answer = owner_client.get(reverse("file", args=[workspace.slug, page.pk]))
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''p%C3%A1gina.html"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_another_workspaces_file_is_not_there(
    owner_client: Client, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    (foreign,) = take(other_workspace, now, ("a.pdf", PDF))
    assert owner_client.get(reverse("file", args=[workspace.slug, foreign.pk])).status_code == 404
