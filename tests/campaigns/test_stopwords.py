"""Which replies opt somebody out."""

from __future__ import annotations

import pytest

from campaigns import stopwords

WORDS = stopwords.words_of({})


@pytest.mark.parametrize(
    "reply",
    [
        "STOP", "stop.", "  Stop!! ", "ＳＴＯＰ", "S.T.O.P.", "s t o p", "st\u200bop", "STOP \N{OCTAGONAL SIGN}",
        "𝐒𝐓𝐎𝐏",
        "¡Baja!", "BAJA", "no mas", "No más.", "NO MÁS", "Sair", "SAIR!", "Não quero mais", "nao quero mais",
        "Arrêt", "ARRET", "désabonner", "me désinscrire", "unsubscribe", "opt-out", "Opt out",
        "STOP please", "Stop por favor", "Baja por favor", "sair desta lista agora",
        "Please stop", "Quiero darme de baja", "Hola, quiero darme de baja", "Quero sair", "Je veux me désinscrire",
    ],
)  # fmt: skip
def test_these_opt_out(reply: str) -> None:
    assert stopwords.found_in(reply, WORDS)


@pytest.mark.parametrize(
    "reply",
    [
        "", " ", "👍", "Gracias", "¿A qué hora abrís?", "stopover", "rebaja", "Bajamos mañana", "No me doy de baja",
        "Don't stop", "Nunca quise sair", "Stop by our shop tomorrow with the kids", "Ende", "altos",
    ],
)  # fmt: skip
def test_these_do_not(reply: str) -> None:
    assert not stopwords.found_in(reply, WORDS)


def test_a_workspaces_list_of_a_language_replaces_the_defaults() -> None:
    words = stopwords.words_of({"es": ["Basta ya"]})
    assert stopwords.found_in("¡basta YA!", words)
    assert not stopwords.found_in("baja", words)
    assert stopwords.found_in("sair", words)


def test_stop_works_whatever_is_taken_off_the_lists() -> None:
    words = stopwords.words_of(dict.fromkeys(stopwords.DEFAULTS, ()))
    assert words == {"stop"}


def test_words_of_no_language_count_too() -> None:
    assert stopwords.found_in("Finito", stopwords.words_of({}, ["FINITO"]))


@pytest.mark.parametrize(
    ("word", "likely", "language"),
    [("sair", "es", "pt"), ("parar", "pt", "pt"), ("parar", "es", "es"), ("parar", "fr", "es"), ("finito", "fr", "fr")],
)
def test_the_language_of_a_word_is_that_of_its_list(word: str, likely: str, language: str) -> None:
    assert stopwords.language_of(word, {}, likely) == language
