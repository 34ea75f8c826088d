"""Paging by key: the next page starts after the last row shown, so page 2,000 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.http import HttpRequest

ROWS = 50
ROW_CHOICES = (50, 200)


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` of one page and the addresses of its neighbours ("" = there is none)."""

    rows: list[Any]
    previous_url: str
    next_url: str
    size: int


def page_by_key(
    request: HttpRequest,
    queryset: QuerySet[Any],
    order: Sequence[str] = ("-id",),
    rows: int | None = None,
) -> Page:
    """The page of `queryset` that the address asks for (`?after=`, `?before=`, `?rows=`).

    `order` names model fields, "-" for descending; the last one must be unique. A cursor that cannot be read
    shows the first page. One query, which reads one row more than it shows.
    """
    size = rows or _rows(request)
    backwards = "before" in request.GET
    cursor = _decode(request.GET.get("before" if backwards else "after", ""), queryset, order)
    backwards = backwards and cursor is not None
    directed = [_flip(name) for name in order] if backwards else list(order)
    wanted = queryset.filter(_beyond(directed, cursor)) if cursor else queryset
    found = list(wanted.order_by(*directed)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows=found,
        previous_url=_url(request, "before", _encode(found[0], order)) if found and has_previous else "",
        next_url=_url(request, "after", _encode(found[-1], order)) if found and has_next else "",
        size=size,
    )


def _rows(request: HttpRequest) -> int:
    asked = request.GET.get("rows", "")
    return int(asked) if asked.isdecimal() and int(asked) in ROW_CHOICES else ROWS


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], cursor: Sequence[Any]) -> Q:
    """(a, b) after (x, y): a > x, or a = x and b > y. The leading condition lets the index do the work."""
    condition = Q()
    for place, name in enumerate(order):
        equal = {order[i].lstrip("-"): cursor[i] for i in range(place)}
        lookup = f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}"
        condition |= Q(**equal, **{lookup: cursor[place]})
    return condition


def _encode(row: Any, order: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _decode(text: str, queryset: QuerySet[Any], order: Sequence[str]) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        fields = [queryset.model._meta.get_field(name.lstrip("-")) for name in order]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, binascii.Error, ValidationError, TypeError):
        return None


def _url(request: HttpRequest, name: str, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[name] = cursor
    return f"{request.path}?{query.urlencode()}"
