"""Fictional people for the demo workspace. The same seed gives the same people."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

_FIRST = (  # noqa: SIM905 - a hundred quoted words would be no easier to read
    "Aitor Ainhoa Alba Alejandro Amaia Ana André Antía Beatriz Begoña Bruno Camila Carla Carlos Carmen Clara "
    "Daniela David Diego Edurne Elena Emilia Estela Fábio Fernanda Francisco Gabriela Gorka Gonzalo Helena Hugo "
    "Inês Irene Isabel Iñaki Íñigo Javier Joana João Jorge José Juan Julia Laura Leire Lucía Luis Manuel Marcos "
    "María Marina Mario Marta Martín Mateo Miguel Mikel Mónica Nerea Nicolás Noelia Núria Olga Óscar Pablo "
    "Patricia Paula Pedro Pilar Rafael Raquel Raúl Renata Ricardo Rocío Rodrigo Rosa Rubén Sara Sergio Silvia "
    "Sofía Teresa Thiago Tomás Unai Valentina Vera Víctor Xabier Ximena Yolanda Zoe"
).split()
_LAST = (  # noqa: SIM905
    "Aguirre Alonso Álvarez Arrieta Barbosa Blanco Cano Cardoso Castro Cortés Costa Crespo Díaz Domínguez "
    "Echeverría Esteban Etxebarria Fernández Ferreira Flores Fuentes Gallego García Garrido Gil Gómez González "
    "Guerrero Gutiérrez Herrera Ibáñez Iglesias Jiménez Lago León López Lozano Marín Márquez Martín Martínez "
    "Medina Méndez Molina Montero Mora Moreno Muñoz Navarro Núñez Oliveira Ortega Ortiz Otero Pascual Peña "
    "Pereira Pérez Prieto Ramos Reyes Ribeiro Ríos Rojas Romero Rubio Ruiz Sáez Salas Sánchez Santana Santos "
    "Serrano Silva Soler Soto Suárez Torres Urrutia Vargas Vázquez Vega Vidal Zubizarreta"
).split()
NO_CREDIT = 201
_MOBILES = {"ES": "+346", "GR": "+3069"}
_CITIES = ("Bilbao", "Madrid", "Sevilla", "Valencia", "A Coruña", "Zaragoza", "Lisboa", "Porto")
_LETTERS = str.maketrans("áéíóúñçãâêôàü", "aeiouncaaeoau")


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    first_name: str
    last_name: str
    email: str
    phone: str
    city: str
    points: int
    agreed_sms: bool
    agreed_email: bool


def people(count: int, seed: int = 7, country: str = "ES") -> Iterator[Person]:
    """`count` people with mobiles of `country` (ES or GR). Some lack a phone or an email, some never agreed: as in real
    lists. The addresses end in the reserved domain example.com; the numbers reach only the sandbox."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for i in range(count):
        first = chance.choice(_FIRST)
        if chance.random() < 0.06:
            first = f"{first} {chance.choice(_FIRST)}"
        last = f"{chance.choice(_LAST)} {chance.choice(_LAST)}"
        handle = f"{first}.{last.split()[0]}.{i}".lower().replace(" ", "").translate(_LETTERS)
        yield Person(
            key=f"C-{10000 + i}",
            first_name="" if chance.random() < 0.02 else first,
            last_name=last,
            email="" if chance.random() < 0.06 else f"{handle}@example.com",
            phone="" if chance.random() < 0.04 else f"{_MOBILES[country]}{i:05d}{_ending(chance):03d}",
            city=chance.choice(_CITIES),
            points=chance.randrange(0, 2500),
            agreed_sms=chance.random() < 0.93,
            agreed_email=chance.random() < 0.95,
        )


def _ending(chance: random.Random) -> int:
    """Last three digits, by which the sandbox decides what happens. Not "no credit": it would hold the whole demo."""
    ending = chance.randrange(1000)
    return 202 if ending == NO_CREDIT else ending
