"""The main job without a person: contacts, template, campaign, schedule, progress, report. The pages' own services."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.utils import timezone

from campaigns import wording
from campaigns.models import Campaign, Dispatch, DispatchKind, ProviderAccount, Template, TemplateVersion
from campaigns.providers import registry
from campaigns.providers.base import Channel
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.rendering import TemplateError
from campaigns.reports import funnel
from campaigns.services.connecting import account_settings, accounts
from campaigns.services.sending import dispatching
from campaigns.services.showing import figures
from campaigns.services.writing import (
    audience,
    compose,
    content,
    drafts,
    lifecycle,
    remote_content,
    scheduling,
    templates,
)
from campaigns.states import TERMINAL_DISPATCH, DispatchStatus, RecipientStatus
from console.errors import UserError
from console.models import Job, JobStatus, User, Workspace
from console.services import workspaces
from contacts.models import Contact
from contacts.services import imports

SMS_TEXT = 'Hola {{ first_name|default:"cliente" }}, tu tienda abre de 10 a 20 h desde el lunes. Tienda Norte'
EMAIL_HTML = (
    '<html><body><h1>Hola {{ first_name|default:"cliente" }}</h1>'
    "<p>Tu tienda abre de 10 a 20 h desde el lunes.</p></body></html>"
)
SUBJECT = 'Nuevo horario, {{ first_name|default:"cliente" }}'
PLACEHOLDER = "cliente"  # for whoever lacks the field that a placeholder of the provider stands for
SETTLED = (RecipientStatus.QUEUED, RecipientStatus.CLAIMED, RecipientStatus.ACCEPTED, RecipientStatus.SENT)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is rehearsed. `provider` None: one that reaches the people. `credentials`: as entered, by the names of
    the provider's contract; None = the sandbox's. `template`: an .html file is an email, any other an SMS; None = a
    text of ours."""

    contacts: Path
    base_url: str
    provider: str | None = None
    credentials: Mapping[str, str] | None = None
    template: Path | None = None
    country: str = "ES"


def workspace_for(now: datetime, country: str) -> tuple[Workspace, User]:
    """A workspace of its own, so that a database that is in use keeps the rehearsal apart."""
    mark = uuid4().hex[:8]
    owner = User.objects.create_user(f"rehearsal-{mark}@despacho.example", None, name="Rehearsal")
    workspace = workspaces.create(
        owner=owner,
        now=now,
        name=f"Rehearsal {mark}",
        default_country=country,
        time_zone="Europe/Madrid",
        language="en",
    )
    # The provider of a rehearsal is there to misbehave, and nobody watches who could answer a hold.
    Workspace.objects.filter(pk=workspace.pk).update(failure_share=0, strange_answers=0)
    workspace.refresh_from_db()
    return workspace, owner


def account_of(plan: Plan, slug: str, workspace: Workspace, owner: User, now: datetime) -> ProviderAccount:
    """The account with the credentials given. UserError for a name that no field has."""
    provider = registry.provider_class(slug)
    entered = REHEARSALS[slug].credentials if plan.credentials is None else plan.credentials
    credentials, unknown = registry.read_values(provider.credential_fields, entered)
    options, unknown = registry.read_values(provider.option_fields, {name: entered[name] for name in unknown})
    if plan.credentials is None:
        options = {**REHEARSALS[slug].options, **options}
    _, unknown = registry.read_values(provider.message_fields, {name: entered[name] for name in unknown})
    if unknown:
        fields = (*provider.credential_fields, *provider.option_fields, *provider.message_fields)
        names = ", ".join(f.name for f in fields)
        raise UserError(f"{slug} knows no {', '.join(unknown)}. It takes {names}.")
    defaults = {f.name: f.default for f in provider.credential_fields if f.default}
    given = account_settings.Settings(
        name=f"{provider.label} rehearsal",
        base_url=plan.base_url,
        credentials={**defaults, **credentials},
        options=options,
        sender="TIENDA",
        email_sender="Tienda Norte <novedades@tienda.example>",
    )
    return account_settings.create(workspace, slug, given, owner, now)


def delivery_of(plan: Plan, slug: str) -> dict[str, str]:
    """The campaign's answers to the provider's delivery options: the sandbox's, or those given with the credentials."""
    given = REHEARSALS[slug].delivery if plan.credentials is None else plan.credentials
    return registry.read_values(registry.provider_class(slug).message_fields, given)[0]


def route(plan: Plan, workspace: Workspace) -> tuple[str, Channel]:
    """(provider, channel) of the rehearsal: the template's channel, else the one that reaches more of the people;
    the provider asked for, else the first that has the channel. UserError when the provider has not that channel."""
    providers = [plan.provider] if plan.provider else list(registry.PROVIDERS)
    offered = {channel for slug in providers for channel in registry.provider_class(slug).channels}
    if plan.template is not None:
        channel = Channel.EMAIL if plan.template.suffix.lower() in (".html", ".htm") else Channel.SMS
    else:
        people = Contact.objects.filter(workspace=workspace)
        reached = {Channel.SMS: people.exclude(phone="").count(), Channel.EMAIL: people.exclude(email="").count()}
        channel = max(sorted(offered, reverse=True), key=lambda one: reached[one])  # SMS when it is a tie
    fitting = [slug for slug in providers if channel in registry.provider_class(slug).channels]
    if not fitting:
        raise UserError(f"{plan.provider} sends no {channel}; choose another template or provider.")
    return fitting[0], channel


def message_source(plan: Plan, channel: Channel) -> compose.Source:
    """The content of the template file, or a text of ours. UserError when the file cannot be read."""
    if plan.template is None:
        return (
            compose.Source("sms", SMS_TEXT)
            if channel is Channel.SMS
            else compose.Source("email", subject=SUBJECT, html=EMAIL_HTML)
        )
    try:
        text = plan.template.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The template {plan.template} cannot be read: {error}.") from error
    if channel is Channel.EMAIL:
        return compose.Source("email", subject=SUBJECT, html=text)
    return compose.Source("sms", text.strip())


def template_of(plan: Plan, channel: Channel, workspace: Workspace, owner: User, now: datetime) -> Template:
    """The message as a stored template. UserError with every problem of the text."""
    try:
        built = compose.build(message_source(plan, channel), content.known_names(workspace))
    except TemplateError as error:
        raise UserError("\n".join(str(problem) for problem in error.problems)) from error
    return templates.create(workspace, "Rehearsal", built, owner, now)


def remote_version_of(campaign: Campaign, account: ProviderAccount, now: datetime) -> TemplateVersion:
    """The first content for the channel that the provider holds, its placeholders filled by the fields of their
    names. UserError when it holds none."""
    listing = remote_content.listing(account, campaign.channel, now)
    chosen = next((template for template in listing.templates if template.usable), None)
    if chosen is None:
        raise UserError(listing.problem or f"{account} holds nothing to send by {campaign.channel}.")
    known = content.known_names(campaign.workspace)
    answers = {
        name: remote_content.Answer(remote_content.guess(name, known).field, PLACEHOLDER)
        for name in chosen.placeholders
    }
    return remote_content.version_of(campaign, chosen, answers, now)


def campaign_of(
    plan: Plan, account: ProviderAccount, channel: Channel, owner: User, now: datetime, start_at: datetime
) -> Campaign:
    """A service message to everybody of the account's workspace, planned for `start_at`: a text of ours, or where
    the provider sends only its own content, the first that it holds."""
    workspace = account.workspace
    campaign = lifecycle.create(workspace, name="Rehearsal", channel=channel, purpose="service", actor=owner, now=now)
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=owner, now=now)
    sender = account.email_sender if channel is Channel.EMAIL else account.sender
    envelope = drafts.Envelope(account, sender, max_parts=8, options=delivery_of(plan, account.provider))
    if accounts.capabilities(account, channel).own_text:
        drafts.take_template(campaign, envelope, template_of(plan, channel, workspace, owner, now), owner, now)
    elif plan.template is not None:
        raise UserError(f"{account} sends only what the provider holds; leave --template out.")
    else:
        drafts.take_remote(campaign, envelope, remote_version_of(campaign, account, now), owner, now)
    drafts.set_plan(campaign, drafts.Plan(start_at, workspace.time_zone, None), owner, now)
    campaign.refresh_from_db()
    return campaign


def content_line(campaign: Campaign) -> str:
    """What is sent, in a line."""
    version = campaign.version
    assert version is not None
    return (
        f"“{version.remote_name or version.remote_id}” of the provider"
        if version.remote_id
        else f"version {version.number}"
    )


def country_of(slug: str | None) -> str:
    """Where the fictional people have their phones, so that the sandbox of the provider takes them."""
    return REHEARSALS[slug].country if slug else "ES"


def import_contacts(plan: Plan, workspace: Workspace, owner: User) -> Job:
    """Queue the import of the plan's file, as an upload in the console would. The rehearsal's people have agreed."""
    with plan.contacts.open("rb") as file:
        upload = imports.store_upload(iter(lambda: file.read(1 << 20), b""))
    options = imports.Options(
        country=plan.country,
        list_name="Rehearsal",
        channels=("sms", "email"),
        basis="rehearsal",
        evidence="manage.py demo",
    )
    return imports.start(workspace, owner, upload, plan.contacts.name, options)


def import_line(job: Job) -> str:
    """The outcome of an import in a line."""
    outcome = imports.outcome_of(job)
    line = (
        f"Imported: {outcome.created:,} created, {outcome.updated:,} updated, {outcome.unchanged:,} unchanged, "
        f"{outcome.duplicates:,} double, {outcome.refused:,} rejected of {outcome.rows:,} rows"
    )
    reasons = [f"  {imports.reason_words(reason)}: {people:,}" for reason, people in outcome.rejected.items()]
    return "\n".join([line, *reasons])


def wait_for_job(job: Job, say: Say, patience: float = 60.0) -> Job:
    """Until a worker has done the job. UserError when it failed, or when nothing moved for `patience` seconds."""
    shown, moved = -1, time.monotonic()
    while job.status not in (JobStatus.DONE, JobStatus.FAILED):
        if time.monotonic() - moved > patience:
            raise UserError("No worker takes the import; the worker's log says why.")
        time.sleep(0.1)
        job.refresh_from_db()
        if job.progress != shown:
            shown, moved = job.progress, time.monotonic()
            say(f"  {shown:,} rows")
    if job.status == JobStatus.FAILED:
        raise UserError(job.error)
    return job


def schedule(campaign: Campaign, owner: User, now: datetime) -> int:
    """Confirm the campaign; gives how many will receive it. UserError with the split when nobody can be reached."""
    counts = audience.count(audience.spec_of(campaign))
    if not counts.will_receive:
        split = "".join(f"\n  {wording.reason_sentence(reason)}: {n:,}" for reason, n in counts.by_reason.items())
        raise UserError(f"None of the {counts.total:,} people can be reached on {campaign.channel}.{split}")
    return scheduling.schedule(campaign, counts.will_receive, owner, now)


def watch(campaign: Campaign, say: Say, start_within: float = 60.0) -> Dispatch:
    """Follow the dispatch until it is over. UserError when it does not start in time, or is held."""
    end = time.monotonic() + start_within
    dispatch = None
    while dispatch is None:
        if time.monotonic() > end:
            raise UserError("The campaign did not start; the worker's log says why.")
        time.sleep(0.1)
        dispatch = Dispatch.objects.filter(campaign=campaign, kind=DispatchKind.CAMPAIGN).first()
    line = ""
    while dispatch.status not in TERMINAL_DISPATCH:
        time.sleep(0.25)
        dispatch.refresh_from_db()
        if dispatch.status == DispatchStatus.HELD:
            raise UserError(f"The dispatch is held: {dispatch.reason}. {dispatch.account.last_error}")
        if (new := _line(dispatch)) != line:
            line = new
            say(line)
    return dispatch


def wait_for_receipts(dispatch: Dispatch, say: Say, quiet: timedelta, longest: timedelta) -> None:
    """Until nothing has moved for `quiet`, or every row is final: some phones never answer."""
    started = changed = timezone.now()
    before: dict[str, int] = {}
    while timezone.now() - changed < quiet and timezone.now() - started < longest:
        counts = dispatching.figures_of(dispatch)
        dispatch.refresh_from_db()
        if counts != before:
            before, changed = counts, timezone.now()
            say(_line(dispatch))
        if not any(counts.get(status) for status in SETTLED):
            return
        time.sleep(0.25)


def report_lines(dispatch: Dispatch, now: datetime) -> list[str]:
    """The funnel of the report page, a line a step."""
    found = figures.of(Dispatch.objects.select_related("account", "workspace").get(pk=dispatch.pk), now)
    return [
        f"{'  ' * step.inner}{step.label}: {step.n:,}" for step in [*funnel.steps(found), *funnel.not_reached(found)]
    ]


def _line(dispatch: Dispatch) -> str:
    counts = dispatching.figures_of(dispatch)
    parts = ", ".join(f"{counts[status]:,} {status}" for status in RecipientStatus if counts.get(status))
    return f"  {dispatch.status}: {parts or 'no rows yet'}"
