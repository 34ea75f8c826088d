"""Does an HTTP server on this machine answer yet? Asked without ever waiting, from a loop that has more to do."""

from __future__ import annotations

import contextlib
import socket
import time

_GIVE_UP_SECONDS = 10.0  # then the question is asked anew


class Probe:
    """Call it again and again: True once `path` was answered by anything but a crash (500, 502, 504).

    503 counts: the console says so when it is up and another part is not, yet.
    """

    def __init__(self, address: tuple[str, int], path: str):
        self._address = address
        self._request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode()
        self._socket: socket.socket | None = None
        self._asked_at = 0.0

    def __call__(self) -> bool:
        try:
            if self._socket is None:
                self._ask()
            return self._answered()
        except OSError:
            self._forget()
            return False

    def _ask(self) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(1.0)  # never reached: the supervisor itself listens on this address
        self._socket.connect(self._address)
        self._socket.sendall(self._request)
        self._socket.setblocking(False)
        self._asked_at = time.monotonic()

    def _answered(self) -> bool:
        assert self._socket is not None
        status = b""
        with contextlib.suppress(BlockingIOError):
            status = self._socket.recv(64)
            self._forget()
        if self._socket and time.monotonic() - self._asked_at > _GIVE_UP_SECONDS:
            self._forget()
        return status.startswith(b"HTTP/1.") and status[9:12] not in (b"500", b"502", b"504")

    def _forget(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None
