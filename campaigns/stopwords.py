"""Opt-out words: which replies mean "write to me no more". Pure.

The rules, in this order; the text is folded first (no case, accents or punctuation; wide and styled letters become
plain ones; "S.T.O.P." and "S T O P" are STOP):

1. The whole reply is an opt-out word or phrase: "STOP", "¡Baja!", "no más".
2. Its first words are one, and at most FEW more follow: "STOP please", "Baja por favor". So "Stop by our shop tomorrow
   with the kids" opts nobody out, and neither does "No me doy de baja".
3. Its last words are one and nothing but courtesy stands before: "Please stop", "Quiero darme de baja".

A doubt is decided for the person: somebody who writes STOP and three words more is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

FEW = 3
LONGEST_WORD = 40
MOST_WORDS = 50

# What a workspace starts with, by language.
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "en": ("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "OPT OUT", "OPTOUT", "REMOVE ME"),
    "es": ("BAJA", "ALTO", "PARAR", "PARE", "CANCELAR", "NO MÁS", "DARME DE BAJA", "DAME DE BAJA", "NO MOLESTAR"),
    "pt": ("SAIR", "PARAR", "PARE", "CANCELAR", "REMOVER", "DESCADASTRAR", "NÃO QUERO MAIS"),
    "fr": ("ARRÊT", "ARRÊTER", "ARRÊTEZ", "DÉSABONNER", "DÉSINSCRIRE", "ME DÉSINSCRIRE"),
}
# Works everywhere, whatever a workspace takes off its lists: carriers and providers tell people so.
ALWAYS = "STOP"
_COURTESY = frozenset(
    {"please", "pls", "i", "want", "to", "wish", "would", "like", "hi", "hello",
     "por", "favor", "quiero", "deseo", "solicito", "hola", "gracias", "a", "me",
     "quero", "desejo", "gostaria", "de", "ola", "obrigado", "obrigada",
     "je", "veux", "voudrais", "s", "si", "il", "te", "vous", "plait", "merci", "bonjour"}
)  # fmt: skip
_UNSEEN = frozenset({"Mn", "Cf"})  # accents, and signs without width
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W\d_] ){2,}[^\W\d_](?![^\W_])")


def fold(text: str) -> str:
    """The text as words are compared: small plain letters and digits with single spaces."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if unicodedata.category(c) not in _UNSEEN)
    spaced = " ".join(kept.split())
    return _SPELLED.sub(lambda found: found[0].replace(" ", ""), spaced)


def words_of(chosen: Mapping[str, Iterable[str]], more: Iterable[str] = ()) -> frozenset[str]:
    """All opt-out words, folded: of each language those chosen, else its defaults, and `more` of no language."""
    of_languages = (word for language, words in {**DEFAULTS, **chosen}.items() for word in words)
    return frozenset(filter(None, (fold(word) for word in (*of_languages, *more, ALWAYS))))


def found_in(reply: str, words: frozenset[str]) -> str:
    """The opt-out word that the reply means, folded; "" when it means none."""
    said = fold(reply).split(" ")
    for length in range(len(said), 0, -1):
        begins, ends = " ".join(said[:length]), " ".join(said[-length:])
        if begins in words and len(said) - length <= FEW:
            return begins
        if ends in words and all(word in _COURTESY for word in said[:-length]):
            return ends
    return ""


def language_of(word: str, chosen: Mapping[str, Iterable[str]], likely: str) -> str:
    """The language whose list holds a folded word; `likely` when it is one of several, "" when none has it."""
    lists = {**DEFAULTS, **chosen}
    having = [language for language, words in lists.items() if word in {fold(other) for other in words}]
    return likely if likely in having or not having else having[0]
