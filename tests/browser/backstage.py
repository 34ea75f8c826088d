"""What runs unseen while a browser test looks at the pages: jobs, the engine, the provider, and a file to import."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from campaigns.models import Campaign, Dispatch, ProviderAccount
from campaigns.providers.rehearsal import REHEARSALS
from campaigns.services.connecting import account_settings
from campaigns.services.sending import dispatching
from campaigns.services.settling import inbox
from console.models import Job, JobStatus, User, Workspace
from console.tasks import run_job
from tests.campaigns.engine.conftest import Engine
from tests.sandbox_process import SandboxProcess

PEOPLE = 20
REACHABLE = 19  # one row of the file has no phone
REJECTED = 5  # the row whose message the carrier rejects
PHONE = "+34600112233"
PROVIDER = "sinch-messaging"
NAMES = ("María José", "Íñigo", "Gorka", "Ane", "Núria", "Xosé", "Begoña", "Álvaro", "Lucía", "Óscar")


def write_csv(folder: Path) -> Path:
    """20 people as a Spanish spreadsheet exports them: the first has +34600112233, the last an email address only.

    To the sandbox only the ending 103 means something: the carrier rejects that message, all others are delivered.
    """
    rows = ["Nombre;Apellidos;Móvil;Correo;Puntos"]
    special = {0: "600 11 22 33", REJECTED: "611 20 41 03", PEOPLE - 1: ""}
    for n in range(PEOPLE):
        phone = special.get(n, f"611 20 4{n // 10} {n % 10}7")
        rows.append(f"{NAMES[n % len(NAMES)]};Apellido {n};{phone};persona{n}@example.test;{100 + 7 * n}")
    path = folder / "clientes.csv"
    path.write_bytes("\r\n".join(rows).encode("cp1252"))
    return path


class Backstage:
    """Beat, worker and provider, one step at a time. `address` is where the provider's callbacks go."""

    def __init__(self, sandbox: SandboxProcess, workspace: Workspace, owner: User, address: str) -> None:
        self.sandbox, self.engine = sandbox, Engine()
        rehearsal = REHEARSALS[PROVIDER]
        given = account_settings.Settings(
            name="Sinch ES",
            base_url=sandbox.url,
            credentials=rehearsal.credentials,
            options=rehearsal.options,
            sender="TIENDA",
            email_sender="",
            sms_price=Decimal("0.042"),
            email_price=None,
        )
        self.account: ProviderAccount = account_settings.create(workspace, PROVIDER, given, owner, timezone.now())
        hooks = f"{address}/hooks/{self.account.callback_token}"
        sandbox.configure(**{rehearsal.vendor: {name: f"{hooks}/{kind}/" for name, kind in rehearsal.portal.items()}})

    def do_jobs(self) -> None:
        """Everything that waits for the worker: imports, exports."""
        waiting = Job.objects.filter(status=JobStatus.WAITING).values_list("pk", flat=True)
        assert waiting, "nothing was asked for"
        for pk in list(waiting):
            run_job(str(pk))

    def start(self, campaign: Campaign) -> Dispatch:
        """What beat does at the instant: the dispatch with its audience, nothing sent yet."""
        return self.engine.prepare(self.engine.start(campaign))

    def send(self, dispatch: Dispatch) -> None:
        """One slice of the account's lane, and the end of what is done."""
        self.engine.slice(self.account)
        dispatching.finish_done(timezone.now())
        dispatch.refresh_from_db()

    def deliver(self) -> None:
        """The phones confirm: the provider calls back, and what it says is applied."""
        self.sandbox.advance(3600)
        assert self.sandbox.undelivered() == []
        while inbox.apply_next(timezone.now()):
            pass
