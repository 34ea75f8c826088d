"""The programs of a rehearsal: sandbox, web server and worker in a folder of their own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from campaigns.demo.workspace import portal_settings
from campaigns.models import ProviderAccount
from console.offspring import end_with_parent

START_SECONDS = 60.0


@contextlib.contextmanager
def running(sandbox: bool, log_folder: Path) -> Iterator[None]:
    """Run them until the block ends; their output goes to files in `log_folder`. RuntimeError when one does not
    answer in time, with the end of its output."""
    programs = {"web": _web(), "worker": [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"]}
    if not settings.EMBEDDED:
        programs["beat"] = [
            sys.executable,
            "-m",
            "celery",
            "--app=console.celery",
            "beat",
            "--scheduler=celery.beat:Scheduler",
        ]
    if sandbox:
        port = settings.SANDBOX_URL.rpartition(":")[2]
        programs = {"sandbox": [sys.executable, "-m", "campaigns.sandbox", "--port", port], **programs}
    started: list[tuple[str, subprocess.Popen[bytes]]] = []
    with contextlib.ExitStack() as files:
        try:
            for name, command in programs.items():
                output = files.enter_context((log_folder / f"{name}.log").open("wb"))
                process = subprocess.Popen(
                    command, cwd=settings.BASE_DIR, stdout=output, stderr=output, preexec_fn=end_with_parent()
                )
                started.append((name, process))
            _wait_for(f"{settings.PUBLIC_URL}/healthz", log_folder / "web.log")
            if sandbox:
                _wait_for(f"{settings.SANDBOX_URL}/__sandbox__/health", log_folder / "sandbox.log")
            yield
        finally:
            # Doors first, providers last: what is in flight may still land.
            for name, process in reversed(started):
                process.terminate()
                try:
                    process.wait(45 if name == "worker" else 10)
                except subprocess.TimeoutExpired:
                    process.kill()


def configure_sandbox(account: ProviderAccount) -> None:
    """Tell the sandbox where callbacks go, as an operator would in the vendor's portal."""
    told = portal_settings(account.workspace, settings.PUBLIC_URL)
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{settings.SANDBOX_URL}/__sandbox__/config",
        data=json.dumps(told).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def _web() -> list[str]:
    address = settings.PUBLIC_URL.removeprefix("http://")
    return [
        *(sys.executable, "-m", "gunicorn", f"--bind={address}", "--no-control-socket", "--log-level=warning"),
        *("--worker-class=gthread", "--workers=1", "--threads=8", "console.wsgi:application"),
    ]


def _wait_for(url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own loopback address
            return
        except urllib.error.HTTPError as error:
            if error.code == 503:  # up, and other parts are not yet
                return
            time.sleep(0.2)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS:.0f} s:\n{log.read_text(errors='replace')[-2000:]}")
