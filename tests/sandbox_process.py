"""The provider sandbox as a process that a test starts, configures, asks and kills."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, STOP_SECONDS, ANSWER_SECONDS = 15, 10, 60
GREETING = "listening on "


class SandboxProcess:
    """`python -m campaigns.sandbox` on a free port of the loopback interface.

    `port` 0 chooses one; the same port again restarts "the provider" where a client expects it.
    Use as a context manager, or end it with `stop` (drains) or `kill` (SIGKILL).
    """

    def __init__(
        self, *, port: int = 0, log_path: Path | None = None, speed: float = 1.0, latency_ms: float = 0.0
    ) -> None:
        command = [sys.executable, "-m", "campaigns.sandbox", "--port", str(port)]
        command += ["--speed", str(speed), "--latency-ms", str(latency_ms)]
        if log_path is not None:
            command += ["--log", str(log_path)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self._read_address()

    def _read_address(self) -> str:
        """The address from the first line printed."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line.startswith(GREETING):
            self.kill()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        return line.removeprefix(GREETING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._end()

    def kill(self) -> None:
        """SIGKILL: the provider's machine is gone in the middle of whatever it did."""
        self.process.kill()
        self._end()

    def _end(self) -> None:
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def log(self, vendor: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Every accepted message, oldest first: vendor, channel, at, reference, provider_id, destination, text…"""
        return list(self.iter_log(vendor, after))

    def iter_log(self, vendor: str | None = None, after: int = 0) -> Iterator[dict[str, Any]]:
        """The same, streamed, for logs of any length."""
        query = {"format": "jsonl", "after": after, **({"vendor": vendor} if vendor else {})}
        with urllib.request.urlopen(self._control("log", query), timeout=ANSWER_SECONDS) as response:
            for line in response:
                yield json.loads(line)

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change settings: `configure(speed=0, sinch={"callback_url": …}, **{"messaging-service": {…}})`."""
        return self._post("config", settings)

    def arm(self, path: str, kind: str, times: int = 1, **options: Any) -> None:
        """The next `times` requests to `path` misbehave. Options: retry_after, seconds, accept."""
        self._post("faults", {"path": path, "kind": kind, "times": times, **options})

    def disarm(self) -> None:
        """Nothing misbehaves any more."""
        request = urllib.request.Request(self._control("faults"), method="DELETE")
        urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()

    def advance(self, seconds: float = 0.0) -> dict[str, Any]:
        """Move the virtual clock on and wait until all callbacks that came due are through."""
        return self._post("clock", {"advance_s": seconds})

    def reset(self) -> None:
        """Forget messages, faults, settings and the clock's advances."""
        self._post("reset", {})

    def reply(self, vendor: str, source: str, text: str, answers: str | None = None) -> str:
        """A person at `source` writes back. Returns the id of the reply."""
        return str(self._post("reply", {"vendor": vendor, "from": source, "text": text, "answers": answers})["id"])

    def now(self) -> float:
        """Virtual seconds since 1970."""
        return float(self._get("clock")["now"])

    def requests(self, **query: Any) -> dict[str, Any]:
        """Requests that arrived: total, by_path, peak_per_second, requests."""
        return self._get("requests", query)

    def violations(self) -> list[dict[str, Any]]:
        """What the client did against the contract."""
        return list(self._get("violations")["violations"])

    def refused(self) -> list[dict[str, Any]]:
        """Messages refused one by one inside an accepted request."""
        return list(self._get("refused")["entries"])

    def undelivered(self) -> list[dict[str, Any]]:
        """Callbacks that were given up."""
        return list(self._get("undelivered")["undelivered"])

    def health(self) -> dict[str, Any]:
        """`errors` are faults of the sandbox itself and should be empty."""
        return self._get("health")

    def _control(self, name: str, query: dict[str, Any] | None = None) -> str:
        return f"{self.url}/__sandbox__/{name}" + (f"?{urlencode(query)}" if query else "")

    def _get(self, name: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(self._control(name, query), timeout=ANSWER_SECONDS) as response:
            return json.load(response)

    def _post(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(self._control(name), json.dumps(values).encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{name}: {error.read().decode()}") from None


def peak(times: Iterable[float]) -> int:
    """The most events in any window of one second."""
    moments = sorted(times)
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - 1:
            start += 1
        most = max(most, end - start + 1)
    return most
