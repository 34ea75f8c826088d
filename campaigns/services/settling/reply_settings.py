"""What a workspace does with replies: its opt-out words by language, and whether an opt-out is confirmed by SMS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from campaigns import stopwords
from campaigns.models import ReplySettings
from console.models import User, Workspace
from console.services import audit


@dataclass(frozen=True, slots=True)
class Choice:
    """`stop_words`: language -> words; `more`: words of no language; `confirmation`: language -> text."""

    stop_words: Mapping[str, Sequence[str]]
    more: Sequence[str] = ()
    confirms: bool = False
    confirmation: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> frozenset[str]:
        """All opt-out words, folded."""
        return stopwords.words_of(self.stop_words, self.more)

    def text_for(self, word: str, languages: Sequence[str]) -> str:
        """The confirmation for somebody who wrote `word`, in the word's language, else the first of `languages` that
        has a text; "" = none is sent. `languages`: the person's first, then the workspace's."""
        if not self.confirms:
            return ""
        likely = languages[0] if languages else ""
        wanted = [stopwords.language_of(word, self.stop_words, likely), *languages]
        return next((self.confirmation[code] for code in wanted if self.confirmation.get(code)), "")


def of(workspace: Workspace) -> Choice:
    """The choice of a workspace, with the words that a language starts with where it has chosen none."""
    saved = ReplySettings.objects.filter(pk=workspace.pk).first() or ReplySettings()
    words = {code: saved.stop_words.get(code, default) for code, default in stopwords.DEFAULTS.items()}
    return Choice(words, list(workspace.stop_words), saved.confirms, dict(saved.confirmation))


@transaction.atomic
def save(workspace: Workspace, choice: Choice, actor: User, now: datetime) -> bool:
    """Keep a choice; False when nothing changed. A list that equals its default is not kept, so that later words of
    ours reach the workspace."""
    before = of(workspace)
    if before == _plain(choice):
        return False
    own = {code: list(words) for code, words in choice.stop_words.items() if tuple(words) != stopwords.DEFAULTS[code]}
    fields = {"stop_words": own, "confirms": choice.confirms, "confirmation": dict(choice.confirmation)}
    ReplySettings.objects.update_or_create(pk=workspace.pk, defaults=fields)
    Workspace.objects.filter(pk=workspace.pk).update(stop_words=list(choice.more))
    workspace.stop_words = list(choice.more)
    audit.record(
        "workspace.replies", workspace=workspace, actor=actor, target=workspace, now=now,
        words={code: list(words) for code, words in choice.stop_words.items()}, confirms=choice.confirms,
    )  # fmt: skip
    return True


def _plain(choice: Choice) -> Choice:
    """As `of` gives it."""
    words = {code: _as_kept(code, given) for code, given in choice.stop_words.items()}
    return Choice(words, list(choice.more), choice.confirms, dict(choice.confirmation))


def _as_kept(code: str, words: Sequence[str]) -> Sequence[str]:
    return stopwords.DEFAULTS[code] if tuple(words) == stopwords.DEFAULTS[code] else list(words)
