"""Secrets at rest: MultiFernet under keys of their own, so that rotating SECRET_KEY loses nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class WrongKey(Exception):
    """The stored secret was made with a key that is not in FIELD_KEYS any more."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in settings.FIELD_KEYS])


def _derive(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"despacho provider credentials")
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))


def seal(values: Mapping[str, str]) -> str:
    """Encrypt a small mapping of credentials with the first of FIELD_KEYS."""
    return _fernet().encrypt(json.dumps(dict(values)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """The mapping back; {} for "". Raises WrongKey when no key of FIELD_KEYS fits (never the ciphertext)."""
    if not sealed:
        return {}
    try:
        values: dict[str, str] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise WrongKey("The stored credentials cannot be read with the current FIELD_KEYS.") from error
    return values
