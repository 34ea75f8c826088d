"""messaging-service's adapter against its sandbox: what leaves is what the vendor understands."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from campaigns.providers.base import AccountConfig, Body, Channel, Message, Outcome, Outgoing, Receipt
from campaigns.providers.messaging_service import MessagingService, files
from campaigns.providers.remote import Attachment
from tests.sandbox_process import SandboxProcess

KEY = "5a1f0c6e-90d3-4f0e-8d2b-64c8f1b2a733"
BODY = Body(
    Channel.EMAIL,
    sender="Tienda Norte <novedades@correo.tiendanorte.example>",
    subject="{{p1}}, tu cupón",
    html='<p>Hola {{p1}}</p><img src="cid:logo uno.png">',
    text="Hola {{p1}}",
    slots=("p1", "p2"),
)
FILES = (
    Attachment("oferta.pdf", "application/pdf", b"%PDF" + b"0" * 20_000),
    Attachment("logo.png", "image/png", b"\x89PNG", inline=True),
)
PEOPLE = [Message(f"c41-r{n}-a1", f"ana{n}@buzon.example", values=(f"Ana {n}", f"u{n}")) for n in range(3)]


def send(sandbox: SandboxProcess, body: Body, messages: list[Message] = PEOPLE, **options: Any) -> list[Receipt]:
    async def run() -> list[Receipt]:
        config = AccountConfig(sandbox.url, {"auth_form": "app", "api_key": "sandbox-key"}, options)
        async with MessagingService(config, allow_private=True) as provider:
            return await provider.send(Outgoing(KEY, body, messages))

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def nothing_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UPLOADED", files.Uploaded())


@pytest.mark.parametrize("headers", [{}, {"List-Unsubscribe": "<https://consola.example/u/{{p2}}/>"}])
@pytest.mark.parametrize("way", [files.AUTO, files.BINARY, files.UPLOAD])
def test_files_arrive_with_every_message_however_they_travel(
    sandbox: SandboxProcess, way: str, headers: dict[str, str]
) -> None:
    body = replace(BODY, html='<img src="cid:logo.png">', attachments=FILES, headers=headers)
    assert {receipt.outcome for receipt in send(sandbox, body, files=way)} == {Outcome.ACCEPTED}
    entries = sandbox.log("messaging-service")
    assert [[(file["name"], file["size"], file["inline"]) for file in entry["files"]] for entry in entries] == [
        [("oferta.pdf", 20_004, False), ("logo.png", 4, True)]
    ] * 3
    links = [f"<https://consola.example/u/u{n}/>" for n in range(3)] if headers else [None] * 3
    assert [entry["headers"].get("List-Unsubscribe") for entry in entries] == links
    assert sandbox.violations() == []


def test_an_upload_is_used_again(sandbox: SandboxProcess) -> None:
    body = replace(BODY, html="<p>Hola</p>", attachments=FILES)
    send(sandbox, body, files="upload")
    again = [replace(message, reference=f"{message.reference}b") for message in PEOPLE]
    send(sandbox, body, again, files="upload")
    paths = [call["path"] for call in sandbox.requests()["requests"]]
    assert paths == ["/email/1/content", "/email/1/content", "/email/4/messages", "/email/4/messages"]


def test_copies_are_messages_of_their_own_and_a_repeated_request_repeats_none(sandbox: SandboxProcess) -> None:
    body = replace(
        BODY, html="<p>Hola {{p1}}</p>", options={"cc": "jefa@tienda.example", "bcc": "archivo@tienda.example"}
    )
    for _ in range(2):
        send(sandbox, body, PEOPLE[:1])
    assert [(entry["destination"], entry["role"], entry["subject"]) for entry in sandbox.log()] == [
        ("ana0@buzon.example", "to", "Ana 0, tu cupón"),
        ("jefa@tienda.example", "cc", "Ana 0, tu cupón"),
        ("archivo@tienda.example", "bcc", "Ana 0, tu cupón"),
    ]


@pytest.mark.parametrize("layout", ["vendor", "seed"])
def test_the_reply_address_arrives_in_both_layouts(sandbox: SandboxProcess, layout: str) -> None:
    body = replace(BODY, html="<p>Hola {{p1}}</p>", reply_to="ayuda@tienda.example", options={"message_layout": layout})
    send(sandbox, body, PEOPLE[:1])
    assert sandbox.log()[0]["reply_to"] == "ayuda@tienda.example"


def test_a_stored_template_is_filled_by_the_vendor(sandbox: SandboxProcess) -> None:
    stored = {"sender": "Norte <a@norte.example>", "subject": "Hola {{nombre}}", "text": "{{cupon}}"}
    sandbox.configure(**{"messaging-service": {"templates": {"4711": stored}}})
    body = Body(Channel.EMAIL, template_id="4711", names=("nombre", "cupon"))
    assert {receipt.outcome for receipt in send(sandbox, body)} == {Outcome.ACCEPTED}
    assert [(entry["subject"], entry["text"]) for entry in sandbox.log()] == [
        (f"Hola Ana {n}", f"u{n}") for n in range(3)
    ]


def test_a_template_that_the_vendor_does_not_know_is_refused_person_by_person(sandbox: SandboxProcess) -> None:
    receipts = send(
        sandbox, Body(Channel.EMAIL, sender="a@b.example", template_id="0"), [replace(PEOPLE[0], values=())]
    )
    assert [(receipt.outcome, receipt.code) for receipt in receipts] == [(Outcome.REFUSED, "90")]
