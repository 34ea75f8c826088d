"""messaging-service: attachments, inline images, AMP and stored templates."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from tests.sandbox.messages import configure, email, post_email, recipient, rows, violated
from tests.sandbox_process import SandboxProcess

PNG = b"\x89PNG\r\n\x1a\n"
ANA = recipient("ana@buzon.example", "m-ana")


def binary(name: str = "logo.png", data: bytes = PNG, kind: str = "image/png", **changes: Any) -> dict[str, Any]:
    item = {"type": "binary", "content": base64.b64encode(data).decode(), "contentType": kind, "fileName": name}
    return {**item, **changes}


def upload(service: httpx.Client, name: str = "oferta.pdf", data: bytes = b"%PDF", **headers: str) -> str:
    sent = {"X-Content-Id": name, "X-Media-Type": "application/pdf", **headers}
    return str(service.post("/email/1/content", content=data, headers=sent).json()["uploadedContentId"])


def test_files_are_in_the_outbox(sandbox: SandboxProcess, service: httpx.Client) -> None:
    reference = {"type": "uploadedReference", "contentId": upload(service)}
    content = {
        "html": '<img src="cid:logo.png">',
        "attachments": [reference],
        "inlineImages": [binary()],
        "ampHtml": "<html ⚡4email></html>",
        "optoutLandingPageId": "1_23456",
    }
    assert rows(post_email(service, email(ANA, content=content))) == {"ana@buzon.example": 26}
    (entry,) = sandbox.log()
    pdf, logo = hashlib.sha256(b"%PDF").hexdigest(), hashlib.sha256(PNG).hexdigest()
    assert entry["files"] == [
        {"name": "oferta.pdf", "type": "application/pdf", "size": 4, "sha256": pdf, "inline": False},
        {"name": "logo.png", "type": "image/png", "size": 8, "sha256": logo, "inline": True},
    ]
    assert (entry["amp"], entry["landing_page"]) == ("<html ⚡4email></html>", "1_23456")
    assert sandbox.violations() == []


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"type": "uploadedReference", "contentId": "nobody-knows"}, "contentId"),
        ({"type": "uploadedReference"}, "contentId"),
        (binary(fileName=""), "fileName"),
        (binary(content="no base64!"), "content"),
        ({"type": "link", "url": "https://a.example"}, "type"),
    ],
)
def test_a_file_that_cannot_be_read_refuses_the_request(
    service: httpx.Client, item: dict[str, Any], field: str
) -> None:
    answer = post_email(service, email(ANA, content={"attachments": [item]}))
    assert f"messages[0].content.attachments[0].{field}" in violated(answer)


def test_an_upload_ends_after_its_validity(sandbox: SandboxProcess, service: httpx.Client) -> None:
    reference = {"type": "uploadedReference", "contentId": upload(service, **{"X-Validity-Period-Minutes": "1440"})}
    sandbox.advance(1440 * 60 + 1)
    answer = post_email(service, email(ANA, content={"attachments": [reference]}))
    assert violated(answer) == ["messages[0].content.attachments[0].contentId"]


def test_an_image_that_is_shown_but_not_sent_is_noted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    post_email(service, email(ANA, content={"html": '<img src="cid:logo.png">', "attachments": [binary()]}))
    assert [violation["rule"] for violation in sandbox.violations()] == ["inline_image_missing"]


def test_a_stored_template_brings_its_texts_and_its_id_is_kept(sandbox: SandboxProcess, service: httpx.Client) -> None:
    stored = {"sender": "Norte <a@norte.example>", "subject": "Hola {{nombre}}", "html": "<p>{{cupon}}</p>"}
    configure(sandbox, templates={"4711": stored})
    lucia = recipient("lucia@buzon.example", "m-1", nombre="Lucía", cupon="A-1")
    message = {"destinations": [{"to": [lucia]}], "content": {"templateId": "4711"}}
    assert rows(post_email(service, message)) == {"lucia@buzon.example": 26}
    (entry,) = sandbox.log()
    assert (entry["template_id"], entry["subject"], entry["html"]) == ("4711", "Hola Lucía", "<p>A-1</p>")
