"""Keeps a few programs running: starts them, passes on what they print, restarts what dies, ends them in order.

Standard library only, and one thread: one selector waits for output, signals and time. Programs run in
sessions of their own, so that Ctrl-C in a terminal reaches only the supervisor, which then ends them
stage by stage. Only main processes get TERM: TERM to a whole group leaves Celery's pool hanging.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from console.offspring import end_with_parent
from console.output import LinePrinter

BACK_OFF_SECONDS = 0.5  # before the first restart; doubles up to the longest
LONGEST_BACK_OFF_SECONDS = 30.0
STABLE_SECONDS = 30.0  # a program that lived this long starts over with the shortest back-off


@dataclass(frozen=True)
class Program:
    """A command to keep running. Lower `stage`s are ended first; `grace` is seconds from TERM to KILL."""

    name: str
    command: Sequence[str]
    stage: int = 0
    grace: float = 10.0
    descriptors: tuple[int, ...] = ()  # open files that it inherits


@dataclass
class _Run:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    back_off: float = BACK_OFF_SECONDS
    start_at: float | None = None  # when a restart is due
    kill_at: float | None = None  # set by TERM


@dataclass
class Supervisor:
    """Runs `first` to its end, then keeps `programs` alive until INT, TERM or HUP; see `run`.

    is_ready: asked several times a second, without waiting, once the programs run; on_ready follows its
    first True. on_stop is called when the ending begins, before any program is told.
    """

    programs: Sequence[Program]
    printer: LinePrinter
    first: Program | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: str | None = None
    is_ready: Callable[[], bool] = lambda: True
    on_ready: Callable[[], None] = lambda: None
    on_stop: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._runs: list[_Run] = []
        self._left_behind: dict[int, float] = {}  # process group of a dead main process -> when to KILL it
        self._signals: list[int] = []
        self._stopping = False
        self._announced = False
        self._exit_code = 0

    def run(self) -> int:
        """Supervise until a signal ends it. 0 when all ended in time, 1 when one had to be killed,
        else the exit code of `first` when that failed (the programs are not started then)."""
        with self._listening():
            self._start_all([self.first] if self.first else self.programs)
            while self._runs:
                for key, _ in self._selector.select(self._pause()):
                    key.data()
                self._obey_signals()
                self._reap()
                if self._stopping:
                    self._end_lowest_stage()
                else:
                    self._start_due()
                    self._announce()
                self._kill_left_behind()
            for group in self._left_behind:
                _kill_group(group)
            self._drain()
        return self._exit_code

    # -- time and signals ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Signals wake the selector through a socket; the old handlers come back at the end."""
        here, there = socket.socketpair()
        here.setblocking(False)
        there.setblocking(False)
        self._selector.register(here, selectors.EVENT_READ, lambda: here.recv(4096))
        before = {signal.SIGCHLD: signal.signal(signal.SIGCHLD, lambda *_: None)}
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup
            before[number] = signal.signal(number, lambda number, _: self._signals.append(number))
        wakeup = signal.set_wakeup_fd(there.fileno())
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            here.close()
            there.close()

    def _pause(self) -> float:
        """Seconds to sleep when nothing happens: long, unless something waits for its time."""
        waiting = self._stopping or not self._announced or self._left_behind
        return 0.1 if waiting or any(run.start_at for run in self._runs) else 60.0

    def _obey_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if not self._stopping:
                self._stop()
            elif number == signal.SIGINT:  # a person presses Ctrl-C again: do not wait any longer
                for run in self._runs:
                    run.kill_at = 0.0

    def _announce(self) -> None:
        running = not self._runs or self._runs[0].program is not self.first
        if not self._announced and running and self.is_ready():
            self._announced = True
            self.on_ready()

    # -- starting -----------------------------------------------------------------------------------

    def _start_all(self, programs: Sequence[Program]) -> None:
        self._runs = [_Run(program) for program in programs]
        for run in self._runs:
            self._start(run)

    def _start(self, run: _Run) -> None:
        run.start_at = None
        run.started_at = time.monotonic()
        try:
            run.process = subprocess.Popen(
                run.program.command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=run.program.descriptors,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        except OSError as error:  # no memory or no processes left: later perhaps
            self._start_later(run, f"cannot be started ({error.strerror})")
        else:
            self._follow(run.process, run.program.name)

    def _start_due(self) -> None:
        for run in self._runs:
            if run.start_at and time.monotonic() >= run.start_at:
                self._start(run)

    def _reap(self) -> None:
        for run in list(self._runs):
            code = run.process.poll() if run.process else None
            if run.process and code is not None:
                group = run.process.pid
                run.process = None
                self._left_behind[group] = 0.0 if self._stopping else time.monotonic() + run.program.grace
                if self._stopping:
                    self._runs.remove(run)
                elif run.program is self.first:
                    self._after_first(run, code)
                else:
                    self._start_later(run, _how(code))

    def _after_first(self, run: _Run, code: int) -> None:
        self._runs.remove(run)
        if code:
            self._exit_code = code if code > 0 else 1
            self.printer.line("start", f"{run.program.name} {_how(code)}; nothing was started")
        else:
            self._start_all(self.programs)

    def _start_later(self, run: _Run, why: str) -> None:
        lived = time.monotonic() - run.started_at
        delay = BACK_OFF_SECONDS if lived >= STABLE_SECONDS else run.back_off
        run.back_off = min(delay * 2, LONGEST_BACK_OFF_SECONDS)
        run.start_at = time.monotonic() + delay
        self.printer.line("start", f"{run.program.name} {why}; starting it again in {delay:g} s")

    # -- ending -------------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._stopping = True
        self.printer.line("start", "Stopping: work in flight is finished first. Ctrl-C again kills it.")
        self.on_stop()
        self._runs = [run for run in self._runs if run.process]

    def _end_lowest_stage(self) -> None:
        stage = min((run.program.stage for run in self._runs), default=0)
        for run in self._runs:
            if run.program.stage == stage and run.process:
                if run.kill_at is None:
                    run.process.terminate()
                    run.kill_at = time.monotonic() + run.program.grace
                elif time.monotonic() >= run.kill_at:
                    self.printer.line("start", f"{run.program.name} did not end in time and is killed")
                    self._exit_code = 1
                    _kill_group(run.process.pid)
                    run.kill_at = time.monotonic() + run.program.grace

    def _kill_left_behind(self) -> None:
        """Children of a main process that died may finish their work, within its grace."""
        for group, deadline in list(self._left_behind.items()):
            if not _group_exists(group):
                del self._left_behind[group]
            elif time.monotonic() >= deadline:
                _kill_group(group)

    # -- output -------------------------------------------------------------------------------------

    def _follow(self, process: subprocess.Popen[bytes], name: str) -> None:
        """Print what the process and its children write, line by line, until the last of them closes it."""
        assert process.stdout is not None
        pipe, rest = process.stdout, b""
        os.set_blocking(pipe.fileno(), False)

        def read() -> None:
            nonlocal rest
            try:
                data = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines if data else [rest] if rest else []:
                self.printer.line(name, line.decode(errors="replace"))
            if not data:
                self._selector.unregister(pipe)
                pipe.close()

        self._selector.register(pipe, selectors.EVENT_READ, read)

    def _drain(self) -> None:
        while events := self._selector.select(0):
            for key, _ in events:
                key.data()


def _how(code: int) -> str:
    """What became of a process, by its return code."""
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number went to somebody else's group
    return True


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
