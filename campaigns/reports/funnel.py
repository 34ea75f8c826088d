"""The figures of a finished (or running) dispatch in the order people ask: who was meant, who fell out, who got it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns import wording
from campaigns.models import Dispatch
from campaigns.services.showing.figures import Figures
from campaigns.services.showing.speed import Speed
from campaigns.services.writing.costs import Cost
from console import formats


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the funnel: people, their colour, and the filter that lists them. `inner`: part of the line above."""

    label: Any
    n: int
    css: str
    state: str = ""
    reason: str = ""
    note: Any = ""
    inner: bool = False


def steps(found: Figures) -> list[Step]:
    """From the audience through exclusions by reason to what became of the messages. Steps that nobody is in are
    left out, but for the ones that say how far it got."""
    excluded = [
        Step(
            wording.reason_sentence(cell.reason), cell.n, "excluded", "excluded", cell.reason,
            wording.reason_advice(cell.reason), inner=True,
        )
        for cell in found.reasons("excluded")
    ]  # fmt: skip
    sure = [
        Step(_("Audience"), found.total, "brand"),
        Step(_("Excluded"), found.excluded, "excluded", "excluded"),
        *excluded,
        Step(_("Handed over"), found.handed_over, "sent", "handed", note=_("to the provider")),
        Step(_("Delivered"), found.states["delivered"], "delivered", "delivered"),
    ]
    perhaps = [
        Step(_("Sent"), found.states["sent"], "sent", "sent", note=_("no receipt yet")),
        Step(_("Sent, no receipt"), found.states["receipt"], "receipt", "receipt", note=_("none will come")),
        Step(_("Failed"), found.states["failed"], "failed", "failed"),
        Step(_("To verify"), found.states["verify"], "verify", "verify"),
        Step(_("Still to be handed over"), found.left, "waiting", "left"),
    ]
    return sure + [step for step in perhaps if step.n]


def not_reached(found: Figures) -> list[Step]:
    """Why people who were written to did not get it, or perhaps not: most first."""
    return [
        Step(wording.reason_sentence(cell.reason) or _("No reason given"), cell.n, state, state, cell.reason,
             wording.reason_advice(cell.reason))
        for state in ("failed", "verify")
        for cell in found.reasons(state)
    ]  # fmt: skip


def table(
    dispatch: Dispatch, found: Figures, speed: Speed, cost: Cost, now: datetime, engaged: Mapping[str, int]
) -> list[tuple[Any, ...]]:
    """The report as rows of (what, people, share of the audience), for a spreadsheet. `engaged`: who opened and
    clicked, where that was reported."""
    rows: list[tuple[Any, ...]] = [
        (_("Campaign"), dispatch.campaign.name, ""),
        (_("Dispatch"), dispatch.number, ""),
        (_("State"), str(wording.status_word(dispatch.status)), ""),
        (_("Started"), _stamp(dispatch.started_at), ""),
        (_("Ended"), _stamp(dispatch.finished_at), ""),
        (_("As of"), _stamp(now), ""),
    ]
    for step in steps(found):
        label = f"{_('Excluded')}: {step.label}" if step.inner else str(step.label)
        rows.append((label, step.n, formats.share(step.n, found.total)))
    words = {"opened": _("Opened"), "clicked": _("Clicked")}
    rows += [(words[kind], n, formats.share(n, found.total)) for kind, n in engaged.items()]
    for step in not_reached(found):
        rows.append((f"{_('Failed') if step.state == 'failed' else _('To verify')}: {step.label}", step.n,
                     formats.share(step.n, found.total)))  # fmt: skip
    rows.append((_("SMS parts") if dispatch.channel == "sms" else _("Emails"),
                 speed.parts if dispatch.channel == "sms" else speed.sent, ""))  # fmt: skip
    if cost.so_far is not None:
        rows.append((_("Cost"), cost.so_far, dispatch.workspace.currency))
    return rows


def _stamp(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
