"""Make the demo workspace when it is missing, and point it at the sandbox of this run; `prepare --demo` does it."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from campaigns.demo import workspace as demo
from console.models import User, Workspace

DEFAULT_SANDBOX = "http://127.0.0.1:8800"


class Command(BaseCommand):
    help = "Make the demo workspace, unless it or any other exists."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.DATA_DIR)
        sandbox = settings.SANDBOX_URL or DEFAULT_SANDBOX
        workspace = Workspace.objects.filter(slug=demo.SLUG, is_demo=True).first()
        if workspace is None:
            if User.objects.exists():
                return  # somebody works here already: a demo among real people would only be in the way
            # Made per installation: no known password ships with the product.
            password = secrets.token_urlsafe(12)
            workspace = demo.make(password, sandbox, timezone.now())
            _write_private(folder / "demo-login.txt", f"Email: {demo.EMAIL}\nPassword: {password}\n")
        demo.point_at(workspace, sandbox)
        # The sandbox reads this file when it starts; it stands for what an operator enters in the vendors' portals.
        _write_private(folder / "sandbox.json", json.dumps(demo.portal_settings(workspace, settings.PUBLIC_URL)))


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
