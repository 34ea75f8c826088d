"""The product's settings for the processes of the fault harness, with the injection beside the applications."""

from __future__ import annotations

from console.settings import *  # noqa: F403
from console.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.injection.apps.Injection"]
for _name in ("settle", "pull"):
    CELERY_BEAT_SCHEDULE[_name]["schedule"] = 1.0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
