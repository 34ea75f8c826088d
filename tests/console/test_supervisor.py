"""The supervisor with small real programs: restarts, the order of ending, and whom it signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.output import LinePrinter
from console.supervisor import Program, Supervisor, _group_exists

# A program that says it is up, and on TERM writes its name into the log and ends.
POLITE = """
import pathlib, signal, sys, time
log = pathlib.Path({log!r})
def end(*_):
    with log.open("a") as file: file.write("{name} ended\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with log.open("a") as file: file.write("{name} up\\n")
print("hello from {name}", flush=True)
while True: time.sleep(60)
"""
STUBBORN = POLITE.replace("sys.exit(0)", "pass")


class Rig:
    """A supervisor whose log is a file; `ready_when` says when the test may go on to `then`."""

    def __init__(self, folder: Path):
        self.log = folder / "log"
        self.log.touch()
        self.printed = folder / "printed"

    def program(self, name: str, source: str = POLITE, stage: int = 0, grace: float = 5.0) -> Program:
        return Program(name, [sys.executable, "-c", source.format(name=name, log=str(self.log))], stage, grace)

    def run(
        self,
        *programs: Program,
        ready_when: Callable[[], bool] = lambda: True,
        then: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
        first: Program | None = None,
    ) -> int:
        with self.printed.open("wb") as file:
            printer = LinePrinter(file.fileno(), tuple(program.name for program in programs))
            return Supervisor(programs, printer, first=first, is_ready=ready_when, on_ready=then).run()

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def has(self, *lines: str) -> Callable[[], bool]:
        return lambda: set(lines) <= set(self.lines())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_term_ends_everything_with_exit_code_0(rig: Rig) -> None:
    assert rig.run(rig.program("web"), ready_when=rig.has("web up")) == 0
    assert rig.lines() == ["web up", "web ended"]


def test_ctrl_c_ends_everything_with_exit_code_0(rig: Rig) -> None:
    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    assert rig.run(rig.program("web"), ready_when=rig.has("web up"), then=press) == 0
    assert rig.lines() == ["web up", "web ended"]


def test_stages_end_one_after_the_other(rig: Rig) -> None:
    slow = POLITE.replace("with log", "time.sleep(0.3)\n    with log", 1)
    programs = [rig.program("sandbox", stage=2), rig.program("web", slow), rig.program("worker", slow, stage=1)]
    rig.run(*programs, ready_when=rig.has("web up", "worker up", "sandbox up"))
    assert rig.lines()[-3:] == ["web ended", "worker ended", "sandbox ended"]


def test_a_program_that_is_killed_is_started_again(rig: Rig) -> None:
    kills_itself_once = "import os\n" + POLITE.replace(
        "while True", "log.read_text().count('up') > 1 or os.kill(os.getpid(), 9)\nwhile True"
    )
    rig.run(rig.program("worker", kills_itself_once), ready_when=lambda: rig.lines().count("worker up") == 2)
    assert "worker was ended by SIGKILL; starting it again in 0.5 s" in rig.printed.read_text()


def test_restarts_come_later_and_later(rig: Rig) -> None:
    fails = "open({log!r}, 'a').write('{name} up\\n'); raise SystemExit(3)"
    rig.run(rig.program("web", fails), ready_when=lambda: len(rig.lines()) == 3)
    delays = [line.split(" in ")[1] for line in rig.printed.read_text().splitlines() if "exit code 3" in line]
    assert delays[:2] == ["0.5 s", "1 s"]


def test_a_command_that_cannot_be_run_does_not_end_the_others(rig: Rig) -> None:
    missing = Program("worker", ["/nowhere/to/be/found"])
    assert rig.run(rig.program("web"), missing, ready_when=rig.has("web up")) == 0
    assert "worker cannot be started (No such file or directory)" in rig.printed.read_text()


def test_what_does_not_end_in_its_grace_is_killed_and_told(rig: Rig) -> None:
    assert rig.run(rig.program("worker", STUBBORN, grace=0.2), ready_when=rig.has("worker up")) == 1
    assert "worker did not end in time and is killed" in rig.printed.read_text()


def test_a_second_term_changes_nothing(rig: Rig) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

    slow = POLITE.replace("with log", "time.sleep(0.3)\n    with log", 1)
    assert rig.run(rig.program("worker", slow), ready_when=rig.has("worker up"), then=twice) == 0
    assert rig.lines()[-1] == "worker ended"


def test_only_the_main_process_gets_term(rig: Rig) -> None:
    """Its children are its own business: TERM to a whole group leaves Celery's pool hanging."""
    parent = POLITE.replace(
        'print("hello', "import subprocess; subprocess.Popen([sys.executable, '-c', {child!r}])\nprint(\"hello"
    )
    child = rig.program("child").command[-1]
    source = parent.replace("{child!r}", repr(child).replace("{", "{{").replace("}", "}}"))
    rig.run(rig.program("worker", source), ready_when=rig.has("worker up", "child up"))
    assert "worker ended" in rig.lines()
    assert "child ended" not in rig.lines()


def test_nothing_of_a_program_is_left_when_the_supervisor_is_done(rig: Rig) -> None:
    """Also not the children of a main process that was killed."""
    source = (
        f"import os, time\nif os.fork() == 0: open({str(rig.log)!r}, 'a').write(str(os.getpgid(0)))\ntime.sleep(60)"
    )
    program = Program("worker", [sys.executable, "-c", source], grace=60)

    def kill_main() -> None:
        os.kill(int(rig.log.read_text()), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGTERM)

    rig.run(program, ready_when=lambda: bool(rig.log.read_text()), then=kill_main)
    deadline = time.monotonic() + 5
    while _group_exists(int(rig.log.read_text())) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _group_exists(int(rig.log.read_text()))


def test_programs_wait_for_the_first(rig: Rig) -> None:
    first = Program("prepare", [sys.executable, "-c", f"open({str(rig.log)!r}, 'a').write('prepared\\n')"])
    rig.run(rig.program("web"), first=first, ready_when=rig.has("web up"))
    assert rig.lines()[:2] == ["prepared", "web up"]


def test_a_failed_first_starts_nothing_and_gives_its_exit_code(rig: Rig) -> None:
    first = Program("prepare", [sys.executable, "-c", "raise SystemExit('no database')"])
    assert rig.run(rig.program("web"), first=first) == 1
    assert rig.lines() == []
    assert "no database" in rig.printed.read_text()
    assert "prepare ended with exit code 1; nothing was started" in rig.printed.read_text()


def test_lines_carry_the_name_of_their_program(rig: Rig) -> None:
    rig.run(rig.program("web"), rig.program("worker"), ready_when=rig.has("web up", "worker up"))
    assert "web    | hello from web\n" in rig.printed.read_text()
    assert "worker | hello from worker\n" in rig.printed.read_text()


def test_a_last_line_without_an_end_is_printed(rig: Rig) -> None:
    first = Program("prepare", [sys.executable, "-c", "import sys; sys.stdout.write('half a line')"])
    rig.run(rig.program("web"), first=first, ready_when=rig.has("web up"))
    assert "prepare | half a line\n" in rig.printed.read_text()


@pytest.fixture
def supervised_elsewhere(rig: Rig) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor in a process of its own, with one program."""
    source = (
        "from console.output import LinePrinter\nfrom console.supervisor import Program, Supervisor\n"
        f"Supervisor([Program('web', {list(rig.program('web').command)!r})], LinePrinter(1)).run()"
    )
    process = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_programs_end_when_the_supervisor_is_killed(rig: Rig, supervised_elsewhere: subprocess.Popen[bytes]) -> None:
    wait_for(rig.has("web up"))
    supervised_elsewhere.kill()
    wait_for(rig.has("web ended"))


def test_a_reader_who_does_not_read_holds_nobody_up() -> None:
    reader, writer = os.pipe()
    try:
        printer = LinePrinter(writer)
        printer._stalled = True  # as after the first second of waiting
        for _ in range(5000):
            printer.line("web", "x" * 100)
        os.read(reader, 1 << 20)
        printer.line("web", "again")
        assert b"lines were not printed: nobody read them)\n" in os.read(reader, 1 << 20)
    finally:
        os.close(reader)
        os.close(writer)


def test_a_reader_who_went_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        LinePrinter(writer).line("web", "to nobody")
    finally:
        os.close(writer)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
