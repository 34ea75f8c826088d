"""The details and the target of an audit event in words, with the tables of `audit_words`.

Whatever nobody named yet is still readable: the model "access_token" becomes "Access token".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaigns import wording
from campaigns.models import DispatchKind, Template
from campaigns.providers import registry
from campaigns.views.screen import WORDS as SCREEN_STATES
from console import formats
from console.models import AuditEvent, Role
from console.views.audit_words import FORMATS, NAMES, PARTS, readable
from contacts.models import Group
from contacts.wording import CHANNELS, CONSENT, SUPPRESSION_REASONS

NOTHING = "–"
APPS = ("console", "contacts", "campaigns")
# Whose fields the details of an action are named after, beyond the names above.
_MODELS = {"account.create": "provideraccount", "account.update": "provideraccount", "workspace.edit": "workspace"}


@dataclass(frozen=True, slots=True)
class Line:
    """One detail of an event: what it is called, and its value in words."""

    name: str
    text: str


class Reader:
    """Reads the events of one page: the names behind the ids in their details are looked up once for all."""

    def __init__(self, events: Iterable[AuditEvent], now: datetime) -> None:
        self._now = now
        details = [event.detail for event in events if isinstance(event.detail, dict)]
        groups = {pk for detail in details for pk in detail.get("groups") or () if isinstance(pk, int)}
        copied = {detail["copy_of"] for detail in details if isinstance(detail.get("copy_of"), int)}
        self._groups = dict(Group.objects.filter(pk__in=groups).values_list("pk", "name")) if groups else {}
        self._templates = dict(Template.objects.filter(pk__in=copied).values_list("pk", "name")) if copied else {}
        self._words: dict[str, Callable[[Any], Any]] = {
            **_WORDS,
            "copy_of": lambda pk: self._templates.get(pk) or _("a deleted template"),
            "groups": lambda ids: ", ".join(self._groups.get(pk) or _("a deleted list or tag") for pk in ids),
            "planned_at": self._time,
        }

    def lines(self, event: AuditEvent) -> list[Line]:
        """The details of an event that say something; `before` and `after` are told as one change."""
        detail = dict(event.detail) if isinstance(event.detail, dict) else {}
        found = []
        if "before" in detail and "after" in detail:
            found = list(_changes(event.action, detail.pop("before"), detail.pop("after")))
        for key, value in detail.items():
            if value not in (None, "", [], {}):
                found.append(self._line(event, key, value))
        return found

    def _line(self, event: AuditEvent, key: str, value: Any) -> Line:
        model = model_of(_MODELS.get(event.action, ""))
        if model and key not in ("credentials", "provider"):
            name, say = _of_field(model, key)
            return Line(name, _change(value[0], value[1], say) if _is_change(value) else say(value))
        if key == "reason":
            return Line(str(NAMES[key]), str(_reason(event.action, value)))
        if key == "fields":
            return Line(str(NAMES[key]), ", ".join(_translated(event.target, str(label)) for label in value))
        say = self._words.get(key, plain)
        return Line(str(NAMES.get(key) or readable(key)), str(say(value)))

    def _time(self, value: Any) -> str:
        try:
            return formats.short(datetime.fromisoformat(str(value)), self._now)
        except ValueError:
            return str(value)


def plain(value: Any) -> str:
    """A value nobody described: numbers as numbers, lists with commas, yes and no."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, int | float | Decimal):
        return formats.number(value, _places(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{_provider_field(name)}: {plain(inner)}" for name, inner in value.items()) or NOTHING
    if isinstance(value, list | tuple):
        return ", ".join(plain(inner) for inner in value) or NOTHING
    return NOTHING if value is None or value == "" else str(value)


def model_of(name: str) -> type[models.Model] | None:
    """The model that "model:id" names by its first half; None for one that does not exist (any more)."""
    found = (model for app in APPS for model in apps.get_app_config(app).get_models())
    return next((model for model in found if model._meta.model_name == name), None)


def kind_of(target: str) -> str:
    """ "Campaign" for "campaign:4"; "" for no target."""
    name = target.partition(":")[0]
    model = model_of(name)
    return str(capfirst(model._meta.verbose_name)) if model else readable(name)


def label_of(event: AuditEvent) -> str:
    """What the thing was called then. A member is called by the person, whatever was written behind it."""
    is_member = event.target.startswith("membership:")
    return event.label.rpartition(" · ")[0] or event.label if is_member else event.label


def _reason(action: str, value: Any) -> Any:
    code = str(value)
    return SUPPRESSION_REASONS.get(code, code) if action.startswith("suppression.") else wording.hold_words(code)


def _changes(action: str, before: Any, after: Any) -> Iterable[Line]:
    """One line a field, or one for a change that is all of the event."""
    if isinstance(before, dict) and isinstance(after, dict):
        model = model_of(_MODELS.get(action, ""))
        for key, value in after.items():
            name, say = _of_field(model, key)
            yield Line(name, _change(before.get(key), value, say))
    else:
        yield Line("", _change(before, after, _role if action == "member.role" else plain))


def _is_change(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _change(before: Any, after: Any, say: Callable[[Any], str]) -> str:
    return f"{say(before)} → {say(after)}"


def _of_field(model: type[models.Model] | None, key: str) -> tuple[str, Callable[[Any], str]]:
    """The name of a model's field in words, and how its values are said."""
    try:
        field: Any = model._meta.get_field(key) if model else None
    except FieldDoesNotExist:
        field = None
    if field is None:
        return str(NAMES.get(key) or readable(key)), plain
    words = {code: str(word) for code, word in field.flatchoices}
    return str(capfirst(field.verbose_name)), lambda value: words.get(str(value)) or _of_kind(field, value)


def _of_kind(field: models.Field[Any, Any], value: Any) -> str:
    if isinstance(field, models.DecimalField) and isinstance(value, str):
        try:
            return plain(Decimal(value))
        except InvalidOperation:
            return value
    if isinstance(field, models.TimeField) and isinstance(value, str):
        return value[:5]
    return plain(value)


def _translated(target: str, label: str) -> str:
    """A field that Django named in English ("Default country"), in the language of the reader."""
    model = model_of(target.partition(":")[0])
    with override("en"):
        fields = {str(capfirst(f.verbose_name)): f for f in model._meta.fields} if model else {}
    return str(capfirst(fields[label].verbose_name)) if label in fields else _(label)


def _role(value: Any) -> str:
    return str(dict(Role.choices).get(value, value))


def _provider_field(name: str) -> str:
    """A credential or setting of a provider, by the label of its form."""
    for slug, _label in registry.choices():
        cls = registry.provider_class(slug)
        for field in (*cls.credential_fields, *cls.option_fields, *cls.message_fields):
            if field.name == name:
                return _(field.label)
    return readable(name)


def _places(value: float | Decimal) -> int:
    """As many decimals as the number has, at most five."""
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return min(5, max(0, -exponent)) if isinstance(exponent, int) else 0


def _among(words: Mapping[str, Any]) -> Callable[[Any], Any]:
    return lambda value: words.get(value) or str(value)


_WORDS: dict[str, Callable[[Any], Any]] = {
    "cause": lambda value: wording.reason_sentence(str(value)),
    "channel": _among(CHANNELS),
    "credentials": lambda names: ", ".join(_provider_field(name) for name in names),
    "email": _among({state: words[0] for state, words in CONSENT.items()}),
    "format": _among(FORMATS),
    "kind": _among(dict(DispatchKind.choices)),
    "part": _among(PARTS),
    "provider": _among(dict(registry.choices())),
    "reach": _among(CHANNELS),
    "role": _role,
    "sms": _among({state: words[0] for state, words in CONSENT.items()}),
    "state": _among(SCREEN_STATES),
}
