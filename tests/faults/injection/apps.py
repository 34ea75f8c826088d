"""Installs itself when a service process has loaded everything else."""

from __future__ import annotations

import os
from pathlib import Path

from django.apps import AppConfig

FOLDER = "DESPACHO_FAULTS"  # environment: where harness and processes leave each other notes


class Injection(AppConfig):
    name = "tests.faults.injection"
    label = "injection"

    def ready(self) -> None:
        # Not above: models may be imported only once every application is there.
        from tests.faults.injection import clock, points, waits

        folder = Path(os.environ[FOLDER])
        clock.install(folder)
        points.install(folder)
        waits.install()
