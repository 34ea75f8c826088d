"""From the queue to the last carrier status: states, the not-sent list and the events on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from campaigns.sandbox.vendors.salesforce.definitions import ACTIVE, Definition
from campaigns.sandbox.vendors.salesforce.events import NOT_SENT_EVENT, SENT_EVENT, Happening
from campaigns.sandbox.vendors.salesforce.messages import NOT_SENT, SENT, Sms
from campaigns.sandbox.vendors.salesforce.notifications import Notifications
from campaigns.sandbox.vendors.salesforce.outcomes import TRANSIENT, Fate, fate_of
from campaigns.sandbox.vendors.salesforce.settings import SalesforceSettings
from campaigns.sandbox.world import World

LONGEST_WAIT_S = 3 * 86400.0
CLEARED, EXPIRED = 39, 43


class Lifecycle:
    """A few events on the agenda for the messages of one request. `not_sent`: everything ever listed as not sent."""

    def __init__(self, world: World, settings: SalesforceSettings, notifications: Notifications) -> None:
        self._world, self._settings, self._notifications = world, settings, notifications
        self.not_sent: list[Sms] = []

    def clear(self) -> None:
        self.not_sent = []

    def begin(self, definition: Definition, messages: Sequence[Sms]) -> None:
        """Queue accepted messages. Those of an inactive definition wait there, for three days at most."""
        definition.queue.update((message.composite_id, message) for message in messages)
        now = messages[0].submission.at if messages else self._world.clock.now()
        if definition.status == ACTIVE:
            self._world.agenda.at(now + self._settings.sent_delay_s, self._leave, definition, messages)
        else:
            self._world.agenda.at(now + LONGEST_WAIT_S, self._expire, definition, messages)

    def activated(self, definition: Definition) -> None:
        """What waited goes out."""
        due = self._world.clock.now() + self._settings.sent_delay_s
        self._world.agenda.at(due, self._leave, definition, list(definition.queue.values()))

    def cleared(self, messages: Sequence[Sms]) -> None:
        self._not_sent((message, CLEARED) for message in messages)

    def _expire(self, definition: Definition, messages: Sequence[Sms]) -> None:
        self._not_sent((message, EXPIRED) for message in _taken(definition, messages))

    def _leave(self, definition: Definition, messages: Sequence[Sms]) -> None:
        if definition.status != ACTIVE:  # it was deactivated meanwhile: they wait
            self._world.agenda.at(self._world.clock.now() + LONGEST_WAIT_S, self._expire, definition, messages)
            return
        now = self._world.clock.now()
        failed: list[tuple[Sms, int]] = []
        gone: list[tuple[Sms, Fate]] = []
        for message in _taken(definition, messages):
            fate = fate_of(message.destination, message.submission.resubscribe)
            message.hidden = fate.hidden and not message.doomed
            if reason := message.doomed or fate.not_sent:
                failed.append((message, reason))
            else:
                message.state, message.changed_at = SENT, now
                gone.append((message, fate))
        self._not_sent(failed)
        self._notifications.tell([Happening(message, SENT_EVENT, now) for message, _ in gone])
        self._schedule(gone, now)

    def _schedule(self, gone: Sequence[tuple[Sms, Fate]], now: float) -> None:
        delays = self._settings
        steps: dict[float, list[tuple[Sms, str, int, bool]]] = defaultdict(list)
        for message, fate in gone:
            if fate.transient:
                steps[delays.transient_delay_s].append((message, TRANSIENT, 3000, False))
            if fate.final:
                steps[delays.final_delay_s].append((message, fate.final_type, fate.final, fate.misspelt))
            if fate.late:
                steps[delays.late_delay_s].append((message, TRANSIENT, 3001, False))
        for delay, step in steps.items():
            self._world.agenda.at(now + delay, self._carrier_says, step)

    def _carrier_says(self, step: Sequence[tuple[Sms, str, int, bool]]) -> None:
        now = self._world.clock.now()
        self._notifications.tell(
            [
                Happening(message, kind, now, code, ordinal, misspelt)
                for message, kind, code, misspelt in step
                for ordinal in range(message.parts)
            ]
        )

    def _not_sent(self, failed: Iterable[tuple[Sms, int]]) -> None:
        now = self._world.clock.now()
        told = []
        for message, code in failed:
            told.append(Happening(message, NOT_SENT_EVENT, now, code))
            if not message.hidden:
                message.state, message.code, message.changed_at = NOT_SENT, code, now
                self.not_sent.append(message)
        self._notifications.tell(told)


def _taken(definition: Definition, messages: Sequence[Sms]) -> list[Sms]:
    """Those of `messages` that still waited; they wait no longer."""
    queue = definition.queue
    return [message for message in messages if queue.pop(message.composite_id, None) is not None]
