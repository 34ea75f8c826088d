"""What must hold for the files of the tree, whoever writes them."""

from __future__ import annotations

import ast
import re
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("console/requirements.lock", "console/requirements-dev.lock")
# A vendor's name is allowed where the vendor is: its adapter, its place in the sandbox, tests, and what the
# demo says it uses. Anywhere else it is an `if` that belongs into Capabilities.
VENDORS = re.compile(r"sinch|messaging[-_]service|crm[-_]messaging|salesforce|marketing[-_]cloud", re.IGNORECASE)
AT_HOME = ("campaigns/providers/", "campaigns/sandbox/", "campaigns/migrations/", "campaigns/demo/", "tests/")
DEMO = re.compile(r"demo|bench|faults|sandbox")


def tracked(*patterns: str) -> list[str]:
    """Files that git knows or would add, by pathspec."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_hosts(lock: str) -> None:
    assert "://" not in read(lock)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    packages = re.split(r"\n(?=\S)", read(lock).strip())
    assert [package for package in packages if "==" in package and "--hash=sha256:" not in package] == []


def test_the_dev_lock_holds_the_runtime_lock() -> None:
    """So that an environment made for `test` serves `start` as it is."""
    runtime, dev = (set(re.findall(r"^[\w.-]+==[^\s;]+", read(lock), re.MULTILINE)) for lock in LOCKS)
    assert runtime <= dev


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", ".env", ".venv/", ".data/", "__pycache__/"])
def test_git_ignores_what_is_of_one_machine(name: str) -> None:
    assert name in read(".gitignore").splitlines()


def code(name: str) -> str:
    """The file without comments and docstrings: those may name the contract that a rule comes from."""
    if not name.endswith(".py"):
        return re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->|/\*.*?\*/", "", read(name), flags=re.DOTALL)
    tree = ast.parse(read(name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def test_no_vendor_is_named_outside_its_own_modules() -> None:
    names = tracked("*.py", "*.html", "*.js")
    elsewhere = [name for name in names if not name.startswith(AT_HOME) and not DEMO.search(Path(name).stem)]
    assert [name for name in elsewhere if VENDORS.search(code(name))] == []


def test_modules_stay_short() -> None:
    names = [name for name in tracked("*.py") if "/migrations/" not in name and not name.startswith("tests/")]
    assert [f"{name}: {lines}" for name in names if (lines := len(read(name).splitlines())) > 400] == []


def test_pages_hold_no_inline_script_or_style() -> None:
    """The content security policy would stop them."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|hx-on|hx-vals=.?js:|javascript:", re.IGNORECASE
    )
    pages = {name: read(name) for name in tracked("*.html") if not name.startswith("tests/")}
    assert [f"{name}: {found[0]}" for name, page in pages.items() if (found := inline.findall(page))] == []


def test_pages_load_nothing_from_elsewhere() -> None:
    elsewhere = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", re.IGNORECASE)
    names = [name for name in tracked("*.html", "*.css") if not name.startswith(("tests/", "templates/email"))]
    assert [name for name in names if elsewhere.search(read(name))] == []


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())
