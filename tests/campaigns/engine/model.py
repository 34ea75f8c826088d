"""One dispatch under whatever Hypothesis thinks of: the rules of the state machine in `test_model`.

The provider is the only thing that is played (`played_provider`). Everything else is the engine as it runs in service,
one call at a time, on a clock of its own; lanes also stand still between two of their steps (`stalled_lane`).
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, consumes, initialize, multiple, precondition, rule

from campaigns.models import Batch, Campaign, Dispatch, Lane, ProviderAccount, Recipient, TemplateVersion
from campaigns.providers.base import Absent, Event, EventKind, NotSent
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.services.connecting import accounts
from campaigns.services.sending import canaries, clock_steps, dispatching, lanes, prepare
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import decisions, receipts, settle
from campaigns.states import HANDED_OVER, Hold, Reason
from console.errors import UserError
from console.models import User, Workspace
from console.services import crypto, heartbeats
from contacts.models import Contact
from contacts.services import consent
from contacts.states import Consent, ConsentSource
from tests.campaigns.engine.played_provider import ANSWERS, Courier, Provider, WorkerDied
from tests.campaigns.engine.stalled_lane import Before, StalledLane
from tests.campaigns.engine.watched import IN_A_ROW, PRICE, Watched

PEOPLE = 12
TOO_LONG = range(1, 4)  # people whose message is longer than allowed, which a lane finds out after its claim
KINDS = (EventKind.ACCEPTED, EventKind.SENT, EventKind.DELIVERED, EventKind.UNDELIVERED, EventKind.FAILED)
SHARE = 50  # of failures in per cent, at which guards hold
# Few answers of any kind, or one kind again and again.
FEW_ANSWERS = st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4)
MANY_ALIKE = st.sampled_from(sorted(set(ANSWERS))).map(lambda answer: [answer] * (IN_A_ROW + 1))


class DispatchModel(Watched):
    """See `Watched` for what must be true after each of these."""

    stalled = Bundle("stalled")

    # -- the beginning ----------------------------------------------------------------------------

    @initialize(
        provider=st.sampled_from(["sinch-messaging", "messaging-service"]),
        size=st.integers(1, 4),
        chunks=st.integers(1, 4),
        guarded=st.booleans(),
        canary=st.sampled_from([None, None, 1, 5]),
        messages=st.sampled_from([None, None, 4, 8]),
    )
    def begin(
        self, provider: str, size: int, chunks: int, guarded: bool, canary: int | None, messages: int | None
    ) -> None:
        """`messages`: as many as the budget pays for."""
        # Guards end an example early, so only some have each of them.
        self.guarded = guarded
        self.workspace = Workspace.objects.create(
            name="W", slug="w", default_country="ES", failure_share=SHARE if guarded else 0, failure_window=2,
            failure_least=2, strange_answers=IN_A_ROW if guarded else 0,
        )  # fmt: skip
        self.owner = User.objects.create_user("o@example.test", None)
        Contact.objects.bulk_create(_contact(self.workspace, n, self.now) for n in range(PEOPLE))
        self.account = ProviderAccount.objects.create(
            workspace=self.workspace, name="a", provider=provider, base_url="http://127.0.0.1:9", sender="T",
            sealed=crypto.seal(REHEARSALS[provider].credentials), email_sender="T <t@t.example>", created_at=self.now,
            requests_per_second=1000, sms_price=PRICE, email_price=PRICE,
        )  # fmt: skip
        self.channel = REHEARSALS[provider].channels[0]
        self._start(size, canary, None if messages is None else messages * PRICE)
        can = accounts.capabilities(self.account, self.channel)
        self.provider = Provider(can.absent_means is Absent.RESUBMIT, self._apply)
        self._write(chunks)
        self.look()

    def _start(self, size: int, canary: int | None, cost_cap: Decimal | None) -> None:
        version = TemplateVersion.objects.create(
            workspace=self.workspace, channel=self.channel, text="Hola {{ first_name }}", subject="S", html="<p>H</p>",
            created_at=self.now,
        )  # fmt: skip
        campaign = Campaign.objects.create(
            workspace=self.workspace, name="C", channel=self.channel, status="scheduled", account=self.account,
            version=version, everyone=True, start_at=self.now, created_at=self.now, updated_at=self.now,
            max_parts=1, canary=canary, cost_cap=cost_cap,
        )  # fmt: skip
        dispatch = dispatching.start(campaign, self.now)
        assert dispatch is not None
        Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=size)
        self.pk, self.key = dispatch.pk, dispatch.key

    # -- what runs unattended ---------------------------------------------------------------------

    @precondition(lambda self: not self.prepared)
    @rule(chunks=st.integers(1, 3))
    def write_audience(self, chunks: int) -> None:
        self._write(chunks)

    def _write(self, chunks: int) -> None:
        taken = prepare.take(self.pk, self.now)
        if taken is None:
            return
        spec = prepare.spec_of(taken)
        for _ in range(chunks):
            if prepare.write_next(taken, spec, self.now) is None:
                break
        prepare.give_back(taken)

    @precondition(lambda self: self.status == "sending" and self.has("queued"))
    @rule(answers=FEW_ANSWERS | MANY_ALIKE, early=st.booleans())
    def send(self, answers: list[str], early: bool) -> None:
        """A lane for as many requests as there are answers, once nothing holds the account any more."""
        self._send(answers, early)

    def _send(self, answers: list[str], early: bool) -> None:
        lane = self._take_lane()
        if lane is not None:
            courier = Courier(self.provider, answers, early)
            lanes.Courier = lambda provider: courier  # type: ignore[misc,assignment]
            with contextlib.suppress(WorkerDied):
                lanes.run(lane, self._clock, courier.draining)

    @precondition(lambda self: self.status == "sending" and self.has("queued"))
    @rule(target=stalled, before=st.sampled_from(Before), answers=FEW_ANSWERS, early=st.booleans())
    def stall(self, before: Before, answers: list[str], early: bool) -> StalledLane | MultipleResults[StalledLane]:
        """A lane claims batches and stands still, until it is woken up."""
        return self._stand(before, answers, early) or multiple()

    @rule(lane=consumes(stalled))
    def wake(self, lane: StalledLane) -> None:
        self._go_on(lane)

    @precondition(lambda self: self.status == "sending" and self.has("queued"))
    @rule(before=st.sampled_from(Before), answers=FEW_ANSWERS, others=st.just([]) | FEW_ANSWERS)
    def overtake(self, before: Before, answers: list[str], others: list[str]) -> None:
        """A lane stands still until its lease is over, and until another one has got answers to `others`."""
        lane = self._stand(before, answers, early=False)
        if lane is not None:
            self.sweep()
            if others:
                self._send(others, early=False)
            self._go_on(lane)

    def _stand(self, before: Before, answers: list[str], early: bool) -> StalledLane | None:
        lane = self._take_lane()
        if lane is None:
            return None
        try:
            return StalledLane(lane, before, Courier(self.provider, answers, early), self._clock)
        except WorkerDied:
            return None
        finally:
            self.provider.forget_row()  # what it was told is not written yet

    def _go_on(self, lane: StalledLane) -> None:
        with contextlib.suppress(WorkerDied):
            lane.go_on()
        self.provider.forget_row()

    def _take_lane(self) -> Lane | None:
        accounts.release(self.account.pk)
        ready = Batch.objects.filter(dispatch_id=self.pk, status="ready").order_by("not_before").first()
        if ready is not None:
            self.now = max(self.now, ready.not_before)
        return lanes.take_lane(self.account.pk, self.now)

    def _clock(self) -> datetime:
        """A millisecond each time somebody looks: the same in every run, and never at a standstill."""
        self.now += timedelta(milliseconds=1)
        return self.now

    @precondition(lambda self: self.has("claimed"))
    @rule()
    def sweep(self) -> None:
        """A dead worker's lease runs out, and somebody tidies up."""
        self.now += timedelta(seconds=settings.LEASE_SECONDS + 1)
        settle.sweep_leases(self.now)

    @precondition(lambda self: self.has("unknown"))
    @rule(answer=st.sampled_from(["all", "all", "nothing", "away"]))
    def look_up(self, answer: str) -> None:
        """`nothing`: what arrived is not in the provider's log yet."""
        due = Batch.objects.filter(dispatch_id=self.pk, look_up_at__isnull=False).order_by("look_up_at").first()
        if due is not None and due.look_up_at is not None:
            self.now = max(self.now, due.look_up_at)

        async def ask(batch: Batch, references: list[str], capabilities: Any) -> list[Event]:
            if answer == "away":
                raise NotSent(Reason.PROVIDER_DOWN, "away")
            return [
                Event(EventKind.ACCEPTED, "", reference=one)
                for one in references
                if one in self.provider.oracle and answer == "all"
            ]

        settle._ask = ask
        for batch in settle.due_look_ups(self.now):
            settle.look_up(batch, self.now)

    @precondition(lambda self: self.status == "stopped" or not self.has("queued", "claimed"))
    @rule()
    def finish(self) -> None:
        dispatching.finish_done(self.now)
        for pk in dispatching.stopped_with_waiting():
            dispatching.cancel_waiting(pk, self.now)

    @rule(seconds=st.sampled_from([1, 30, 400, 3600]))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def set_clock_back(self) -> None:
        """By an hour, which the next tick notices."""
        heartbeats.beat(self.now, "beat")
        self.now -= timedelta(hours=1)
        clock_steps.mend(self.now)

    @precondition(lambda self: self.open_until)
    @rule(minutes=st.sampled_from([0, 6]))
    def judge_canary(self, minutes: int) -> None:
        """At once, or when the time to wait for receipts is over."""
        self.now += timedelta(minutes=minutes)
        others = Recipient.objects.filter(dispatch_id=self.pk, batch_no__gt=self.open_until, status="queued").exists()
        first = Recipient.objects.filter(dispatch_id=self.pk, batch_no__lte=self.open_until)
        canaries.judge_all(self.now)
        if others and Dispatch.objects.filter(pk=self.pk, open_until=None).exists():
            there = [status for status in first.values_list("status", flat=True) if status in HANDED_OVER]
            bad = [status for status in there if status in ("failed", "undelivered", "unknown")]
            share = SHARE if self.guarded else canaries.DEFAULT_SHARE
            assert len(bad) * 100 < share * len(there), f"the rest follows {there}"

    # -- what comes from outside ------------------------------------------------------------------

    @precondition(lambda self: self.provider.oracle)
    @rule(data=st.data(), kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    def call_back(self, data: st.DataObject, kinds: list[EventKind]) -> None:
        """Receipts of something that the provider really has, in any order, and repeated."""
        # In the order of arrival: sorted, r10 comes before r9, and PostgreSQL counts on after a rolled-back example.
        reference = data.draw(st.sampled_from(list(self.provider.oracle)))
        self._apply([Event(kind, "e", reference=reference, reason=Reason.NOT_DELIVERED) for kind in kinds] * 2)

    @precondition(lambda self: self.has("delivered", "undelivered"))
    @rule(data=st.data(), kind=st.sampled_from(KINDS[:3]))
    def call_back_late(self, data: st.DataObject, kind: EventKind) -> None:
        """An earlier word about something that is over."""
        over = Recipient.objects.filter(dispatch_id=self.pk, status__in=["delivered", "undelivered"]).order_by("pk")
        row = data.draw(st.sampled_from(list(over)))
        self._apply([Event(kind, "e", reference=reference_of(self.key, row.pk, row.attempt))])

    @rule(attempt=st.integers(1, 9), row=st.integers(0, 2**70))
    def call_back_about_nobody(self, attempt: int, row: int) -> None:
        self._apply([Event(EventKind.DELIVERED, "e", reference=reference_of("ffffffffffff", row, attempt))])

    def _apply(self, events: list[Event]) -> None:
        receipts.apply(self.account, events, self.now)

    @rule(n=st.integers(0, PEOPLE - 1))
    def opt_out(self, n: int) -> None:
        contact = Contact.objects.order_by("pk")[n]
        address = contact.email if self.channel == "email" else contact.phone
        consent.opt_out(self.workspace, self.channel, address, source=ConsentSource.PROVIDER, now=self.now)

    # -- what people do ---------------------------------------------------------------------------

    @rule(action=st.sampled_from([dispatching.pause, dispatching.resume, dispatching.resume]))
    def control(self, action: Any) -> None:
        self._person(lambda: action(self.dispatch, self.owner, self.now))
        self.provider.forget_row()

    @precondition(lambda self: self.reason == Hold.BUDGET)
    @rule(messages=st.sampled_from([None, 2 * PEOPLE]))
    def raise_budget(self, messages: int | None) -> None:
        """As the page of a dispatch offers it that is held for its budget. None: no limit any more."""
        budget = None if messages is None else messages * PRICE
        self._person(lambda: dispatching.raise_budget(self.dispatch, budget, self.owner, self.now))
        self.provider.forget_row()

    @precondition(lambda self: self.has("accepted"))
    @rule(sure=st.integers(0, 5))
    def stop(self, sure: int) -> None:
        if not sure:
            self._person(lambda: dispatching.stop(self.dispatch, self.owner, self.now))

    @precondition(lambda self: self.has("unknown", "failed", "undelivered"))
    @rule(data=st.data(), action=st.sampled_from(["mark_sent", "mark_not_sent", "send_again"]))
    def decide(self, data: st.DataObject, action: str) -> None:
        ids = sorted(Recipient.objects.filter(dispatch_id=self.pk).values_list("pk", flat=True))
        if ids:
            chosen = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True))
            self.a_person_asked = True
            self._person(lambda: decisions.decide_many(self.dispatch, chosen, action, self.owner, self.now))

    @precondition(lambda self: self.has("failed", "undelivered"))
    @rule()
    def retry_failed(self) -> None:
        self.a_person_asked = True
        self._person(lambda: decisions.retry_failed(self.dispatch, self.owner, self.now))

    def _person(self, act: Any) -> None:
        """A refusal is an answer; it changes nothing, because each service undoes what it began."""
        try:
            with transaction.atomic():
                act()
        except UserError as refusal:
            assert str(refusal)


def _contact(workspace: Workspace, n: int, now: datetime) -> Contact:
    return Contact(
        workspace=workspace, key=f"K{n}", email=f"p{n}@example.test", phone=f"+346{n:05d}900", phone_type="mobile",
        first_name="\N{SNOWMAN}" * 70 if n in TOO_LONG else f"N{n}", country="ES", sms_consent=Consent.GRANTED,
        email_consent=Consent.GRANTED, created_at=now, updated_at=now,
    )  # fmt: skip
