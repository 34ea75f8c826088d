"""Countries and languages as people write them in a table."""

from __future__ import annotations

import pytest

from contacts.countries import country_code, language_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("es", "ES"), ("ESP", "ES"), ("España", "ES"), ("espanha", "ES"), ("Spain", "ES"), ("UK", "GB"),
        ("United States", "US"), ("EE.UU.", "US"), ("Brasil", "BR"), ("México", "MX"), ("Deutschland", "DE"),
        ("Côte d'Ivoire", "CI"), ("Cote d’Ivoire", "CI"), ("Home Country", ""), ("xx", ""), ("", ""), ("Kenya", "KE"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_name(written: str, code: str) -> None:
    assert country_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("es", "es"), ("Español", "es"), ("es_ES", "es-es"), ("pt-BR", "pt-br"), ("Português", "pt"), ("eng", "en"),
        ("Castellano", "es"), ("zh-HK", "zh-hk"), ("klingon", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_language_is_known_by_code_and_name(written: str, code: str) -> None:
    assert language_code(written) == code
