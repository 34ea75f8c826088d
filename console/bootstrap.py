"""Makes `.venv` from the hash-pinned lock and goes on in it. Standard library only.

`manage.py` calls `prepare` before it imports Django, so that a fresh clone needs nothing but Python.
The syntax stays old enough for an old `python3` to read its refusal.
DESPACHO_NO_VENV=1 switches it off, for containers and environments that somebody else looks after.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "despacho-lock")  # "<kind> <hash of its lock>", written when all is installed
LOCKS = {
    "runtime": os.path.join(ROOT, "console", "requirements.lock"),
    "dev": os.path.join(ROOT, "console", "requirements-dev.lock"),  # holds all of the runtime lock, too
}
DEV_COMMANDS = ("test", "bench", "faults")
OLDEST = (3, 11)
PIP_PACKAGE = ("Collecting ", "Processing ", "Requirement already", "Ignoring ")  # one such line per package


def prepare(argv: list[str]) -> None:
    """Return inside an environment that fits the lock, or replace this process by one that is.

    `argv` is the command line. Ends the process with a sentence when the environment cannot be made.
    """
    if sys.version_info < OLDEST:
        sys.exit(
            f"Despacho needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]} "
            f"({sys.executable}). Start it with a newer one, for example: python3.12 manage.py start"
        )
    _take_data_folder(argv)
    if os.environ.get("DESPACHO_NO_VENV") == "1":
        return
    wanted = "dev" if argv[1:2] and argv[1] in DEV_COMMANDS else "runtime"
    if not is_ready(wanted):
        _install(wanted)
    if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        sys.stdout.flush()
        os.execv(PYTHON, [PYTHON, *sys.orig_argv[1:]])


def is_ready(wanted: str) -> bool:
    """True when `.venv` holds what the lock `wanted` ("runtime" or "dev") lists; dev satisfies runtime."""
    stamp = _read_stamp()
    fitting = ["dev"] if wanted == "dev" else ["dev", "runtime"]
    return (
        any(stamp == (kind, _hash_of(LOCKS[kind])) for kind in fitting)
        and os.access(PYTHON, os.X_OK)  # False also for a link to a Python that was removed
        and os.path.isfile(os.path.join(VENV, "pyvenv.cfg"))
    )


def _take_data_folder(argv: list[str]) -> None:
    """`start --data DIR` must be known before settings are read, so it becomes DESPACHO_DATA here."""
    if argv[1:2] != ["start"]:
        return
    for argument, following in zip(argv[2:], [*argv[3:], ""], strict=False):
        folder = following if argument == "--data" else argument.partition("--data=")[2]
        if folder:
            os.environ["DESPACHO_DATA"] = os.path.abspath(os.path.expanduser(folder))


def _install(wanted: str) -> None:
    with open(LOCKS["runtime"], "rb") as guard:  # any file of the tree serves: only its flock is used
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process is making the environment; waiting for it.", flush=True)
            fcntl.flock(guard, fcntl.LOCK_EX)
        if is_ready(wanted):
            return
        kind = "dev" if "dev" in (wanted, *_read_stamp()) else "runtime"  # never takes packages away
        try:
            if os.path.lexists(STAMP):
                os.unlink(STAMP)  # from here to the end the environment counts as unfinished
            _make_venv()
            _install_packages(LOCKS[kind])
            with open(STAMP + ".new", "w") as file:
                file.write(f"{kind} {_hash_of(LOCKS[kind])}")
            os.replace(STAMP + ".new", STAMP)
        except OSError as error:
            sys.exit(
                f"The environment {VENV} cannot be written: {error.strerror}. Make the folder writable, "
                f"or install {LOCKS['runtime']} yourself and set DESPACHO_NO_VENV=1."
            )


def _make_venv() -> None:
    if _has_pip():
        return
    if importlib.util.find_spec("ensurepip") is None:  # Debian ships `venv` without it: this is the one that tells
        sys.exit(
            f"This Python ({sys.executable}) cannot make a virtual environment. On Debian or Ubuntu: "
            "apt-get install python3-venv"
        )
    print(f"Making the environment .venv with Python {sys.version.split()[0]}", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", VENV]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        sys.exit(f"The environment {VENV} could not be made.\n\n{made.stdout.strip()}")


def _has_pip() -> bool:
    """False when there is no `.venv`, the making of it was cut short, or its Python is too old."""
    if not os.access(PYTHON, os.X_OK):
        return False
    command = [PYTHON, "-c", f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def _install_packages(lock: str) -> None:
    total = sum(1 for line in _lines(lock) if "==" in line and not line.startswith((" ", "#")))
    print(f"Installing {total} packages, once (half a minute or so, by the network)", flush=True)
    pip = subprocess.Popen(
        [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check", "-r", lock],
        env={**os.environ, "PIP_USER": "0", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    output = _show_progress(pip, total)
    if pip.wait():
        sys.exit(_explain("".join(output)))
    print("Environment ready", flush=True)


def _show_progress(pip: subprocess.Popen[str], total: int) -> list[str]:
    """Follow pip's lines to the end, on a terminal as one line that counts; return them."""
    lines, seen, shown = [], 0, ""
    for line in pip.stdout or ():
        lines.append(line)
        seen += line.startswith(PIP_PACKAGE)
        step = "writing the files" if line.startswith("Installing") else f"{min(seen, total)} of {total}"
        if sys.stdout.isatty() and step != shown:
            print(f"\r  {step:<24}", end="", flush=True)
            shown = step
    if shown:
        print(f"\r{'':<26}\r", end="", flush=True)
    return lines


def _explain(output: str) -> str:
    """What to do about pip's failure, with the end of what it said."""
    if "DO NOT MATCH THE HASHES" in output:
        advice = (
            "A downloaded file is not the one that the lock names. Empty pip's cache and any mirror, then try again."
        )
    elif any(sign in output for sign in ("Retrying", "NewConnectionError", "NameResolutionError", "ProxyError")):
        advice = "The package index cannot be reached. Check the network, or pip's proxy and index; then try again."
    elif "No matching distribution found" in output:
        advice = "The package index has no file for this Python and machine, or cannot be reached."
    else:
        advice = "pip could not install the packages."
    end = "\n".join(output.strip().splitlines()[-8:])
    return f"{advice}\n\nThe end of pip's output:\n{end}"


def _read_stamp() -> tuple[str, ...]:
    try:
        return tuple(" ".join(_lines(STAMP)).split())
    except OSError:
        return ()


def _hash_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()
