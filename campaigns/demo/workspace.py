"""The demo workspace: people, templates and three campaigns, made by the services that the pages use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns.demo.people import Person, people
from campaigns.models import Campaign, ProviderAccount, Purpose, Template
from campaigns.providers import registry
from campaigns.providers.base import Channel
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.services.connecting import account_settings
from campaigns.services.writing import compose, content, drafts, lifecycle, scheduling, templates
from console.models import Membership, Role, User, Workspace
from contacts.models import ConsentEvent, Contact, ContactField, Group, GroupMember
from contacts.services.people import search_text
from contacts.states import Consent, ConsentSource, GroupKind

SLUG = "demo"
EMAIL = "demo@despacho.example"
ZONE = "Europe/Madrid"
PEOPLE = 5_000

NEWS = """<html><head><style>
body { margin: 0; background: #f5f3ee; font-family: Helvetica, Arial, sans-serif; color: #22282b; }
.card { max-width: 560px; margin: 24px auto; background: #ffffff; padding: 28px; border-radius: 8px; }
h1 { font-size: 22px; margin: 0 0 12px; } p { font-size: 15px; line-height: 23px; }
.go { display: inline-block; padding: 11px 22px; background: #0e5560; color: #ffffff; border-radius: 6px; }
</style></head><body><div class="card">
<h1>Hola {{ first_name|default:"cliente" }}, llega el otoño</h1>
<p>Tienes <b>{{ puntos|default:"0" }} puntos</b>.
Esta semana valen el doble en tu tienda de {{ ciudad|default:"siempre" }}.</p>
<p><a class="go" href="https://tienda.example/otono?c={{ key }}">Ver las novedades</a></p>
<p>Un saludo,<br>Tienda Norte</p></div></body></html>"""
POINTS = (
    'Hola {{ first_name|default:"cliente" }}, tus {{ puntos|default:"0" }} puntos valen el doble hasta el domingo. '
    "Baja: responde BAJA"
)
NOTICE = 'Hola {{ first_name|default:"cliente" }}, tu tienda abre de 10 a 20 h desde el lunes. Tienda Norte'


@transaction.atomic
def make(password: str, sandbox_url: str, now: datetime) -> Workspace:
    """Workspace, owner, accounts at the sandbox, people, templates and campaigns: one over as soon as the worker
    runs, one that takes half an hour, one for tomorrow."""
    workspace = Workspace.objects.create(
        name="Tienda Norte", slug=SLUG, default_country="ES", time_zone=ZONE, language="es", is_demo=True
    )
    owner = User.objects.create_user(
        EMAIL, password, name="Lucía Ferrer", time_zone=ZONE, is_staff=True, is_superuser=True
    )
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    accounts = {slug: _account(workspace, slug, sandbox_url, owner, now) for slug in REHEARSALS}
    customers, readers, staff = _people(workspace, now)
    sms = _template(workspace, "Puntos dobles", compose.Source("sms", POINTS), owner, now)
    notice = _template(workspace, "Nuevo horario", compose.Source("sms", NOTICE), owner, now)
    news = _template(
        workspace,
        "Novedades de otoño",
        compose.Source("email", subject="Tus puntos valen el doble", html=NEWS),
        owner,
        now,
    )
    by_channel = {channel: slug for slug in reversed(list(REHEARSALS)) for channel in REHEARSALS[slug].channels}
    text, mail = accounts[by_channel[Channel.SMS]], accounts[by_channel[Channel.EMAIL]]
    tomorrow = now.astimezone(ZoneInfo(ZONE)).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    plans = [
        (_campaign(workspace, "Novedades de otoño", news, mail, [readers], owner, now), drafts.Plan(None, "", None)),
        (
            _campaign(workspace, "Nuevo horario", notice, text, [customers], owner, now, purpose=Purpose.SERVICE),
            drafts.Plan(None, "", 3),
        ),
        (
            _campaign(workspace, "Puntos dobles", sms, text, [customers], owner, now, exclude=[staff]),
            drafts.Plan(tomorrow, ZONE, None),
        ),
    ]
    for campaign, plan in plans:
        drafts.set_plan(campaign, plan, owner, now)
        campaign.refresh_from_db()
        scheduling.schedule(campaign, None, owner, now)
    _campaign(workspace, "Black Friday", sms, text, [customers], owner, now)
    return workspace


def point_at(workspace: Workspace, sandbox_url: str) -> None:
    """The sandbox may listen elsewhere than last time."""
    ProviderAccount.objects.filter(workspace=workspace, provider__in=list(REHEARSALS)).update(base_url=sandbox_url)


def portal_settings(workspace: Workspace, public_url: str) -> dict[str, dict[str, str]]:
    """What the sandbox must be told, as an operator would enter it in the vendors' portals."""
    found = {}
    for account in ProviderAccount.objects.filter(workspace=workspace, provider__in=list(REHEARSALS)):
        rehearsal = REHEARSALS[account.provider]
        if rehearsal.portal:
            found[rehearsal.vendor] = {
                name: f"{public_url}/hooks/{account.callback_token}/{kind}/" for name, kind in rehearsal.portal.items()
            }
    return found


def _account(workspace: Workspace, slug: str, url: str, owner: User, now: datetime) -> ProviderAccount:
    rehearsal = REHEARSALS[slug]
    given = account_settings.Settings(
        name=f"{registry.provider_class(slug).label} (sandbox)",
        base_url=url,
        credentials=rehearsal.credentials,
        options=rehearsal.options,
        sender="TIENDA",
        email_sender="Tienda Norte <novedades@tienda.example>",
        sms_price=Decimal("0.042"),
        email_price=Decimal("0.0009"),
    )
    return account_settings.create(workspace, slug, given, owner, now)


def _people(workspace: Workspace, now: datetime) -> tuple[Group, Group, Group]:
    ContactField.objects.bulk_create(
        ContactField(workspace=workspace, name=name, label=label)
        for name, label in (("puntos", "Puntos"), ("ciudad", "Ciudad"))
    )
    made = Contact.objects.bulk_create([_contact(workspace, person, now) for person in people(PEOPLE)], batch_size=500)
    ConsentEvent.objects.bulk_create(
        (
            ConsentEvent(
                workspace=workspace,
                contact=contact,
                channel=channel,
                state=Consent.GRANTED,
                basis="web form",
                wording="v1",
                source=ConsentSource.IMPORT,
                at=now,
            )
            for contact in made
            for channel in ("sms", "email")
            if getattr(contact, f"{channel}_consent") == Consent.GRANTED
        ),
        batch_size=1_000,
    )
    customers = _group(workspace, GroupKind.LIST, "Clientes", made, now)
    readers = _group(workspace, GroupKind.LIST, "Boletín", [c for c in made if c.email][:1800], now)
    staff = _group(workspace, GroupKind.LIST, "Empleados", made[::250], now)
    _group(workspace, GroupKind.TAG, "vip-2026", [c for c in made if c.attributes["puntos"] > 2000], now)
    return customers, readers, staff


def _contact(workspace: Workspace, person: Person, now: datetime) -> Contact:
    contact = Contact(
        workspace=workspace,
        key=person.key,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        phone=person.phone,
        phone_type="mobile" if person.phone else "",
        country="ES",
        language="es",
        attributes={"puntos": person.points, "ciudad": person.city},
        sms_consent=Consent.GRANTED if person.agreed_sms and person.phone else Consent.UNKNOWN,
        email_consent=Consent.GRANTED if person.agreed_email and person.email else Consent.UNKNOWN,
        created_at=now,
        updated_at=now,
    )
    contact.search = search_text(contact)
    return contact


def _group(workspace: Workspace, kind: GroupKind, name: str, members: Sequence[Contact], now: datetime) -> Group:
    group = Group.objects.create(workspace=workspace, kind=kind, name=name, size=len(members), created_at=now)
    GroupMember.objects.bulk_create(
        (GroupMember(group=group, contact=contact, added_at=now) for contact in members), batch_size=1000
    )
    return group


def _template(workspace: Workspace, name: str, source: compose.Source, owner: User, now: datetime) -> Template:
    return templates.create(workspace, name, compose.build(source, content.known_names(workspace)), owner, now)


def _campaign(
    workspace: Workspace,
    name: str,
    template: Template,
    account: ProviderAccount,
    include: Sequence[Group],
    owner: User,
    now: datetime,
    *,
    exclude: Sequence[Group] = (),
    purpose: str = Purpose.MARKETING,
) -> Campaign:
    campaign = lifecycle.create(workspace, name=name, channel=template.channel, purpose=purpose, actor=owner, now=now)
    drafts.set_audience(campaign, everyone=False, include=include, exclude=exclude, actor=owner, now=now)
    sender = account.email_sender if template.channel == Channel.EMAIL else account.sender
    drafts.take_template(campaign, drafts.Envelope(account, sender, max_parts=2), template, owner, now)
    return campaign
