"""One dispatch under whatever Hypothesis thinks of: the rules of the state machine in `test_model`.

The provider is the only thing that is played: it is chance, and it remembers what it has accepted. Everything else is
the engine as it runs in service, one call at a time, on a clock of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from campaigns.models import Batch, Campaign, Dispatch, ProviderAccount, Recipient, TemplateVersion
from campaigns.providers.base import (
    Absent,
    Event,
    EventKind,
    MaybeSent,
    Misconfigured,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    Refused,
)  # fmt: skip
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.querysets import in_flight
from campaigns.services.connecting import accounts
from campaigns.services.sending import dispatching, lanes, prepare
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import decisions, ledger_checks, receipts, settle
from campaigns.services.writing import content
from campaigns.states import FINAL_RECIPIENT, Reason
from console.errors import UserError
from console.models import User, Workspace
from console.services import crypto
from contacts.models import Contact
from contacts.services import consent
from contacts.states import Consent, ConsentSource

PEOPLE = 9
# What comes back for a request. "died": the worker, after its intent; the request arrived or it did not.
ANSWERS = ("accepted", "accepted", "accepted", "mixed", "mixed", "not sent", "maybe, arrived", "maybe, lost", "refused",
           "misconfigured", "died, arrived", "died, lost", "short", "a bug")  # fmt: skip
HANDED = ("accepted", "sent", "delivered", "undelivered")
MIXED = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_SENT, Outcome.UNKNOWN)
KINDS = (EventKind.ACCEPTED, EventKind.SENT, EventKind.DELIVERED, EventKind.UNDELIVERED, EventKind.FAILED)


class WorkerDied(BaseException):
    """Not an Exception: nothing of the engine may catch its own death."""


class DispatchModel(RuleBasedStateMachine):
    """`oracle`: reference -> how often the provider accepted it."""

    def __init__(self) -> None:
        super().__init__()
        content.forget()  # a rolled-back example gives its ids away again
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.now = timezone.now()
        self.oracle: Counter[str] = Counter()
        self.before: dict[int, tuple[str, int]] = {}
        self.status, self.prepared = "", False

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    # -- the beginning ----------------------------------------------------------------------------

    @initialize(
        provider=st.sampled_from(["sinch-messaging", "messaging-service"]),
        size=st.integers(1, 4),
        chunks=st.integers(1, 4),
    )
    def begin(self, provider: str, size: int, chunks: int) -> None:
        # The guards have tests of their own; here they would only end most examples early.
        self.workspace = Workspace.objects.create(
            name="W", slug="w", default_country="ES", failure_share=0, strange_answers=0
        )
        self.owner = User.objects.create_user("o@example.test", None)
        Contact.objects.bulk_create(_contact(self.workspace, n, self.now) for n in range(PEOPLE))
        self.account = ProviderAccount.objects.create(
            workspace=self.workspace, name="a", provider=provider, base_url="http://127.0.0.1:9", sender="T",
            sealed=crypto.seal(REHEARSALS[provider].credentials), email_sender="T <t@t.example>", created_at=self.now,
            requests_per_second=1000,
        )  # fmt: skip
        channel = REHEARSALS[provider].channels[0]
        version = TemplateVersion.objects.create(
            workspace=self.workspace, channel=channel, text="Hola {{ first_name }}", subject="S", html="<p>H</p>",
            created_at=self.now,
        )  # fmt: skip
        campaign = Campaign.objects.create(
            workspace=self.workspace, name="C", channel=channel, status="scheduled", account=self.account,
            version=version, everyone=True, start_at=self.now, created_at=self.now, updated_at=self.now,
        )  # fmt: skip
        dispatch = dispatching.start(campaign, self.now)
        assert dispatch is not None
        Dispatch.objects.filter(pk=dispatch.pk).update(batch_size=size)
        self.pk, self.key, self.channel = dispatch.pk, dispatch.key, channel
        self.refuses_doubles = accounts.capabilities(self.account, channel).absent_means is Absent.RESUBMIT
        self._write(chunks)
        self._look()

    def _look(self) -> None:
        """What the preconditions of the rules need to know."""
        self.status, prepared_at = Dispatch.objects.values_list("status", "prepared_at").get(pk=self.pk)
        self.prepared = prepared_at is not None

    def rows(self) -> list[Recipient]:
        """The ledger as a screen shows it."""
        found = list(Recipient.objects.filter(dispatch_id=getattr(self, "pk", 0)))
        in_flight.mark(found)
        return found

    def has(self, *statuses: str) -> bool:
        return any(status in statuses for status, _ in self.before.values())

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch.objects.select_related("account", "workspace", "campaign").get(pk=self.pk)

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
            if not prepare.write_next(taken, spec, self.now):
                break
        prepare.give_back(taken)

    @precondition(lambda self: self.status == "sending" and self.has("queued"))
    @rule(answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4), early=st.booleans())
    def send(self, answers: list[str], early: bool) -> None:
        """A lane for as many requests as there are answers, once nothing holds the account any more."""
        accounts.release(self.account.pk)
        ready = Batch.objects.filter(dispatch_id=self.pk, status="ready").order_by("not_before").first()
        if ready is not None:
            self.now = max(self.now, ready.not_before)
        lane = lanes.take_lane(self.account.pk, self.now)
        if lane is None:
            return
        draining = threading.Event()
        lanes.Courier = lambda provider: _Courier(self, answers, early, draining)  # type: ignore[misc,assignment]
        with contextlib.suppress(WorkerDied):
            lanes.run(lane, self._clock, draining)

    def _clock(self) -> datetime:
        """A millisecond each time somebody looks: the same in every run, and never at a standstill."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def request(self, outgoing: Outgoing, answer: str, early: bool) -> Any:
        """The provider's side of one request."""
        references = [message.reference for message in outgoing.messages]
        if answer in ("not sent", "misconfigured", "refused", "maybe, lost", "died, lost"):
            if answer == "died, lost":
                raise WorkerDied
            return {
                "not sent": NotSent(Reason.PROVIDER_DOWN, "away"),
                "misconfigured": Misconfigured(Reason.AUTH, "key"),
                "refused": Refused(Reason.REJECTED, "no"),
                "maybe, lost": MaybeSent(Reason.NO_ANSWER, "?"),
            }[answer]
        results = [self._receipt(reference, n, answer) for n, reference in enumerate(references)]
        if early:
            self._apply(
                [
                    Event(EventKind.DELIVERED, "e", reference=r.reference)
                    for r in results[:1]
                    if self.oracle[r.reference]
                ]
            )
        if answer == "died, arrived":
            raise WorkerDied
        if answer == "maybe, arrived":
            return MaybeSent(Reason.NO_ANSWER, "?")
        if answer == "a bug":
            return RuntimeError("a bug of an adapter")
        return results[:-1] if answer == "short" else results

    def _receipt(self, reference: str, n: int, answer: str) -> Receipt:
        outcome = [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NOT_SENT, Outcome.UNKNOWN][
            n % 4 if answer == "mixed" else 0
        ]
        if reference in self.oracle and self.refuses_doubles:
            return Receipt(reference, Outcome.ACCEPTED, provider_message_id=f"id-{reference}")
        if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            self.oracle[reference] += 1
        reason = Reason.NONE if outcome is Outcome.ACCEPTED else Reason.PROVIDER_DOWN
        return Receipt(reference, outcome, provider_message_id=f"id-{reference}", reason=reason)

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
                if one in self.oracle and answer == "all"
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

    @rule(seconds=st.sampled_from([1, 30, 400, 3600, -3600]))
    def pass_time(self, seconds: int) -> None:
        """Also backwards: a clock is stepped."""
        self.now += timedelta(seconds=seconds)

    # -- what comes from outside ------------------------------------------------------------------

    @precondition(lambda self: self.oracle)
    @rule(data=st.data(), kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    def call_back(self, data: st.DataObject, kinds: list[EventKind]) -> None:
        """Receipts of something that the provider really has, in any order, and repeated."""
        reference = data.draw(st.sampled_from(sorted(self.oracle)))
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
            self._person(lambda: decisions.decide_many(self.dispatch, chosen, action, self.owner, self.now))

    @precondition(lambda self: self.has("failed", "undelivered"))
    @rule()
    def retry_failed(self) -> None:
        self._person(lambda: decisions.retry_failed(self.dispatch, self.owner, self.now))

    def _person(self, act: Any) -> None:
        """A refusal is an answer; it changes nothing, because each service undoes what it began."""
        try:
            with transaction.atomic():
                act()
        except UserError as refusal:
            assert str(refusal)

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def statuses_sum_and_counters_equal_rows(self) -> None:
        if hasattr(self, "pk"):
            self._look()
            difference = ledger_checks.check(self.pk)
            assert difference is None, difference
            people = Dispatch.objects.values_list("people", flat=True).get(pk=self.pk)
            assert Recipient.objects.filter(dispatch_id=self.pk).count() == people

    @invariant()
    def a_final_status_never_goes_back(self) -> None:
        after = {row.pk: (row.status, row.attempt) for row in self.rows()}
        for pk, (status, attempt) in self.before.items():
            if status in FINAL_RECIPIENT and after[pk][1] == attempt:
                assert after[pk][0] == status, f"{pk}: {status} became {after[pk][0]}"
        self.before = after

    @invariant()
    def nobody_gets_one_message_twice(self) -> None:
        assert [reference for reference, times in self.oracle.items() if times > 1] == []

    @invariant()
    def what_the_ledger_says_is_what_the_provider_knows(self) -> None:
        for row in self.rows():
            there = reference_of(self.key, row.pk, row.attempt) in self.oracle
            if row.status in HANDED and row.reason != Reason.MARKED_SENT:
                assert there, f"{row.status}, and the provider never got it"
            if row.status in ("skipped", "cancelled") or (row.status == "queued" and not self.refuses_doubles):
                assert not there, f"{row.status}, and the provider has it"
            if row.status in ("skipped", "failed", "unknown", "cancelled", "undelivered"):
                assert row.reason, f"{row.status} without a reason"

    @invariant()
    def nothing_waits_that_nobody_will_take(self) -> None:
        """A queued row is in a batch that a lane may take some time."""
        if not hasattr(self, "pk"):
            return
        batches = dict(Batch.objects.filter(dispatch_id=self.pk).values_list("number", "status"))
        stopped = self.dispatch.status == "stopped"
        for row in self.rows():
            if row.status == "queued" and not stopped:
                assert batches[row.batch_no] == "ready", f"queued in a batch that is {batches[row.batch_no]}"


class _Courier:
    """Stands where HTTP would be. After the last answer the lane is asked to end."""

    def __init__(self, model: DispatchModel, answers: list[str], early: bool, draining: threading.Event) -> None:
        self.model, self.answers, self.early, self.draining = model, list(answers), early, draining
        self.missed = 0

    def __enter__(self) -> _Courier:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def brake(self, seconds: float) -> None:
        return None

    def send(self, batch: Outgoing, leave_at: float | None = None) -> Future[Any]:
        answer = self.answers.pop(0) if self.answers else "accepted"
        if not self.answers:
            self.draining.set()
        future: Future[Any] = Future()
        found = self.model.request(batch, answer, self.early)
        if isinstance(found, RuntimeError):
            future.set_exception(found)
        else:
            future.set_result(found)
        return future


def _contact(workspace: Workspace, n: int, now: datetime) -> Contact:
    return Contact(
        workspace=workspace, key=f"K{n}", email=f"p{n}@example.test", phone=f"+346{n:05d}900", phone_type="mobile",
        first_name=f"N{n}", country="ES", sms_consent=Consent.GRANTED, email_consent=Consent.GRANTED,
        created_at=now, updated_at=now,
    )  # fmt: skip
