"""Listening on a port, and what to say when that cannot be."""

from __future__ import annotations

import argparse
import errno
import socket
import time


def port_number(text: str) -> int:
    """A port from a command line, 0 to 65535. Raises argparse.ArgumentTypeError."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 0 to 65535")
    return int(text)


class Taken(Exception):
    """The address cannot be listened on; the text says why and what to do."""


class Listener:
    """A listening TCP socket that is handed to the web server as a descriptor."""

    def __init__(self, host: str, port: int, patience: float = 0.0):
        """patience: seconds to wait for a server of a run that was killed to let go. Raises Taken."""
        self.host = host
        self._socket = _bind_patiently(host, port, patience)
        self._socket.listen(512)
        self.port: int = self._socket.getsockname()[1]
        self.descriptor = self._socket.fileno()

    @property
    def local_address(self) -> tuple[str, int]:
        """Where this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port  # noqa: S104

    @property
    def url(self) -> str:
        """For a browser on this machine, without a slash at the end."""
        host, port = self.local_address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        self._socket.close()


def is_free(host: str, port: int) -> bool:
    """True when one can listen there now."""
    try:
        _bind(host, port).close()
    except OSError:
        return False
    return True


def first_free(host: str, port: int) -> int:
    """The first port from `port` upwards that is free; 0 (any) when none of the next hundred is."""
    return next((candidate for candidate in range(port, min(port + 100, 65536)) if is_free(host, candidate)), 0)


def _bind_patiently(host: str, port: int, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise Taken(_explain(error, host, port)) from error
        time.sleep(0.1)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Add --port {first_free(host, port + 1)}, which is free."
    if error.errno == errno.EACCES:
        return f"Ports below 1024 need more rights than this user has; {port} is one. Add --port 8000, for example."
    return f"This machine cannot listen on {host}: {error.strerror}. Add --host 127.0.0.1, or an address it has."
