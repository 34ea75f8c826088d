"""The engine's waits, shortened to what a test can afford. Their order stays: an exchange is given up before the
lease of its batch ends, and what is looked up has had time to arrive."""

from __future__ import annotations

from datetime import timedelta

from campaigns.providers import http
from campaigns.providers.salesforce_marketing_cloud import adapter
from campaigns.services.connecting import accounts
from campaigns.services.sending import outcomes
from campaigns.services.settling import repetition, settle
from console.management.commands import worker

SCALE = 50  # ten minutes of an outage are twelve seconds here
READ_SECONDS, EXCHANGE_SECONDS = 2.0, 3.0
PROCESSES = {"despacho": 2, "lanes": 3, "jobs": 1}


def install() -> None:
    http.READ_SECONDS, http.EXCHANGE_SECONDS = READ_SECONDS, EXCHANGE_SECONDS
    accounts.FIRST_HOLD, accounts.LONGEST_HOLD = accounts.FIRST_HOLD / SCALE, accounts.LONGEST_HOLD / SCALE
    settle.ASK_AGAIN_SECONDS = 1.0
    repetition.LATER = timedelta(seconds=1)
    adapter.LOOK_UP_PAUSE = 0.05
    real = outcomes.backoff
    outcomes.backoff = lambda tries: real(tries) / SCALE * 5
    worker.PROCESSES.update(PROCESSES)
