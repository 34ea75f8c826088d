"""A campaign on the stage: people, an account at the sandbox, a dispatch, and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Count
from django.utils import timezone

from campaigns.demo import rehearsal
from campaigns.demo.workspace import portal_settings
from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, ProviderEvent, Recipient
from campaigns.providers.base import Channel
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.querysets import in_flight
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
# What the sandboxes never deliver: the end of a number, the beginning of an email address. Written down here and not
# read from them, so that the oracle cannot be wrong together with what it judges. One vendor's dispatches know no
# receipts by person.
UNDELIVERABLE = {
    "sinch-messaging": "104",
    "messaging-service": "hardbounce",
    "octopush": "901",
    "salesforce-marketing-cloud": "0004",
}
DELIVERABLE = "900"  # a number's end that means nothing special to any of them
EACH = 10  # one in so many is somebody whom nothing reaches
SETTLE_SECONDS = 120.0
RETRIES_SECONDS = 600.0  # of the sandbox's clock: longer than the first retries of a callback are apart
MOVING = (RecipientStatus.QUEUED, RecipientStatus.CLAIMED)
UNDER_WAY = (RecipientStatus.ACCEPTED, RecipientStatus.SENT)


@dataclass
class Scene:
    """One campaign and its one dispatch."""

    stage: Stage
    campaign: Campaign
    account: ProviderAccount
    owner: User
    people: int
    receipts: bool = False  # the provider calls back about every message

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch.objects.select_related("account", "workspace", "campaign").get(campaign=self.campaign)

    @property
    def send_path(self) -> str:
        return SEND[self.account.provider]

    def arm(self, kind: str, times: int = 1, **options: Any) -> None:
        """The next `times` send requests meet this fault."""
        self.stage.sandbox.arm(self.send_path, kind, times, **options)

    def disarm(self) -> None:
        """The provider is itself again."""
        self.stage.sandbox.disarm()

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
        found = Recipient.objects.filter(dispatch__campaign=self.campaign).annotate(now=in_flight.status())
        return dict(found.values_list("now").annotate(people=Count("pk")))

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

    def until_over(self, seconds: float = SETTLE_SECONDS) -> None:
        """Finished or stopped, nothing waits or flies, no look-up is due, every callback is worked off; and where the
        provider calls back, everybody has a last word."""
        self.until(self.is_over, "the end", seconds)
        if self.receipts:
            self.stage.sandbox.advance(RETRIES_SECONDS)  # what it could not bring meanwhile it brings now
            self.until(self.has_every_receipt, "the last receipt", seconds)

    def has_every_receipt(self) -> bool:
        return self.is_over() and not any(self.statuses().get(status) for status in UNDER_WAY)

    def is_undeliverable(self, address: str) -> bool:
        """Whether the provider tells of this person's message that it was not delivered."""
        mark = UNDELIVERABLE.get(self.account.provider, "-")
        return address.startswith(mark) or address.endswith(mark)

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
    guards: bool = False,
    unlimited: bool = False,
) -> Scene:
    """A campaign to `people` that is ready to be scheduled. `speed`: messages a second; `receipts`: the sandbox knows
    where its callbacks go (one vendor is told with each message); `guards`: as an installation has them, else off;
    `unlimited`: the account has no limit that a lane reaches, and Sinch does not mind."""
    kind, now = REHEARSALS[provider], timezone.now()
    # Look-ups are asked without the vendor's pauses (`injection.waits`), so its sandbox must not mind.
    stage.sandbox.configure(**{"salesforce-marketing-cloud": {"gets_per_second": 0}})
    workspace, owner = rehearsal.workspace_for(now, kind.country)
    # The guards would call a person, who is not here; they have cases of their own (`cases.guards`).
    usual = Workspace() if guards else Workspace(failure_share=0, strange_answers=0)
    Workspace.objects.filter(pk=workspace.pk).update(
        failure_share=usual.failure_share, strange_answers=usual.strange_answers
    )
    Contact.objects.bulk_create(contacts(workspace, people, kind.country, UNDELIVERABLE.get(provider, "")))
    channel = Channel.EMAIL if provider == REFUSES_DOUBLES else Channel.SMS
    plan = rehearsal.Plan(contacts=Path(), base_url=stage.relay.url, provider=provider, country=kind.country)
    account = rehearsal.account_of(plan, provider, workspace, owner, now)
    ProviderAccount.objects.filter(pk=account.pk).update(
        requests_per_second=1_000_000 if unlimited else 400, options={**account.options, **(options or {})}
    )
    if unlimited:
        stage.sandbox.configure(sinch={"requests_per_second": 0})
    account.refresh_from_db()
    campaign = rehearsal.campaign_of(plan, account, channel, owner, now, now)
    Campaign.objects.filter(pk=campaign.pk).update(messages_per_second=speed, start_at=None, zone="")
    if receipts:
        stage.sandbox.configure(**portal_settings(workspace, stage.url))
    return Scene(stage, campaign, account, owner, people, receipts or provider == REFUSES_DOUBLES)


def contacts(workspace: Workspace, people: int, country: str, undeliverable: str = "") -> list[Contact]:
    """Reachable by mobile and email; one in ten has an address that says `undeliverable`, where that is given."""
    now, mobile = timezone.now(), MOBILES[country]
    found = []
    for i in range(people):
        mark = undeliverable if i % EACH == 0 else ""
        name, end = (mark, DELIVERABLE) if mark.isalpha() else ("person", mark or DELIVERABLE)
        found.append(
            Contact(
                workspace=workspace, key=f"K{i}", email=f"{name}{i}@example.test",
                phone=f"{mobile}{i:0{8 - len(end)}d}{end}",
                phone_type="mobile", first_name=f"Ñandú {i}", last_name="Apellido", country=country,
                sms_consent=Consent.GRANTED, email_consent=Consent.GRANTED, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    return found
