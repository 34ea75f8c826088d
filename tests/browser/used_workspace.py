"""A workspace that has been used: something of everything the console shows, made by the product's own services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.demo import workspace as demo
from campaigns.models import Campaign, Dispatch, ProviderAccount, Recipient, Template
from campaigns.services.sending import dispatching
from campaigns.services.settling import inbox
from campaigns.services.writing import content, drafts, lifecycle, remote_content, scheduling
from console.models import Job, Role, User, Workspace
from console.services import jobs, people
from console.tasks import run_job
from contacts.models import Contact, Group, Suppression
from contacts.services import finding, groups
from tests.browser.backstage import write_csv
from tests.campaigns.engine.conftest import Engine
from tests.sandbox_process import SandboxProcess

PEOPLE = 90
# Endings by which the sandbox decides: expired, rejected, not delivered, no receipt, answers "SAIR".
SPECIAL = ("101", "103", "104", "300", "296")


@dataclass
class Used:
    """What the addresses of the pages are made of."""

    workspace: Workspace
    owner: User
    client: Client
    ids: dict[str, Any] = field(default_factory=dict)

    def url(self, name: str, *args: Any) -> str:
        return reverse(name, args=[self.workspace.slug, *args])

    def job(self, made: Callable[[], Any]) -> Job:
        """The job that `made` asked for, done."""
        known = set(Job.objects.values_list("pk", flat=True))
        made()
        job = Job.objects.exclude(pk__in=known).get()
        run_job(str(job.pk))
        return job


def make(sandbox: SandboxProcess, address: str, folder: Path) -> Used:
    """`address` is where the provider's callbacks go, `folder` where the imported file is written."""
    now = timezone.now()
    workspace = demo.make("correct horse battery", sandbox.url, now)
    sandbox.configure(**demo.portal_settings(workspace, address))
    owner = User.objects.get(email=demo.EMAIL)
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    used = Used(workspace, owner, client)
    for contact, ending in zip(Contact.objects.exclude(phone="").order_by("pk")[2:], SPECIAL, strict=False):
        Contact.objects.filter(pk=contact.pk).update(phone=contact.phone[:-3] + ending, sms_consent="granted")
    _dispatches(used, sandbox)
    _people(used)
    _contacts(used, folder)
    return used


def _dispatches(used: Used, sandbox: SandboxProcess) -> None:
    """A finished email and a finished SMS with failures, one that is sending and has people to verify, a held one."""
    engine, now = Engine(), timezone.now()
    email, slow, planned, draft = (_named(n) for n in ("Novedades de otoño", "Nuevo horario", "Puntos dobles", "Black"))
    done, late, letter = (lifecycle.clone(plan, None, used.owner, now) for plan in (planned, planned, email))
    for campaign, name in ((done, "Puntos, resultado"), (late, "Puntos, tarde")):
        lifecycle.rename(campaign, name, used.owner, now)
        campaign.refresh_from_db()
        drafts.set_plan(campaign, drafts.Plan(None, "", None), used.owner, now)
        campaign.refresh_from_db()
        scheduling.schedule(campaign, None, used.owner, now)
        campaign.refresh_from_db()
    used.ids |= {"mailing": engine.send(email).pk, "done": engine.send(done).pk, "late_campaign": late.pk}
    used.ids["held"] = engine.start(late, now + timedelta(days=3)).pk
    running = engine.prepare(engine.start(slow))
    engine.slice(running.account)
    sandbox.arm("*", "reset_before_accept")
    engine.slice(running.account)
    used.ids["lost"] = _lost(used, sandbox, engine)
    dispatching.send_test(draft, ["+34611204105"], None, used.owner, now)
    sandbox.advance(3600)
    assert sandbox.undelivered() == []
    while inbox.apply_next(timezone.now()):
        pass
    used.ids |= {"running": running.pk, "draft": draft.pk, "email_draft": letter.pk, "planned": planned.pk}
    used.ids["started"] = done.pk
    used.ids["letter"] = Template.objects.get(channel="email").pk
    used.ids["text"] = Template.objects.filter(channel="sms").earliest("pk").pk
    used.ids["person"] = _row("done", used, status="delivered")
    used.ids["failed"] = _row("done", used, status="failed")
    used.ids["unknown"] = _row("running", used, status="unknown")
    used.ids["reader"] = _row("mailing", used, batch_no=1)
    used.ids["sms_account"], used.ids["email_account"] = running.account_id, email.account_id
    asked = used.url("report-export", used.ids["done"])
    used.job(lambda: used.client.post(asked, {"for": "spreadsheet"}))


def _lost(used: Used, sandbox: SandboxProcess, engine: Engine) -> int:
    """A dispatch of a vendor's own template whose requests broke off, so that a person may name them."""
    now = timezone.now()
    account = ProviderAccount.objects.get(workspace=used.workspace, provider="crm-messaging")
    campaign = lifecycle.create(
        used.workspace, name="Horario, perdido", channel="email", purpose="service", actor=used.owner, now=now
    )
    drafts.set_audience(campaign, everyone=True, include=[], exclude=[], actor=used.owner, now=now)
    stored = remote_content.typed("102", "email", "Firstname", "Hola {{Firstname}}, desde el lunes abrimos a las 10.")
    answers = {name: remote_content.Answer("first_name", "cliente") for name in stored.placeholders}
    version = remote_content.version_of(campaign, stored, answers, now)
    drafts.take_remote(campaign, drafts.Envelope(account, ""), version, used.owner, now)
    campaign.refresh_from_db()
    drafts.set_plan(campaign, drafts.Plan(None, "", None), used.owner, now)
    campaign.refresh_from_db()
    scheduling.schedule(campaign, None, used.owner, now)
    campaign.refresh_from_db()
    sandbox.arm("/api/SendMessages", "reset_after_accept")
    dispatch = engine.prepare(engine.start(campaign))
    engine.slice(account)
    return int(dispatch.pk)


def _named(name: str) -> Campaign:
    return Campaign.objects.select_related("workspace", "account", "version").get(name__startswith=name)


def _row(dispatch: str, used: Used, **fields: Any) -> int:
    return Recipient.objects.filter(dispatch=used.ids[dispatch], **fields).earliest("pk").pk


def _people(used: Used) -> None:
    member, invitation = people.add(
        used.workspace, "ane@example.test", Role.ANALYST, actor=used.owner, now=timezone.now(), name="Ane Ruiz"
    )
    assert invitation is not None
    used.ids |= {"member": member.pk, "invitation": (invitation.uid, invitation.token)}
    dispatch = Dispatch.objects.get(pk=used.ids["mailing"])
    used.ids["unsubscribe"] = content.unsubscribe_token(dispatch, used.ids["reader"])


def _contacts(used: Used, folder: Path) -> None:
    """An import with a rejected row and one under way, an export, a job on many, the do-not-contact list."""
    path = write_csv(folder)
    path.write_bytes(path.read_bytes() + "\r\nSin nada;Nadie;123;;9".encode("cp1252"))
    review = _upload(used, path)
    used.ids["upload"] = review
    form = used.client.get(used.url("import-review", review)).context["form"]
    data = {f.html_name: f.value() or "" for f in form if f.html_name != "channels"}
    imported = used.job(
        lambda: used.client.post(
            used.url("import-review", _upload(used, path)), {**data, "list_name": "Nuevos", "action": "import"}
        )
    )
    order = replace(groups.Order(groups.Act.DO_NOT_CONTACT), people=finding.People(q="Nadie"))
    bulk = used.job(lambda: jobs.create(groups.JOB, used.workspace, used.owner, order.as_params()))
    exported = used.job(lambda: used.client.post(used.url("contact-export"), {}))
    used.client.post(used.url("suppression-new"), {"addresses": "600 11 22 44\nbaja@example.test", "reason": "manual"})
    contact = Contact.objects.exclude(phone="").exclude(email="").earliest("pk")
    used.ids |= {"import": imported.pk, "bulk": bulk.pk, "export": exported.pk, "contact": contact.pk}
    used.ids["group"] = Group.objects.filter(kind="list").earliest("pk").pk
    used.ids["suppression"] = Suppression.objects.earliest("pk").pk


def _upload(used: Used, path: Path) -> str:
    """The token of an uploaded file's review page."""
    with path.open("rb") as file:
        answer = used.client.post(used.url("import-new"), {"file": file})
    return str(answer["Location"].rstrip("/").rpartition("/")[2])
