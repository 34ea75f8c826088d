"""A lane: the right to send through an account, used for some seconds at a time.

It claims batches, renders, commits the intent, hands them to the courier, and writes outcomes while the next
batches are on their way. All database work is in this thread; HTTP is in the courier's.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from campaigns.models import Batch, Dispatch, Lane, ProviderAccount
from campaigns.providers.base import Capabilities, Channel, Provider
from campaigns.querysets import claims, in_flight, sql
from campaigns.services.connecting import accounts
from campaigns.services.sending import budgets, list_plans, outcomes, pace, provider_answers
from campaigns.services.sending.courier import Courier
from campaigns.services.sending.flights import Flight, is_confirmation, is_marketing, is_test, load, skipped
from campaigns.services.writing import content
from campaigns.states import BatchStatus, DispatchStatus, RecipientStatus

log = logging.getLogger(__name__)

# Requests in flight: 2 are enough for an answer in no time, 8 for one in 200 ms. Where each message is a request: twice
# what the connections carry, so that they are busy while the outcomes of a batch are written.
BULK_FLIGHTS = 8
SINGLE_MESSAGES = 400
# A lane without work ends after this long; the next tick starts it again.
IDLE_SECONDS = 0.3
# A lane looks this often which dispatches have work: for each claim it was half of the lane's time. Whether a dispatch
# still sends is asked by the claim itself, so a pause holds at once; a new dispatch, limit or quiet hour this late.
LOOK_SECONDS = 0.5
# A batch that was taken ahead leaves this soon, or goes back to be taken again: somebody may have opted out.
FRESH_SECONDS = 1.0
ALL_BATCHES = 2**31 - 1

Clock = Callable[[], datetime]


def accounts_with_work(now: datetime) -> list[int]:
    """Accounts that have a batch to send now and are not held."""
    ready = ready_batches(now)
    free = Q(account__hold_until__isnull=True) | Q(account__hold_until__lte=now)
    busy = list_plans.for_lanes().filter(
        free, Exists(ready), status=DispatchStatus.SENDING, account__hold_reason="", account__is_active=True
    )
    return list(busy.order_by("account_id").values_list("account_id", flat=True).distinct())


def ready_batches(now: datetime) -> QuerySet[Batch]:
    """For a subquery of dispatches: batches that may leave now, while a canary is out those of it."""
    # "+ 0" keeps the planners off the index by number alone, in which they would pass by every batch that is done.
    is_open = LessThanOrEqual(F("number") + 0, Coalesce(OuterRef("open_until"), ALL_BATCHES))
    return Batch.objects.filter(is_open, dispatch=OuterRef("pk"), status=BatchStatus.READY, not_before__lte=now)


def open_slots(account_id: int, now: datetime) -> int:
    """How many more lanes this account may have."""
    held = Lane.objects.filter(account_id=account_id, lease_until__gte=now).count()
    return max(0, _slots(account_id) - held)


def _slots(account_id: int) -> int:
    """Lanes that the account may have: one where the provider takes only so many requests at once."""
    account = ProviderAccount.objects.get(pk=account_id)
    return 1 if accounts.requests_at_once(account) else int(settings.LANES_PER_ACCOUNT)


def take_lane(account_id: int, now: datetime) -> Lane | None:
    """A free slot of the account, under a lease; None when all are taken: a doubled task ends here."""
    slots = _slots(account_id)
    for slot in range(slots):
        Lane.objects.get_or_create(account_id=account_id, slot=slot)
    token = secrets.token_hex(16)
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    mine = Lane.objects.filter(free, account_id=account_id, slot__lt=slots)
    for slot in mine.order_by("slot").values_list("slot", flat=True):
        if Lane.objects.filter(free, account_id=account_id, slot=slot).update(token=token, lease_until=until):
            return Lane.objects.get(account_id=account_id, slot=slot)
    return None


def run(lane: Lane, clock: Clock, draining: threading.Event) -> bool:
    """Send for one slice; True when there was still work at its end. `clock` gives the time (UTC)."""
    account = ProviderAccount.objects.get(pk=lane.account_id)
    provider = accounts.open_provider(account)
    try:
        with Courier(provider) as courier:
            return _Slice(lane, account, provider, courier, clock, draining).run()
    finally:
        Lane.objects.filter(pk=lane.pk, token=lane.token).update(lease_until=None, token="")


class _Slice:
    """The state of one run of a lane."""

    def __init__(
        self,
        lane: Lane,
        account: ProviderAccount,
        provider: Provider,
        courier: Courier,
        clock: Clock,
        draining: threading.Event,
    ) -> None:
        self.lane, self.account, self.provider, self.courier = lane, account, provider, courier
        self.clock, self.draining = clock, draining
        self.flights: list[Flight] = []
        self.ahead: list[Flight] = []  # what leaves next: claimed, its messages made, its intent not yet committed
        self.ahead_since = -math.inf
        self.end = math.inf
        self.renewed = time.monotonic()
        self.waiting: list[Dispatch] = []  # to be served, in this order
        self.looked = -math.inf  # when they were looked up
        self.wait = 0.0  # seconds until a limit lets the next batch leave
        self.probing = False  # the next batch is the one that tries an open breaker

    def run(self) -> bool:
        self.end = time.monotonic() + settings.LANE_SLICE_SECONDS
        idle_since: float | None = None
        while True:
            stopping = self._is_stopping()
            if stopping:
                self._put_back_ahead()
            launched = False if stopping else self._launch()
            if self.flights:
                self._land(launched)
                idle_since = None
            elif stopping:
                return not self.draining.is_set()
            elif not launched:
                idle_since = idle_since or time.monotonic()
                if not self.wait and time.monotonic() - idle_since > IDLE_SECONDS:
                    return False
                time.sleep(min(max(self.wait, 0.05), 0.25))
            self._renew()

    def _is_stopping(self) -> bool:
        return self.draining.is_set() or time.monotonic() >= self.end

    # -- taking off -------------------------------------------------------------------------------

    def _launch(self) -> bool:
        """Claim, render and send the next batches, where more may be in flight; True when any left."""
        if self._is_full():
            self._claim_ahead()
            return False
        now, self.wait = self.clock(), 0.0
        may_try = self._may_try(now)
        old = time.monotonic() - self.ahead_since > FRESH_SECONDS
        if old or not may_try or self.probing or self._is_held(now):
            self._put_back_ahead()
        flights: list[Flight] = []
        if self.ahead and self._room(self.ahead[0].capabilities) >= 1:
            flights, self.ahead = self.ahead, []
        return self._take_off(flights or (self._claim(now) if may_try else []), now)

    def _claim_ahead(self) -> None:
        """While all connections are busy, take the batch that leaves next up to its intent: nobody is in doubt for
        that, and they need not wait for a dozen statements between two batches."""
        if self.ahead or self.account.broken_since is not None:
            return
        self.ahead_since = time.monotonic()
        self.ahead = self._claim(self.clock(), ahead=True)

    def _put_back_ahead(self) -> None:
        self._release(self.ahead)
        self.ahead = []

    def _take_off(self, flights: list[Flight], now: datetime) -> bool:
        """Commit the intent of what was claimed at `now`, and send it; True when any left."""
        if not flights:
            self._end_probe()
            return False
        outcomes.leave_out(flights, now, self.lane.token)
        ready = [f for f in flights if f.outgoing and f.outgoing.messages]
        empty = [f for f in flights if f not in ready]
        go = self._write_intent(ready)
        for flight, leave_at in go:
            assert flight.outgoing is not None
            flight.future, flight.leave_at = self.courier.send(flight.outgoing, leave_at), leave_at
        gone = [flight for flight, _ in go]
        self.flights += gone
        if empty:
            outcomes.settle_flights(empty, now, self.lane.token)
        self._release([f for f in ready if f not in gone])
        if not gone:
            self._end_probe()
        return bool(gone)

    def _may_try(self, now: datetime) -> bool:
        """False while the account's breaker is open and another lane tries it; this lane, when it gets to try."""
        self.account = accounts.look_again(self.account)
        if self.account.hold_until and self.account.hold_until > now:
            self.courier.brake((self.account.hold_until - now).total_seconds())
        until = now + timedelta(seconds=settings.LEASE_SECONDS)
        self.probing = self.account.broken_since is not None and accounts.take_probe(self.account.pk, now, until)
        return self.probing or self.account.broken_since is None

    def _end_probe(self) -> None:
        """Nothing left, so another lane may try."""
        if self.probing:
            accounts.give_probe_back(self.account.pk)
            self.probing = False

    def _claim(self, now: datetime, *, ahead: bool = False) -> list[Flight]:
        """Take batches of the dispatch whose turn it is. `ahead`: one for which there is no room yet, where each
        message is a request and no limit makes the lane wait anyway."""
        waits = []
        for dispatch in list(self._candidates(now)):
            capabilities = self.provider.capabilities(Channel(dispatch.channel))
            room = self._room(capabilities)
            requests, messages = pace.limits_of(self.account, dispatch, capabilities.requests_per_second)
            if ahead:
                limited = messages or (requests is not None and requests.per_second < pace.FASTEST_LANE)
                if limited or not capabilities.one_per_request:
                    break
            elif room < 1:
                break
            waits.append(pace.wait_for([*([requests] if requests else []), *messages], now))
            if waits[-1] > pace.HORIZON_SECONDS:
                continue
            # Under a limit one batch at a time: what is claimed cannot be paused. Where each message is a request, too:
            # whoever comes next waits for those of one batch.
            alone = messages or self.probing or capabilities.one_per_request
            flights = self._take(dispatch, capabilities, 1 if alone else room, now)
            self.waiting.remove(dispatch)
            if flights:
                self.waiting.append(dispatch)
                return flights
        self.wait = min(waits, default=0.0)
        return []

    def _candidates(self, now: datetime) -> list[Dispatch]:
        """Dispatches with work, the least recently served first, so that none waits behind a million of another."""
        if self._is_held(now):
            return []
        if not self.waiting or time.monotonic() - self.looked > LOOK_SECONDS:
            self.waiting, self.looked = self._with_work(now), time.monotonic()
        return self.waiting

    def _is_held(self, now: datetime) -> bool:
        account = self.account
        waits = account.hold_until is not None and account.hold_until > now
        return bool(account.hold_reason) or waits or not account.is_active

    def _with_work(self, now: datetime) -> list[Dispatch]:
        found = list_plans.for_lanes().filter(
            Exists(ready_batches(now)), account=self.account, status=DispatchStatus.SENDING
        )
        ordered = found.select_related("workspace", "version").order_by(F("last_claim_at").asc(nulls_first=True), "pk")
        return [d for d in ordered if not (is_marketing(d) and not is_test(d) and pace.quiet_until(d.workspace, now))]

    def _is_full(self) -> bool:
        """Nothing more may be in flight, and all of it has left. What still waits for its slot needs a look at the
        account: another lane may have been asked to wait."""
        if not self.flights or any(f.leave_at and f.leave_at > time.monotonic() for f in self.flights):
            return False
        return all(self._room(self.provider.capabilities(channel)) < 1 for channel in self.provider.channels)

    def _room(self, capabilities: Capabilities) -> int:
        """How many more batches may be in flight."""
        if not capabilities.one_per_request:
            return min(BULK_FLIGHTS, capabilities.requests_at_once or BULK_FLIGHTS) - len(self.flights)
        flying = sum(len(f.rows) for f in self.flights)
        return math.floor((SINGLE_MESSAGES - flying) / capabilities.max_batch)

    def _take(self, dispatch: Dispatch, capabilities: Capabilities, limit: int, now: datetime) -> list[Flight]:
        """Claim batches, then read their rows and make their messages outside of that transaction."""
        # Two at a time keep the first answer coming while the second is rendered; more only delays the first.
        limit = min(limit, 2)
        lease_until = now + timedelta(seconds=settings.LEASE_SECONDS)
        batches = claims.take_batches(dispatch.pk, limit, self.lane.token, now, lease_until, last=dispatch.open_until)
        return self._load([Flight(dispatch, batch, capabilities) for batch in batches]) if batches else []

    def _load(self, flights: list[Flight]) -> list[Flight]:
        """Read the rows of batches of one dispatch, and make their messages."""
        dispatch = flights[0].dispatch
        numbers = [flight.batch.number for flight in flights]
        channel, workspace_id = dispatch.channel, dispatch.workspace_id
        rows = claims.take_rows(
            dispatch.pk,
            numbers,
            channel=channel,
            workspace_id=workspace_id,
            marketing=is_marketing(dispatch),
            test=is_test(dispatch),
            confirmation=is_confirmation(dispatch),
        )
        left = []
        if len(rows) < sum(flight.batch.people for flight in flights):
            left = claims.leftovers(dispatch.pk, numbers, rows, channel=channel, workspace_id=workspace_id)
        compiled = content.compiled(dispatch.version_id)
        for flight in flights:
            number = flight.batch.number
            load(flight, [row for row in rows if row.batch_no == number], compiled, self.provider)
            flight.stays += [skipped(pk, reason) for no, pk, reason in left if no == number]
        return flights

    def _write_intent(self, flights: list[Flight]) -> list[tuple[Flight, float | None]]:
        """Commit that these batches leave, and take their slots in the limits and their part of the budget; gives
        each that may go with its time to leave (monotonic; None: at once)."""
        if not flights:
            return []
        dispatch, capabilities = flights[0].dispatch, flights[0].capabilities
        requests, messages = pace.limits_of(self.account, dispatch, capabilities.requests_per_second)
        dispatch.account = self.account
        most = budgets.units_allowed(dispatch)
        gone = []
        with sql.durable(single=most is None and not requests and not messages):
            paid = budgets.reserve(flights, most)
            ready = []
            for flight in paid:
                assert flight.outgoing is not None
                people = len(flight.outgoing.messages)
                wanted = [(limit, people) for limit in messages]
                if requests:
                    wanted.append((requests, people if capabilities.one_per_request else 1))
                    if capabilities.one_per_request:
                        flight.outgoing = replace(flight.outgoing, spacing=pace.spacing(requests, messages, people))
                ahead = min(pace.HORIZON_SECONDS, self.courier.missed * pace.LEAD_SECONDS)
                wait = pace.reserve(wanted, self.clock(), ahead, pace.LONGEST_SECONDS)
                if wait is not None:
                    near = bool(messages) or wait > ahead + pace.INSTANT
                    ready.append((flight, time.monotonic() + wait + pace.LEAD_SECONDS if near else None))
            ids = [flight.batch.id for flight, _ in ready]
            going = set(claims.write_intent(ids, self.lane.token, dispatch.pk, self.clock())) if ids else set()
            gone = [(flight, leave_at) for flight, leave_at in ready if flight.batch.id in going]
            stays = sum(flight.units for flight in paid if flight.batch.id not in going)
            budgets.correct(dispatch.pk, -stays)
        if len(paid) < len(flights) and not gone and not budgets.may_come_back(dispatch):
            budgets.hold(dispatch, self.clock())
        return gone

    def _release(self, flights: list[Flight]) -> None:
        """Put back batches that were claimed and do not leave, such as those of a dispatch that was paused in between:
        surely not sent."""
        if not flights:
            return
        now = self.clock()
        with transaction.atomic():
            ledger = outcomes.Ledger(now)
            mine = claims.still_held([flight.batch.id for flight in flights], self.lane.token)
            for flight in flights:
                if flight.batch.id not in mine:
                    continue
                people = in_flight.count(flight.dispatch.pk, flight.batch.number)
                ledger.move(flight.dispatch.pk, (RecipientStatus.CLAIMED, ""), (RecipientStatus.QUEUED, ""), people)
                claims.give_back_batch(flight.batch.id, now, tried=False)
            ledger.close()

    # -- landing ----------------------------------------------------------------------------------

    def _land(self, launched: bool) -> None:
        """Write the outcomes of what came back. Waits only when there is nothing better to do."""
        futures = [f.future for f in self.flights if f.future]
        done, _ = wait(futures, timeout=0 if launched else 0.1, return_when=FIRST_COMPLETED)
        landed = [f for f in self.flights if f.future in done]  # in the order in which they left
        if landed:
            self.flights = [f for f in self.flights if f not in landed]
            try:
                # Before the outcomes are written, for which the connections would wait.
                if self.ahead and not self._is_stopping() and all(map(provider_answers.went_well, landed)):
                    self._launch()
            finally:  # what is known is written, whatever became of the next
                outcomes.settle_flights(landed, self.clock())

    def _renew(self) -> None:
        """Keep the leases of what is in flight, however slow the provider is."""
        if time.monotonic() - self.renewed > settings.LEASE_SECONDS / 4:
            until = self.clock() + timedelta(seconds=settings.LEASE_SECONDS)
            claims.renew_leases(self.lane.token, until)
            Lane.objects.filter(pk=self.lane.pk, token=self.lane.token).update(lease_until=until)
            self.renewed = time.monotonic()
