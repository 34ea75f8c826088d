"""Plays cases one after another and prints the table: tried, survived, lost, doubled, unknown, settled."""

from __future__ import annotations

import random
import re
import time
import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.faults import verdict
from tests.faults.case import ALL, Case
from tests.faults.cases import __all__ as _loaded  # registers every case
from tests.faults.stage import Stage, playing
from tests.faults.verdict import SHOWN, Verdict

assert _loaded
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What became of a case. `broken`: the play itself did not come to its end, or found something that must not be."""

    name: str
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    broken: str = ""

    @property
    def survived(self) -> bool:
        return self.verdict.survived and not self.broken

    def problems(self) -> list[str]:
        return [*([self.broken] if self.broken else []), *self.verdict.untrue]

    def record(self) -> dict[str, Any]:
        """As JSON; `of_record` makes it an outcome again."""
        return {**asdict(self), "survived": self.survived, "problems": self.problems()}


def of_record(record: Mapping[str, Any]) -> Outcome:
    return Outcome(record["name"], record["seconds"], Verdict(**record["verdict"]), record["broken"])


def chosen(engine: str, name: str | None, quick: bool, part: tuple[int, int] = (0, 1)) -> list[Case]:
    """The cases of an engine; `name`: those whose sentence contains it (a regular expression); `part` (n, m): every
    m-th of them from the n-th on."""
    found = [case for case in ALL if engine in case.engines and (case.quick or not quick)]
    return [case for case in found if not name or re.search(name, case.name, re.IGNORECASE)][part[0] :: part[1]]


def play(stage: Stage, case: Case, seed: int) -> Outcome:
    """One case, from a clean stage to the comparison."""
    outcome, started = Outcome(case.name), time.monotonic()
    try:
        stage.recover()
        chance = random.Random(seed * 1_000_003 + zlib.crc32(case.name.encode()))
        scenes = case.play(stage, chance)
        log = stage.sandbox.log()
        for scene in scenes:
            outcome.verdict.add(verdict.of(scene, log))
        errors = stage.sandbox.health()["errors"]
        assert not errors, f"the sandbox itself failed: {errors[:2]}"
    except AssertionError as error:
        outcome.broken = f"{error}" or traceback.format_exc(limit=-1)
    except Exception:
        outcome.broken = traceback.format_exc(limit=-4)
        connection.close()
    outcome.seconds = time.monotonic() - started
    return outcome


def play_all(cases: Sequence[Case], servers: tuple[Any, Any], seed: int, say: Say) -> list[Outcome]:
    """Play them on one stage; a line each as they end, with what is wrong below it."""
    outcomes = []
    folder = Path(settings.DATA_DIR) / "faults"
    folder.mkdir(exist_ok=True)
    with playing(folder, *servers) as stage:
        for case in cases:
            outcome = play(stage, case, seed)
            outcomes.append(outcome)
            say(line(outcome))
            for problem in outcome.problems()[:SHOWN]:
                say(f"      {problem}")
            if not outcome.survived:
                for last in stage.last_words():
                    say(f"      {last}")
                say(f"      again: --engine {stage.engine} --seed {seed} --case '^{re.escape(case.name)}$'")
    return outcomes


HEAD = f"{'':4} {'messages':>8} {'lost':>6} {'doubled':>7} {'untrue':>6} {'unknown':>7} {'settled':>7} {'s':>5}  case"


def line(outcome: Outcome) -> str:
    found = outcome.verdict
    return (
        f"{'ok' if outcome.survived else 'BAD':4} {found.messages:>8,} {found.lost:>6,} {found.doubled:>7,} "
        f"{len(found.untrue):>6,} {found.unknown:>7,} {found.settled:>7,} {outcome.seconds:>5.1f}  {outcome.name}"
    )


def total(engine: str, outcomes: Sequence[Outcome]) -> str:
    """The one line that counts."""
    found = Verdict()
    for outcome in outcomes:
        found.add(outcome.verdict)
    survived = sum(outcome.survived for outcome in outcomes)
    return (
        f"{engine}: {len(outcomes)} cases tried, {survived} survived; {found.messages:,} messages: "
        f"{found.lost:,} lost, {found.doubled:,} doubled, {found.unknown:,} unknown, {found.settled:,} settled"
    )
