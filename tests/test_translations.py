"""Every text on screen exists in Spanish and Portuguese. Reads the sources itself: gettext's tools are not needed."""

from __future__ import annotations

import re
from pathlib import Path

import django
import polib
import pytest
from django.conf import settings
from django.utils.translation import gettext, ngettext, override

from console.management import catalogues, django_texts, messages
from console.management.messages import Message, of_python, of_template

LOCALES = tuple(catalogues.PLURALS)
DJANGO = Path(django.__file__).parent


def entries(locale: str) -> polib.POFile:
    return polib.pofile(str(catalogues.source(locale)))


@pytest.fixture(scope="module")
def read() -> dict[str, polib.POFile]:
    """The catalogues, read once: that is what takes the time here."""
    return {locale: entries(locale) for locale in LOCALES}


# -- the catalogues of the tree --------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_of_the_tree_is_translated_and_compiled(locale: str) -> None:
    """When it fails: `manage.py translations --update`, translate what is empty, `--update` again."""
    assert catalogues.problems(locale) == []


def test_every_language_of_the_screens_has_a_catalogue() -> None:
    languages = {code for code, _ in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    assert {locale.lower().replace("_", "-") for locale in LOCALES} == languages


@pytest.mark.parametrize("locale", LOCALES)
def test_plural_rules_are_those_of_django(locale: str) -> None:
    """With others, two numbers on one page would follow two rules."""
    theirs = polib.pofile(str(DJANGO / "conf" / "locale" / locale / "LC_MESSAGES" / "django.po"))
    assert re.sub(r"\s", "", catalogues.PLURALS[locale]) == re.sub(r"\s", "", theirs.metadata["Plural-Forms"])


@pytest.mark.parametrize("locale", LOCALES)
def test_catalogues_name_no_machine_and_no_day(read: dict[str, polib.POFile], locale: str) -> None:
    assert set(read[locale].metadata) == {
        "Project-Id-Version",
        "Language",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Plural-Forms",
    }


def test_the_sentences_of_django_that_we_say_ourselves_are_djangos() -> None:
    known = {
        entry.msgid
        for part in ("conf", "contrib/auth")
        for entry in polib.pofile(str(DJANGO / part / "locale" / "es" / "LC_MESSAGES" / "django.po"))
    }
    ours = {message.msgid for message in of_python(Path(django_texts.__file__).read_text(encoding="utf-8"))}
    assert ours - known == set()


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "Escribe una dirección de correo válida."), ("pt-br", "Digite um endereço de e-mail válido.")],
)
def test_our_sentence_wins_over_djangos(language: str, text: str) -> None:
    with override(language):
        assert gettext("Enter a valid email address.") == text


@pytest.mark.parametrize(
    ("language", "n", "text"),
    [
        ("es", 0, "%(n)s personas"),
        ("es", 1, "%(n)s persona"),
        ("es", 2_000_000, "%(n)s de personas"),
        ("es", 46_520, "%(n)s personas"),
        ("pt-br", 0, "%(n)s pessoa"),
        ("pt-br", 1, "%(n)s pessoa"),
        ("pt-br", 46_520, "%(n)s pessoas"),
    ],
)
def test_counts_follow_the_grammar_of_the_language(language: str, n: int, text: str) -> None:
    with override(language):
        assert ngettext("%(n)s person", "%(n)s people", n) == text


@pytest.mark.parametrize(("language", "text"), [("es", "Marcar como enviado"), ("pt-br", "Marcar como enviado")])
def test_a_text_with_a_plural_is_found_without_a_count_too(language: str, text: str) -> None:
    with override(language):
        assert gettext("Mark as sent") == text


# -- the words of the house plan -------------------------------------------------------------------

# English, Spanish, Portuguese: DESIGN.md §10, where the word stands alone on a screen.
WORDS = [
    ("Contacts", "Contactos", "Contatos"),
    ("List", "Lista", "Lista"),
    ("Tag", "Etiqueta", "Etiqueta"),
    ("Audience", "Audiencia", "Público"),
    ("Recipient", "Destinatario", "Destinatário"),
    ("Campaign", "Campaña", "Campanha"),
    ("Dispatch", "Envío", "Envio"),
    ("SMS parts", "Partes de SMS", "Partes do SMS"),
    ("Template", "Plantilla", "Modelo"),
    ("Sender", "Remitente", "Remetente"),
    ("Draft", "Borrador", "Rascunho"),
    ("In review", "En revisión", "Em revisão"),
    ("Scheduled", "Programado", "Agendado"),
    ("Schedule", "Programar", "Agendar"),
    ("Quiet hours", "Horario restringido", "Horário de silêncio"),
    ("Paused", "En pausa", "Pausado"),
    ("Resume", "Reanudar", "Retomar"),
    ("Handed over", "Entregado al proveedor", "Entregue ao provedor"),
    ("Delivered", "Entregado", "Entregue"),
    ("Not delivered", "No entregado", "Não entregue"),
    ("To verify", "Por verificar", "A verificar"),
    ("Reply", "Respuesta", "Resposta"),
    ("Report", "Informe", "Relatório"),
    ("Workspace", "Equipo", "Equipe"),
]
# The same words inside sentences: wherever the English pattern stands, the other languages have these.
STEMS = [
    (r"(?i)(?<!not )\bcontacts?\b(?! list)", "(?i)contact", "(?i)contat"),
    (r"(?i)(?<!inside a )\btags?\b(?! are never closed)", "(?i)etiqueta", "(?i)etiqueta"),
    (r"(?i)\baudience\b", "(?i)audiencia", "(?i)público"),
    (r"(?i)\brecipients?\b", "(?i)destinatari", "(?i)destinatári"),
    (r"(?i)\bcampaigns?\b", "(?i)campaña", "(?i)campanha"),
    (r"(?i)\bdispatch(es)?\b(?!:)", "(?i)envío", "(?i)envio"),
    (r"SMS parts?\b", "(?i)partes? de SMS", "(?i)partes? do SMS"),
    (r"(?i)\btemplates?\b", "(?i)plantilla", "(?i)modelo"),
    (r"(?i)\bplaceholders?\b", "(?i)marcador", "(?i)camp(o|os) variáve(l|is)"),
    (r"(?<!Ask a )\bsender\b", "(?i)remitente", "(?i)remetente"),
    (r"(?i)\bdraft\b", "(?i)borrador", "(?i)rascunho"),
    (r"(?i)\bquiet hours\b", "(?i)horario restringido|ambas vacías", "(?i)horário de silêncio"),
    (r"(?i)\bschedule\b", "(?i)program", "(?i)agend"),
    (r"(?i)\bresume\b", "(?i)reanud", "(?i)retom"),
    (r"(?i)\bhanded over\b", "(?i)entreg.* al proveedor", "(?i)entreg.* ao provedor"),
    (r"(?i)\bto verify\b", "(?i)por verificar", "(?i)a verificar"),
    (r"(?i)\breceipts?\b", "(?i)acuse", "(?i)confirmaç"),
    (r"(?i)\bunsubscribe link\b", "(?i)enlace de baja", "(?i)link de descadastro"),
    (r"(?i)\bopt(ed)?[ -]out\b", r"(?i)\bbajas?\b", "(?i)descadastr"),
    (r"(?i)\bdo-not-contact list\b", "(?i)lista de exclusión", "(?i)lista de supressão"),
    (r"(?i)\b(all|its|no|open) reports?\b", "(?i)informe", "(?i)relatório"),
    (r"(?i)\bworkspaces?\b", "(?i)equipo", "(?i)equipe"),
    (r"(?i)\bprovider", "(?i)proveedor", "(?i)provedor"),
]


@pytest.mark.parametrize(("english", "spanish", "portuguese"), WORDS)
def test_screens_use_the_words_of_the_house_plan(english: str, spanish: str, portuguese: str) -> None:
    said = []
    for language in ("es", "pt-br"):
        with override(language):
            said.append(gettext(english))
    assert said == [spanish, portuguese]


@pytest.mark.parametrize(("locale", "column"), [("es", 1), ("pt_BR", 2)])
def test_sentences_use_the_words_of_the_house_plan(read: dict[str, polib.POFile], locale: str, column: int) -> None:
    def forms(entry: polib.POEntry) -> list[str]:
        return list(entry.msgstr_plural.values()) or [entry.msgstr]

    others = [
        f"{words[0]}: {entry.msgid} = {text}"
        for entry in read[locale]
        for words in STEMS
        if re.search(words[0], re.sub(r"%\(\w+\)s", "", entry.msgid))
        for text in forms(entry)
        if not re.search(words[column], text)
    ]
    assert others == []


# -- the tools -------------------------------------------------------------------------------------


def python(source: str) -> list[Message]:
    return list(of_python(source))


@pytest.mark.parametrize(
    "source",
    [
        'from django.utils.translation import gettext as _\n_("Hello")',
        'from django.utils.translation import gettext_lazy as _later\nX = {"a": _later("Hello")}',
        'from campaigns.providers.base import gettext_noop as _\n_(\n    "Hel"\n    "lo"\n)',
        'def gettext_noop(text):\n    return text\ngettext_noop("Hello")',
        'from django.utils import translation\ntranslation.gettext("Hello")',
    ],
)
def test_a_marked_text_is_found_whatever_the_function_is_called(source: str) -> None:
    assert python(source) == [Message("Hello")]


def test_both_texts_of_a_condition_are_found() -> None:
    assert python('from x import gettext as _\n_("One" if n else "Other")') == [Message("One"), Message("Other")]


def test_a_count_has_its_plural() -> None:
    assert python('from x import ngettext\nngettext("One", "Many", n)') == [Message("One", "Many")]


def test_a_context_tells_equal_words_apart() -> None:
    source = 'from x import pgettext_lazy\npgettext_lazy("role", "Sender")'
    assert python(source) == [Message("Sender", context="role")]


def test_a_function_of_another_name_marks_nothing() -> None:
    assert python('from x import something as _\n_("Hello")') == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "Hello" as word %}', Message("Hello")),
        ('{% state "waiting" _("Draft") "pencil" %}', Message("Draft")),
        ('{{ name|default:_("Nobody") }}', Message("Nobody")),
        ("{% blocktranslate with n=a|num %}At {{ n }}%{% endblocktranslate %}", Message("At %(n)s%%")),
        (
            "{% blocktranslate count n=x trimmed %}\n  One\n{% plural %}\n  {{ n }} men\n{% endblocktranslate %}",
            Message("One", "%(n)s men"),
        ),
    ],
)
def test_every_form_of_a_marked_text_in_a_template_is_found(source: str, found: Message) -> None:
    assert list(of_template(source)) == [found]


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> polib.POFile:
    """A whole Spanish catalogue of two texts, in a folder of its own."""
    tree = {Message("Hello %(name)s"): ["a.py"], Message("%(n)s man", "%(n)s men"): ["b.html"]}
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogues, "of_the_tree", lambda: tree)
    assert catalogues.update("es") == 2
    found = entries("es")
    found[0].msgstr = "Hola, %(name)s"
    found[1].msgstr_plural = {0: "%(n)s hombre", 1: "%(n)s de hombres", 2: "%(n)s hombres"}
    found.save()
    catalogues.update("es")
    return entries("es")


def test_a_whole_catalogue_has_no_problems(catalogue: polib.POFile) -> None:
    assert catalogues.problems("es") == []


def test_an_update_changes_nothing_the_second_time(catalogue: polib.POFile) -> None:
    before = catalogues.source("es").read_bytes()
    catalogues.update("es")
    assert catalogues.source("es").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "es: not translated: Hello %(name)s"),
        ("Hola", "es: other gaps or tags than the source: Hello %(name)s"),
        ("Hola, %(nombre)s", "es: other gaps or tags than the source: Hello %(name)s"),
        ("Hola, <b>%(name)s</b>", "es: other gaps or tags than the source: Hello %(name)s"),
        ("Hola, %(name)s ", "es: other spaces at its ends than the source: Hello %(name)s"),
        ("Buenas, %(name)s", "es: the compiled catalogue is not made from this source"),
    ],
)
def test_a_bad_translation_is_named(catalogue: polib.POFile, text: str, problem: str) -> None:
    catalogue[0].msgstr = text
    catalogue.save()
    assert problem in catalogues.problems("es")


def test_a_plural_form_without_its_number_is_named(catalogue: polib.POFile) -> None:
    catalogue[1].msgstr_plural[2] = "hombres"
    catalogue.save()
    assert "es: other gaps or tags than the source: %(n)s man" in catalogues.problems("es")


def test_a_guess_is_no_translation(catalogue: polib.POFile) -> None:
    catalogue[0].flags.append("fuzzy")
    catalogue.save()
    assert "es: only guessed (fuzzy): Hello %(name)s" in catalogues.problems("es")


def test_texts_that_only_one_side_has_are_named(catalogue: polib.POFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        catalogues, "of_the_tree", lambda: {Message("New"): ["a.py"], Message("%(n)s man", "%(n)s men"): []}
    )
    assert catalogues.problems("es") == ["es: missing: New", "es: not used any more: Hello %(name)s"]


def test_a_text_used_alone_and_with_a_plural_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "a.py").write_text(
        'from x import gettext as _, ngettext\n_("Send")\nngettext("Send", "Send %(n)s", 2)\n'
    )
    assert messages.of_the_tree(tmp_path) == {Message("Send", "Send %(n)s"): ["console/a.py"]}
