"""One dispatch, and what must be true of it after whatever happened: the base of the state machine in `model`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from campaigns.models import Batch, Dispatch, Recipient
from campaigns.querysets import in_flight
from campaigns.services.sending.flights import reference_of
from campaigns.services.settling import ledger_checks
from campaigns.services.writing import content
from campaigns.states import FINAL_RECIPIENT, Reason
from tests.campaigns.engine.played_provider import Provider

HANDED = ("accepted", "sent", "delivered", "undelivered")
PRICE = Decimal("0.10")  # of a message; all have one part
# So many requests in a row that were refused, or could not be read, hold a dispatch whose guards are on.
IN_A_ROW = 3


class Watched(RuleBasedStateMachine):
    """`before`: ledger id -> (status, attempt) after the last step. `a_person_asked` for more than one message, in the
    last step. `guarded`: it is held by failures and by answers that make no sense."""

    pk = 0
    key = ""
    status, reason, prepared = "", "", False
    open_until: int | None = None
    guarded = a_person_asked = False

    def __init__(self) -> None:
        super().__init__()
        content.forget()  # a rolled-back example gives its ids away again
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.now = datetime(2030, 1, 15, 12, tzinfo=UTC)
        self.provider = Provider(False, lambda events: None)
        self.before: dict[int, tuple[str, int]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    def look(self) -> None:
        """What the preconditions of the rules need to know."""
        found = Dispatch.objects.values_list("status", "reason", "prepared_at", "open_until").get(pk=self.pk)
        self.status, self.reason, prepared_at, self.open_until = found
        self.prepared = prepared_at is not None

    def has(self, *statuses: str) -> bool:
        return any(status in statuses for status, _ in self.before.values())

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch.objects.select_related("account", "workspace", "campaign").get(pk=self.pk)

    @invariant()
    def everything_is_true(self) -> None:
        if not self.pk:
            return
        self.look()
        rows = list(Recipient.objects.filter(dispatch_id=self.pk))
        in_flight.mark(rows)  # as a screen shows them
        self._counters_equal_rows(len(rows))
        self._no_final_status_goes_back_and_nobody_is_tried_again_unasked(rows)
        self._what_the_ledger_says_is_what_the_provider_knows(rows)
        self._nothing_waits_that_nobody_will_take(rows)
        self._the_canary_goes_alone()
        self._what_the_provider_took_is_paid_for_and_within_the_budget()
        self._what_fails_again_and_again_is_held()

    # -- the ledger -------------------------------------------------------------------------------

    def _counters_equal_rows(self, people: int) -> None:
        difference = ledger_checks.check(self.pk)
        assert difference is None, difference
        assert Dispatch.objects.values_list("people", flat=True).get(pk=self.pk) == people

    def _no_final_status_goes_back_and_nobody_is_tried_again_unasked(self, rows: list[Recipient]) -> None:
        after = {row.pk: (row.status, row.attempt) for row in rows}
        for pk, (status, attempt) in self.before.items():
            now, again = after[pk]
            if again == attempt and status in FINAL_RECIPIENT:
                assert now == status, f"{pk}: {status} became {now}"
            assert again == attempt or self.a_person_asked, f"{pk}: attempt {attempt} became {again}"
        self.before, self.a_person_asked = after, False

    def _what_the_ledger_says_is_what_the_provider_knows(self, rows: list[Recipient]) -> None:
        oracle, refuses_doubles = self.provider.oracle, self.provider.refuses_doubles
        assert [reference for reference, times in oracle.items() if times > 1] == [], "sent twice"
        for row in rows:
            there = reference_of(self.key, row.pk, row.attempt) in oracle
            if row.status in HANDED and row.reason != Reason.MARKED_SENT:
                assert there, f"{row.status}, and the provider never got it"
            if row.status in ("skipped", "cancelled") or (row.status == "queued" and not refuses_doubles):
                assert not there, f"{row.status}, and the provider has it"
            if row.status in ("skipped", "failed", "unknown", "cancelled", "undelivered"):
                assert row.reason, f"{row.status} without a reason"

    def _nothing_waits_that_nobody_will_take(self, rows: list[Recipient]) -> None:
        """A queued row is in a batch that a lane may take some time."""
        batches = dict(Batch.objects.filter(dispatch_id=self.pk).values_list("number", "status"))
        for row in rows:
            if row.status == "queued" and self.status != "stopped":
                assert batches[row.batch_no] == "ready", f"queued in a batch that is {batches[row.batch_no]}"

    # -- its guards -------------------------------------------------------------------------------

    def _the_canary_goes_alone(self) -> None:
        if self.open_until is not None and self.status != "stopped":
            others = Batch.objects.filter(dispatch_id=self.pk, number__gt=self.open_until)
            assert not others.exclude(status="ready").exists(), "others have left before it was judged"

    def _what_the_provider_took_is_paid_for_and_within_the_budget(self) -> None:
        cap, units = Dispatch.objects.values_list("cost_cap", "units").get(pk=self.pk)
        if cap is not None:
            taken = len(self.provider.oracle)
            assert taken <= units, f"{taken} were taken, {units} counted"
            assert units * PRICE <= cap, f"{units} are more than {cap} pays for"

    def _what_fails_again_and_again_is_held(self) -> None:
        answer, times = self.provider.row
        if self.guarded and answer in ("refused", "a bug") and times >= IN_A_ROW:
            assert self.status != "sending", f"{times} answers in a row were: {answer}"
