"""Settings of a bench run: the tests', and beside the product's applications django-post_office, to compare with."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "post_office"]
POST_OFFICE = {
    "BACKENDS": {"default": "tests.bench.post_office_backend.EmailBackend"},
    "BATCH_SIZE": int(os.environ.get("BENCH_POST_OFFICE_BATCH", "1000")),
    "THREADS_PER_PROCESS": int(os.environ.get("BENCH_POST_OFFICE_THREADS", "10")),
}
_its_log = {"handlers": ["stderr"], "level": "WARNING", "propagate": False}
LOGGING = {**LOGGING, "loggers": {**LOGGING["loggers"], "post_office": _its_log}}
