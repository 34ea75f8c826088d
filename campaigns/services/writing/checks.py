"""What must be right, and what is worth a look, before a campaign is scheduled.

The review page shows all of them; `scheduling.schedule` refuses on the first that is BAD. Each is one fact with a
title, what was found, and the step of the composer where it is mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, Dispatch, DispatchKind, Purpose, TemplateVersion
from campaigns.providers.base import Problem
from campaigns.services.connecting import accounts
from campaigns.services.sending import pace
from campaigns.services.sending.flights import body_of
from campaigns.services.settling import replies
from campaigns.services.writing import attachments, content, delivery, estimates, local_time, offers
from campaigns.services.writing.audience import Counts
from campaigns.services.writing.compose import typed_alike
from campaigns.services.writing.sampling import Measured
from campaigns.states import Reason
from console import formats
from console.services.crypto import WrongKey


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """`step`: the composer's step that mends it ("audience", "message", "schedule"), or "test"."""

    code: str
    level: Level
    title: str
    text: str
    step: str

    @property
    def url_name(self) -> str:
        return f"composer-{self.step}"

    @property
    def sentence(self) -> str:
        """As a refusal: what is wrong and what to do."""
        return self.text or self.title


def of(campaign: Campaign, counts: Counts, now: datetime) -> list[Check]:
    """Every check of the campaign as it stands. `counts`: its audience now."""
    return [check for check in _all(campaign, counts, now) if check]


def _all(campaign: Campaign, counts: Counts, now: datetime) -> Iterator[Check | None]:
    yield _audience(campaign, counts)
    yield _message(campaign)
    if campaign.version_id:
        yield _fields(campaign, counts)
        yield _opt_out(campaign)
        yield _newer_template(campaign)
    yield _account(campaign)
    if campaign.account_id:
        yield _sender(campaign)
        yield _files(campaign)
        yield _provider(campaign)
    yield _time(campaign, now)
    yield _quiet_hours(campaign, now)
    if campaign.version_id:
        yield _test(campaign)


# -- audience ----------------------------------------------------------------------------------------


def _audience(campaign: Campaign, counts: Counts) -> Check:
    def check(level: Level, title: str, text: str) -> Check:
        return Check("audience", level, title, text, "audience")

    if not campaign.everyone and not campaign.include.exists():
        return check(Level.BAD, _("No audience yet"), _("Choose who gets the campaign: everyone, or lists and tags."))
    if not counts.total:
        return check(Level.BAD, _("The audience is empty"), _("Nobody is in the chosen lists and tags. Choose others."))
    if not counts.will_receive:
        text = ngettext(
            "The %(n)s person in the audience cannot be reached. The split says why.",
            "None of the %(n)s people in the audience can be reached. The split says why.",
            counts.total,
        )
        return check(Level.BAD, _("Nobody would receive it"), text % {"n": formats.number(counts.total)})
    text = ngettext("%(n)s person will receive it", "%(n)s people will receive it", counts.will_receive)
    return check(Level.OK, _("There is somebody to write to"), text % {"n": formats.number(counts.will_receive)})


# -- message -----------------------------------------------------------------------------------------


def _version(campaign: Campaign) -> TemplateVersion:
    assert campaign.version is not None, "checked only when there is a message"
    return campaign.version


def _message(campaign: Campaign) -> Check | None:
    if campaign.version_id:
        return None
    return Check("message", Level.BAD, _("No message yet"), _("Write the message, or choose a template."), "message")


def _fields(campaign: Campaign, counts: Counts) -> Check:
    compiled = content.compiled(_version(campaign))
    gone = sorted(set(compiled.names) - set(content.known_names(campaign.workspace)))
    if gone:
        text = _("The message uses a field that does not exist any more: %(names)s. Change the message.")
        return Check("fields", Level.BAD, _("Unknown field"), text % {"names": ", ".join(gone)}, "message")
    left_out = counts.by_reason.get(Reason.MISSING_VALUE, 0)
    if not left_out:
        text = _("No field is left without a value or a default") if compiled.names else _("The text uses no fields")
        return Check("fields", Level.OK, _("All fields have a value"), text, "message")
    text = ngettext(
        "%(n)s person lacks a value of %(names)s and is left out. A default would reach them.",
        "%(n)s people lack a value of %(names)s and are left out. A default would reach them.",
        left_out,
    ) % {"n": formats.number(left_out), "names": ", ".join(content.required_names(compiled))}
    return Check("fields", Level.WARN, _("Some fields are empty"), text, "message")


def _opt_out(campaign: Campaign) -> Check | None:
    if campaign.purpose != Purpose.MARKETING:
        return None
    if _version(campaign).remote_id and not _version(campaign).text:
        text = _("Only the provider knows this text. Make sure that it says how to opt out.")
        return Check("opt_out", Level.WARN, _("The opt-out cannot be checked"), text, "message")
    if campaign.channel == "email":
        if content.UNSUBSCRIBE in content.compiled(_version(campaign)).names:
            return Check("opt_out", Level.OK, _("Opt-out in place"), _("Every email has its own link"), "message")
        text = _("A marketing email needs an unsubscribe link. Save the message again and it is added.")
        return Check("opt_out", Level.BAD, _("No unsubscribe link"), text, "message")
    words = [str(word) for word in campaign.workspace.stop_words] or ["STOP"]
    told = replies.stop_words_in(_version(campaign).text, campaign.workspace)
    if told or content.UNSUBSCRIBE in content.compiled(_version(campaign)).names:
        return Check("opt_out", Level.OK, _("Opt-out in the text"), ", ".join(told), "message")
    text = _("People cannot know how to opt out. Add for example “Reply %(word)s to opt out”.") % {"word": words[0]}
    return Check("opt_out", Level.WARN, _("No opt-out in the text"), text, "message")


def _newer_template(campaign: Campaign) -> Check | None:
    template, version = campaign.template, campaign.version
    if template is None or template.current is None or version is None or typed_alike(template.current, version):
        return None
    text = _("“%(name)s” was changed to version %(n)s after this campaign took it.")
    values = {"name": template.name, "n": template.current.number}
    return Check("template", Level.WARN, _("The template has a newer version"), text % values, "message")


def length(campaign: Campaign, counts: Counts, measured: Measured) -> Check:
    """Of an SMS, from a sample of its messages: does anybody's have more parts than is allowed?"""
    estimate = estimates.of(campaign, measured, counts.will_receive)
    if not estimate.too_long:
        most = max(measured.parts, default=1)
        text = ngettext("At most %(n)s part a message", "At most %(n)s parts a message", most) % {"n": most}
        return Check("length", Level.OK, _("Nobody's message is too long"), text, "message")
    if not estimate.people:
        text = _("Every message has more than %(parts)s SMS parts. Shorten the text, or allow more parts.")
        return Check(
            "length", Level.BAD, _("All messages are too long"), text % {"parts": campaign.max_parts}, "message"
        )
    text = ngettext(
        "%(people)s message has more than %(parts)s SMS parts and is left out.",
        "%(people)s messages have more than %(parts)s SMS parts and are left out.",
        estimate.too_long,
    ) % {"people": formats.number(estimate.too_long), "parts": campaign.max_parts}
    return Check("length", Level.WARN, _("Some messages are too long"), text, "message")


# -- account and provider ------------------------------------------------------------------------------


def _account(campaign: Campaign) -> Check:
    if campaign.account is None:
        text = _("Choose the provider account that sends it.")
        return Check("account", Level.BAD, _("No provider account yet"), text, "message")
    offer = offers.offer_of(campaign.account, campaign.channel)
    if offer.refusal:
        return Check("account", Level.BAD, _("The account cannot send it"), offer.refusal, "message")
    if offer.warning:
        return Check("account", Level.WARN, _("The account is held"), offer.warning, "message")
    return Check("account", Level.OK, _("The provider account is ready"), campaign.account.name, "message")


def _sender(campaign: Campaign) -> Check:
    sender = campaign.sender or offers.default_sender(campaign.account, campaign.channel)
    if sender:
        return Check("sender", Level.OK, _("There is a sender"), sender, "message")
    if campaign.channel == "sms":
        text = _("The provider chooses the number that people see.")
        return Check("sender", Level.WARN, _("No sender"), text, "message")
    text = _("An email needs an address it comes from. Enter it in the message.")
    return Check("sender", Level.BAD, _("No sender"), text, "message")


def _files(campaign: Campaign) -> Check | None:
    """Whether the account sends the files of the email, as many and of such types."""
    files = attachments.of_version(campaign.version)
    if not files or campaign.account is None:
        return None
    can = accounts.capabilities(campaign.account, campaign.channel)
    values = {"account": campaign.account.name, "most": filesizeformat(can.attachment_bytes)}
    total = sum(file.size for file in files)
    if not can.attachment_bytes:
        text = _("%(account)s sends no files. Remove them from the message, or choose another account.")
        return Check("files", Level.BAD, _("The files cannot be sent"), text % values, "message")
    if total > can.attachment_bytes:
        text = _("%(account)s sends at most %(most)s of files in an email. Remove some, or link to them.")
        return Check("files", Level.BAD, _("The files are too large"), text % values, "message")
    wrong = [f.name for f in files if can.attachment_types and f.content_type not in can.attachment_types]
    if wrong:
        text = _("%(account)s does not send files of this type: %(names)s.")
        values["names"] = ", ".join(wrong)
        return Check("files", Level.BAD, _("A file cannot be sent"), text % values, "message")
    text = ngettext("%(n)s file, %(size)s", "%(n)s files, %(size)s", len(files))
    counted = text % {"n": len(files), "size": filesizeformat(total)}
    return Check("files", Level.OK, _("The files can be sent"), counted, "message")


def _provider(campaign: Campaign) -> Check | None:
    """What this provider says about the content and the sender, without asking it."""
    assert campaign.account is not None
    if not campaign.version_id or offers.offer_of(campaign.account, campaign.channel).refusal:
        return None
    name = campaign.account.name
    if refusal := delivery.refusal_of(campaign.account, _version(campaign)):
        return Check("provider", Level.BAD, _("The account cannot send this text"), refusal, "message")
    try:
        problems = provider_problems(campaign)
    except WrongKey:
        text = _("The stored key of %(account)s cannot be read. Enter it again in the provider account.")
        return Check("provider", Level.BAD, _("The account cannot be opened"), text % {"account": name}, "message")
    if not problems:
        return Check("provider", Level.OK, _("The provider takes this content"), name, "message")
    worst = min(problems, key=lambda problem: problem.warning)
    level = Level.WARN if worst.warning else Level.BAD
    return Check("provider", level, _("What %(account)s does not like") % {"account": name}, said(worst), "message")


def provider_problems(campaign: Campaign) -> list[Problem]:
    """What the account's adapter finds wrong with the content. WrongKey when it cannot be opened."""
    assert campaign.account is not None
    sender = campaign.sender or offers.default_sender(campaign.account, campaign.channel)
    provider = accounts.open_provider(campaign.account)
    draft = Dispatch(
        channel=campaign.channel,
        purpose=campaign.purpose,
        version=_version(campaign),
        sender=sender,
        reply_to=campaign.reply_to,
        options=campaign.options,
    )
    # With slots in its texts, whoever fills them: the vendor's rules are about the words between the gaps.
    return provider.check_body(body_of(draft, content.compiled(_version(campaign)), substitutes=True))


def said(problem: Problem) -> str:
    """A provider's problem as a sentence in the reader's language."""
    return _(problem.text) % problem.values


# -- time and test -------------------------------------------------------------------------------------


def _time(campaign: Campaign, now: datetime) -> Check:
    if campaign.start_at is None:
        return Check("time", Level.OK, _("Starts at once"), _("As soon as you confirm"), "schedule")
    if campaign.start_at <= now:
        text = _("%(time)s is in the past. Choose a later time, or send it now.")
        values = {"time": local_time.short(campaign.start_at, campaign.zone, now)}
        return Check("time", Level.BAD, _("The time has passed"), text % values, "schedule")
    text = formats.relative(campaign.start_at, now) or local_time.full(campaign.start_at, campaign.zone)
    return Check("time", Level.OK, _("The time lies ahead"), text, "schedule")


def _quiet_hours(campaign: Campaign, now: datetime) -> Check | None:
    if campaign.purpose != Purpose.MARKETING or campaign.workspace.quiet_from is None:
        return None
    until = pace.quiet_until(campaign.workspace, campaign.start_at or now)
    if until is None:
        return Check("quiet", Level.OK, _("Starts outside the quiet hours"), "", "schedule")
    text = _("Messages wait until %(time)s.") % {"time": local_time.short(until, campaign.workspace.time_zone, now)}
    return Check("quiet", Level.WARN, _("Starts in the quiet hours"), text, "schedule")


def _test(campaign: Campaign) -> Check:
    tests = Dispatch.objects.filter(campaign=campaign, kind=DispatchKind.TEST, version=campaign.version_id)
    last = tests.order_by("-id").first()
    if last is None:
        text = _("Send the message to yourself once before everybody gets it.")
        return Check("test", Level.WARN, _("No test of this text yet"), text, "test")
    return Check("test", Level.OK, _("A test was sent"), formats.full(last.planned_at), "test")
