"""What the composer says about an SMS while it is written: length, alphabet, cost, and how it gets cheaper."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaigns import sms
from campaigns.models import Campaign
from campaigns.providers.base import Count
from campaigns.rendering import Content, SpanKind, compile_content, highlight, parse
from campaigns.services.writing import content, estimates, preview, sampling
from campaigns.services.writing.estimates import Estimate
from campaigns.services.writing.sampling import Counting, Measured
from contacts.models import Contact

LIVE_SAMPLE = 200  # people measured at each pause in typing
SHOWN_WORDS = 3
# For vendors whose cheap alphabet lacks even these.
_SPELLED = {"¿": "", "¡": "", "€": "EUR"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text as typed. `kind`: "" plain, "ph" a field, "bad" a letter that costs or a slip."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Cheaper:
    """What replacing the costly letters would mean (`in_plain_letters` does it). `words`: some that change, before
    and after; `saving` for the whole audience, None without a price or an audience."""

    words: tuple[tuple[str, str], ...]
    counted: Count
    saving: Decimal | None


@dataclass(frozen=True, slots=True)
class SmsCheck:
    """`counted`: the message of the person shown beside it. `forcing`: letters of the text itself that leave the
    cheap alphabet. `values_unicode`: share of people whose own values do so when the text does not. `estimate` and
    `measured` are None while nobody is in the audience."""

    counted: Count
    estimate: Estimate | None
    measured: Measured | None
    forcing: tuple[str, ...]
    values_unicode: float
    cheaper: Cheaper | None

    @property
    def fewest(self) -> int:
        return min(self.measured.parts, default=self.counted.parts) if self.measured else self.counted.parts

    @property
    def costly(self) -> bool:
        """True when the letters outside the cheap alphabet cost something: while one part is enough they do not."""
        if not self.forcing:
            return False
        cheapest = self.cheaper.counted.parts if self.cheaper else 1
        return self.counted.parts > cheapest or bool(self.cheaper and self.cheaper.saving)

    @property
    def most(self) -> int:
        return max(self.measured.parts, default=self.counted.parts) if self.measured else self.counted.parts


def check(
    source: str,
    known: Collection[str],
    shown: Contact | None,
    *,
    count: Counting = sms.count,
    campaign: Campaign | None = None,
    sample: Sequence[Contact] = (),
    will_receive: int = 0,
) -> SmsCheck:
    """Look at `source`, which must compile. `shown`: the person beside it; `sample` of the `will_receive` people of
    `campaign` is what estimates are made from (none for a template)."""
    counted = _count_for(source, known, shown, count)
    forcing = _forcing(source, known, count)
    measured, estimate = _measured(source, known, campaign, sample, will_receive, count)
    cheaper = None
    plain = in_plain_letters(source, known, count)
    if forcing and not _forcing(plain, known, count):
        then = _measured(plain, known, campaign, sample, will_receive, count)[1]
        words = tuple(_changed_words(source, plain))
        cheaper = Cheaper(words, _count_for(plain, known, shown, count), _saving(estimate, then))
    unicode_values = measured.unicode / measured.people if measured and measured.people and not forcing else 0.0
    return SmsCheck(counted, estimate, measured, forcing, unicode_values, cheaper)


def in_plain_letters(source: str, known: Collection[str], count: Counting = sms.count) -> str:
    """The text with each letter that leaves the cheap alphabet replaced by its nearest neighbour in it; the names
    of fields stay. A vendor's alphabet may be smaller than the standard's: then ñ becomes n, which a person has to
    read once more. What has no neighbour (an emoji) stays."""

    def replace(text: str) -> str:
        return "".join(neighbours.get(letter, letter) for letter in text)

    neighbours = {letter: _neighbour(letter, count) for letter in _forcing(source, known, count)}
    return parse(source, known).change_text(replace)


def _neighbour(letter: str, count: Counting) -> str:
    nearest = sms.to_gsm(letter)
    bare = "".join(c for c in unicodedata.normalize("NFKD", nearest) if not unicodedata.combining(c))
    for candidate in (nearest, bare, _SPELLED.get(letter, letter)):
        if not _forcing_letters(candidate, count):
            return candidate
    return letter


def marks(source: str, known: Collection[str], count: Counting = sms.count) -> list[Mark]:
    """The text as typed, cut for the marks behind the field: also while it does not compile."""
    costly = set(_forcing_letters(_literals(source, known), count))
    found: list[Mark] = []
    for span in highlight(source, known):
        text = source[span.start : span.end]
        if span.kind is SpanKind.LITERAL:
            found += _letter_marks(text, costly)
        else:
            found.append(Mark(text, "ph" if span.kind is SpanKind.PLACEHOLDER else "bad"))
    return found


def _letter_marks(text: str, costly: set[str]) -> Iterator[Mark]:
    if not costly:
        yield Mark(text)
        return
    pattern = "([" + "".join(re.escape(letter) for letter in sorted(costly)) + "]+)"
    for number, piece in enumerate(re.split(pattern, text)):
        if piece:
            yield Mark(piece, "bad" if number % 2 else "")


def _compiled(source: str, known: Collection[str]) -> Content:
    return compile_content(content.parts_of("sms", text=source), known)


def _count_for(source: str, known: Collection[str], shown: Contact | None, count: Counting) -> Count:
    """The message of the person shown; the text itself when that person lacks a value."""
    canonical = parse(source, known).canonical
    found = preview.of_source("sms", shown, text=canonical)
    return count(found.rendered.text if found.rendered else canonical)


def _measured(
    source: str,
    known: Collection[str],
    campaign: Campaign | None,
    sample: Sequence[Contact],
    people: int,
    count: Counting,
) -> tuple[Measured | None, Estimate | None]:
    if campaign is None or not sample:
        return None, None
    measured = sampling.measure(_compiled(source, known), "sms", sample, people, count)
    return measured, estimates.of(campaign, measured, people)


def _saving(now: Estimate | None, then: Estimate | None) -> Decimal | None:
    """What the cheaper text saves; None when that is nothing: people who were left out may get it then."""
    if now is None or then is None or now.cost is None or then.cost is None:
        return None
    return now.cost - then.cost if now.cost > then.cost else None


def _literals(source: str, known: Collection[str]) -> str:
    spans = highlight(source, known)
    return "".join(source[span.start : span.end] for span in spans if span.kind is SpanKind.LITERAL)


def _forcing(source: str, known: Collection[str], count: Counting) -> tuple[str, ...]:
    """Of the text itself and its defaults: what replacing can change."""
    defaults = "".join(str(call.argument or "") for p in parse(source, known).placeholders for call in p.calls)
    return _forcing_letters(_literals(source, known) + defaults, count)


def _forcing_letters(text: str, count: Counting) -> tuple[str, ...]:
    return count(text).forcing if text else ()


def _changed_words(before: str, after: str) -> Iterator[tuple[str, str]]:
    pairs = zip(before.split(), after.split(), strict=False)
    changed = dict.fromkeys(pair for pair in pairs if pair[0] != pair[1] and "{{" not in pair[0])
    yield from list(changed)[:SHOWN_WORDS]
