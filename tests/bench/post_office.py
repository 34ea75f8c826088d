"""django-post_office on the same people and texts into the same sink: what a Django team would take instead.

Queued by `mail.send_many` and sent by the loop of its `send_queued_mail`, with its own tables in the same database. Its
settings (`tests.bench.settings`) are those that its documentation gives for speed over HTTP, more threads a process and
a process a core; where a single process is quicker, that counts. Queueing is not in its rate, as preparing is not in
ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from campaigns.providers.base import Message
from tests.bench.measure import rate
from tests.bench.post_office_backend import EmailBackend

PROCESSES = (1, 2)
PIECE = 1_000


def send(messages: Sequence[Message], base_url: str) -> float:
    """Messages per second from queued to sent, with the number of processes that makes most of them. RuntimeError when
    one was not sent: then nothing was measured."""
    return max(_send(messages, base_url, processes) for processes in PROCESSES)


def _send(messages: Sequence[Message], base_url: str, processes: int) -> float:
    mail = import_module("post_office.mail")  # it is an application of a bench run only
    emails = import_module("post_office.models").Email.objects
    EmailBackend.base_url = base_url
    for start in range(0, len(messages), PIECE):
        mail.send_many([_queued(message) for message in messages[start : start + PIECE]])
    with tempfile.TemporaryDirectory() as folder:
        lock = str(Path(folder) / "lock")
        found = rate(len(messages), lambda: mail.send_queued_mail_until_done(lock, processes))
    sent = emails.filter(status=mail.STATUS.sent).count()
    emails.all().delete()
    if sent != len(messages):
        raise RuntimeError(f"django-post_office sent {sent} of {len(messages)}")
    return found


def _queued(message: Message) -> dict[str, Any]:
    """What `send_many` takes. It wants addresses of email: the phone is the local part of one."""
    return {
        "recipients": [f"{message.address.lstrip('+')}@sms.example"],
        "sender": "bench@despacho.example",
        "message": message.text,
        "headers": {"X-Reference": f"{message.reference}-{os.urandom(4).hex()}"},
    }
