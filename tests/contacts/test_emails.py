"""Email addresses as people write them."""

from __future__ import annotations

import pytest

from contacts.emails import EmailProblem, parse


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Ana.Garcia@Empresa.com ", "ana.garcia@empresa.com"),
        ("Ana García <ana@x.es>", "ana@x.es"),
        ("mailto:ana@x.es", "ana@x.es"),
        ("ana@x.es; ana@y.es", "ana@x.es"),
        ("home@aaa.pl ::: work@email.pl", "home@aaa.pl"),
        ("ana@x.es.", "ana@x.es"),
        ("ana+boletin@x.co.uk", "ana+boletin@x.co.uk"),
        ("ana@españa.es", "ana@españa.es"),
        ("user@xn--d1acpjx3f.xn--p1ai", "user@xn--d1acpjx3f.xn--p1ai"),
        ("test1@domain.tld", "test1@domain.tld"),
    ],
)
def test_an_address_is_taken_out_of_its_wrapping(written: str, address: str) -> None:
    assert parse(written) == address


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", EmailProblem.EMPTY),
        ("marialopezempresa.com", EmailProblem.NO_AT),
        ("carlos@correo", EmailProblem.BAD_DOMAIN),
        ("x@-a.com", EmailProblem.BAD_DOMAIN),
        ("a@b.c", EmailProblem.BAD_DOMAIN),
        ("a..b@x.com", EmailProblem.BAD_NAME),
        ("josé@x.com", EmailProblem.BAD_NAME),
        ("ana maria@x.com", EmailProblem.BAD_NAME),
        ("a" * 65 + "@x.com", EmailProblem.TOO_LONG),
        ("a@" + "b" * 60 + ".c" * 120 + ".com", EmailProblem.TOO_LONG),
    ],
)
def test_what_is_no_address_says_why(written: str, problem: EmailProblem) -> None:
    assert parse(written) is problem
