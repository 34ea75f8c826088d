"""The answer of `GET /api/Dispatches/{id}`: how far a dispatch is (contract §3 and §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.providers.crm_messaging import times
from campaigns.providers.remote import Course, Followed

DRAFT, PENDING, QUEUED, ERROR = 1, 2, 3, 7
_NAMES = {DRAFT: "Draft", PENDING: "Pending", QUEUED: "Queued", ERROR: "Error"}


def followed(ticket: str, answer: object, zone: ZoneInfo) -> Followed:
    """ValueError when it is no dispatch. An undocumented status is neither success nor failure: asked again."""
    if not isinstance(answer, dict) or "sendStatusId" not in answer:
        raise ValueError("not a dispatch")
    status = answer["sendStatusId"]
    text = str(answer.get("errorMessage") or _NAMES.get(status, "")) if isinstance(status, int) else ""
    template, people = answer.get("campaignMessageId"), answer.get("totalRecipients")
    return Followed(
        ticket,
        _course(status, answer),
        code=str(status),
        text=text,
        template_id="" if template is None else str(template),
        people=people if isinstance(people, int) else None,
        due_at=times.moment(answer.get("sendAt"), zone),
    )


def _course(status: object, answer: Mapping[str, Any]) -> Course:
    """Handed over means given to the gateway; the API never knows of delivery."""
    if status == QUEUED and answer.get("hasFinishedQueuing") is True:
        return Course.DONE
    if status == ERROR:
        return Course.UNCLEAR if answer.get("hasStartedQueuing") is True else Course.FAILED
    return Course.OPEN
