"""A campaign on the stage: people, an account at the sandbox, a dispatch, and its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from campaigns.demo import rehearsal
from campaigns.demo.workspace import portal_settings
from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, ProviderEvent, Recipient
from campaigns.providers.base import Channel
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.services.writing import scheduling
from campaigns.states import RecipientStatus
from console.models import User, Workspace
from contacts.models import Contact
from contacts.states import Consent
from tests.faults.stage import Stage, wait_until

LOOK_UP, REFUSES_DOUBLES = "sinch-messaging", "messaging-service"
# Where messages go in, for faults that hit only them.
SEND = {
    "sinch-messaging": "/v1/send-*",
    "messaging-service": "/email/4/messages",
    "octopush": "/v1/public/sms-campaign/send",
    "crm-messaging": "/api/SendMessages",
    "salesforce-marketing-cloud": "/messaging/v1/sms/messages/*",
}
MOBILES = {"ES": "+346", "GR": "+3069"}
SETTLE_SECONDS = 120.0
MOVING = (RecipientStatus.QUEUED, RecipientStatus.CLAIMED)


@dataclass
class Scene:
    """One campaign and its one dispatch."""

    stage: Stage
    campaign: Campaign
    account: ProviderAccount
    owner: User
    people: int

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch.objects.select_related("account", "workspace", "campaign").get(campaign=self.campaign)

    @property
    def send_path(self) -> str:
        return SEND[self.account.provider]

    def arm(self, kind: str, times: int = 1, **options: Any) -> None:
        """The next `times` send requests meet this fault."""
        self.stage.sandbox.arm(self.send_path, kind, times, **options)

    def schedule(self) -> None:
        """From now on the next tick starts it."""
        now = timezone.now()
        self.campaign.refresh_from_db()
        scheduling.schedule(self.campaign, None, self.owner, now)

    # -- looking -------------------------------------------------------------------------------------

    def sent(self) -> int:
        return len(self.stage.sandbox.log())

    def has_sent(self, messages: int) -> bool:
        return self.sent() >= messages

    def is_landed(self) -> bool:
        """Nothing is on its way any more."""
        return not self.statuses().get("claimed")

    def requests(self) -> int:
        """Send requests that have arrived."""
        path = self.send_path.rstrip("*")
        return sum(1 for one in self.stage.sandbox.requests()["requests"] if one["path"].startswith(path))

    def parked(self) -> int:
        """Callbacks that fit nothing so far and are tried again later."""
        return ProviderEvent.objects.filter(account=self.account, outcome="parked").count()

    def statuses(self) -> dict[str, int]:
        found = Recipient.objects.filter(dispatch__campaign=self.campaign)
        return dict(Counter(found.values_list("status", flat=True)))

    def until(self, condition: Callable[[], bool], what: str, seconds: float = SETTLE_SECONDS) -> None:
        """Wait; what ends by itself meanwhile is started again."""

        def holds() -> bool:
            self.stage.supervise()
            return condition()

        try:
            wait_until(holds, seconds, what)
        except AssertionError as error:
            dispatch = Dispatch.objects.filter(campaign=self.campaign).first()
            state = f"{dispatch.status} {dispatch.reason}" if dispatch else "no dispatch"
            raise AssertionError(f"{error}; dispatch {state}, people {self.statuses()}") from None

    def until_sent(self, messages: int = 1) -> None:
        self.until(lambda: self.sent() >= messages, f"message {messages}")

    def until_accepted(self, people: int) -> None:
        """So many are written down as accepted, or have come further."""
        further = (RecipientStatus.ACCEPTED, RecipientStatus.SENT, RecipientStatus.DELIVERED)
        self.until(lambda: sum(self.statuses().get(one, 0) for one in further) >= people, f"acceptance {people}")

    def until_over(self) -> None:
        """Finished or stopped, nothing waits or flies, no look-up is due, every callback is worked off."""
        self.until(self.is_over, "the end")

    def until_delivered(self) -> None:
        """Every accepted row has its receipt."""
        self.until_over()
        waiting = (RecipientStatus.ACCEPTED, RecipientStatus.SENT)
        self.until(lambda: not any(self.statuses().get(status) for status in waiting), "the last receipt")

    def is_over(self) -> bool:
        dispatch = Dispatch.objects.filter(campaign=self.campaign, status__in=["finished", "stopped"]).first()
        if dispatch is None or any(self.statuses().get(status) for status in MOVING):
            return False
        asked = Batch.objects.filter(dispatch=dispatch, status="unknown", look_up_at__isnull=False)
        new = ProviderEvent.objects.filter(account=self.account, applied_at=None, tries=0)
        return not asked.exists() and not new.exists()


def prepare(
    stage: Stage,
    provider: str = LOOK_UP,
    people: int = 60,
    *,
    speed: float | None = None,
    options: dict[str, Any] | None = None,
    receipts: bool = False,
) -> Scene:
    """A campaign to `people` that is ready to be scheduled. `speed`: messages a second; `receipts`: the sandbox knows
    where its callbacks go. One message a request where the look-up vendor offers it."""
    kind, now = REHEARSALS[provider], timezone.now()
    # Look-ups are asked without the vendor's pauses (`injection.waits`), so its sandbox must not mind.
    stage.sandbox.configure(**{"salesforce-marketing-cloud": {"gets_per_second": 0}})
    workspace, owner = rehearsal.workspace_for(now, kind.country)
    # The guards would call a person, who is not here; they have tests of their own.
    Workspace.objects.filter(pk=workspace.pk).update(failure_share=0, strange_answers=0)
    Contact.objects.bulk_create(contacts(workspace, people, kind.country))
    channel = Channel.EMAIL if provider == REFUSES_DOUBLES else Channel.SMS
    plan = rehearsal.Plan(contacts=Path(), base_url=stage.relay.url, provider=provider, country=kind.country)
    account = rehearsal.account_of(plan, provider, workspace, owner, now)
    ProviderAccount.objects.filter(pk=account.pk).update(
        requests_per_second=400, options={**account.options, **(options or {})}
    )
    account.refresh_from_db()
    campaign = rehearsal.campaign_of(plan, account, channel, owner, now, now)
    Campaign.objects.filter(pk=campaign.pk).update(messages_per_second=speed, start_at=None, zone="")
    if receipts:
        stage.sandbox.configure(**portal_settings(workspace, stage.url))
    return Scene(stage, campaign, account, owner, people)


def contacts(workspace: Workspace, people: int, country: str) -> list[Contact]:
    """Reachable by mobile and email. Numbers that end in 900 mean nothing special to the sandbox."""
    now, mobile = timezone.now(), MOBILES[country]
    return [
        Contact(
            workspace=workspace, key=f"K{i}", email=f"person{i}@example.test", phone=f"{mobile}{i:05d}900",
            phone_type="mobile", first_name=f"Ñandú {i}", last_name="Apellido", country=country,
            sms_consent=Consent.GRANTED, email_consent=Consent.GRANTED, created_at=now, updated_at=now,
        )
        for i in range(people)
    ]  # fmt: skip
