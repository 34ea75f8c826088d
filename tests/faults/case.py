"""A case: one terrible thing, named as a sentence, and the scenes that it leaves to be compared."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults.scene import Scene
from tests.faults.stage import Stage

Play = Callable[[Stage, random.Random], Sequence[Scene]]
BOTH = ("sqlite", "postgresql")
SERVERS = ("postgresql",)  # with a broker and a database that are processes of their own


@dataclass(frozen=True, slots=True)
class Case:
    """`play` does it and waits for the end; `quick`: belongs to the half that CI runs."""

    name: str
    play: Play
    quick: bool = False
    engines: tuple[str, ...] = BOTH


ALL: list[Case] = []


def case(name: str, *, quick: bool = False, engines: tuple[str, ...] = BOTH) -> Callable[[Play], Play]:
    """Decorate the play of a case."""

    def register(play: Play) -> Play:
        add(name, play, quick=quick, engines=engines)
        return play

    return register


def add(name: str, play: Play, *, quick: bool = False, engines: tuple[str, ...] = BOTH) -> None:
    assert all(known.name != name for known in ALL), name
    ALL.append(Case(name, play, quick, engines))
