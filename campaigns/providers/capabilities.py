"""What an account of a vendor can do. What differs between vendors is a value of this, never an `if` outside.

Pure: no Django, no settings, no models.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Absent(StrEnum):
    """What "not found" means after the last look-up of an ambiguous request."""

    ASK = "ask"  # a person decides on the "to verify" list
    RESUBMIT = "resubmit"  # send again under the same reference: the vendor refuses doubles
    REPEAT = "repeat"  # the same request under the same key, once: the vendor knows requests by their key


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an account of this vendor can do, as configured.

    max_batch: messages that one `send` call may carry, which is the size the ledger cuts batches to.
    one_per_request: True when each message is an HTTP request of its own (limits count them so).
    substitutes: True when the vendor fills in per-recipient values (gets the body once, plus values).
    look_up_after: seconds after an ambiguous request at which to ask the vendor; () = cannot be asked.
    look_up_pause: seconds that asking about one reference takes, where the vendor wants to be asked slowly.
    resubmit_for: seconds after the first doubt of a dispatch in which messages may go again under the same reference;
    later a person decides, because the vendor may have forgotten the reference.
    pulls: True when `pull` fetches reports and replies, for accounts whose callbacks cannot reach us, and for those
    whose option `pull_reports` asks for it.
    remote_templates: the vendor holds content that a campaign may choose; lists_templates: and can list it, so
    that nobody types an id. own_text False: nothing but such content can be sent.
    contact_fields: fields of the contact that the adapter wants in `Message.fields` besides the text's own.
    tickets: an accepted request has one id for all its people (`Receipt.ticket`); callbacks name it and an address.
    follow_after: seconds after a request was accepted at which `follow` asks about its ticket; the last repeats
    until an answer is final or `follow_for` seconds are over.
    requests_at_once: the most requests of an account that may be under way together, in all processes; 0 = no limit.
    reconcile: ages in seconds between which messages without a last word are asked for once a day (`look_up`), because
    the vendor may lose a callback; () = never.
    checks_numbers: the vendor tells, for money, whether a number is a mobile number (`check_numbers`).
    keeps_campaigns: the vendor has a register of campaign names to file messages under (`campaign_register`).
    attachment_bytes: files may travel with a message, so many bytes together (0 = none); attachment_types: their
    content types, () = any but programs.
    keeps_for: seconds ahead until which the vendor keeps a request that names a time (0 = not at all): the message
    field `send_at`, "2026-10-05 14:30" in UTC. It can be read, moved and called off (`kept`, `move`, `call_off`).
    """

    max_batch: int
    one_per_request: bool = False
    substitutes: bool = False
    idempotent: bool = False
    look_up_after: tuple[float, ...] = ()
    look_up_pause: float = 0.0
    absent_means: Absent = Absent.ASK
    resubmit_for: float = float("inf")
    receipts: bool = True
    pulls: bool = False
    cancel: bool = False
    remote_lists: bool = False
    own_text: bool = True
    remote_templates: bool = False
    lists_templates: bool = False
    contact_fields: tuple[str, ...] = ()
    tickets: bool = False
    follow_after: tuple[float, ...] = ()
    follow_for: float = 86_400.0
    requests_at_once: int = 0
    reconcile: tuple[float, float] | tuple[()] = ()
    checks_numbers: bool = False
    keeps_campaigns: bool = False
    attachment_bytes: int = 0
    attachment_types: tuple[str, ...] = ()
    keeps_for: float = 0.0
    requests_per_second: float = 20.0
