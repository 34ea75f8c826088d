"""The house plan's layers, read from the imports: downwards only, none inside functions, no circles."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("console", "contacts", "campaigns")

# Level -> the modules on it. A module may import from its own level and below; the first match counts.
LEVELS: list[tuple[int, str]] = [
    (2, "campaigns.providers.registry"),
    (0, "campaigns.providers.base"),
    (0, "campaigns.providers.remote campaigns.providers.capabilities campaigns.providers.failures"),
    (1, "campaigns.providers campaigns.providers.*"),
    # pure, or without anything of the project below them
    (0, "*.states campaigns.rendering campaigns.content campaigns.content.* campaigns.email campaigns.sms"),
    (0, "contacts.phones contacts.emails contacts.words contacts.countries contacts.spreadsheets"),
    (0, "console.errors console.htmx console.formats console.charts console.choices console.paging console.celery"),
    (0, "console.broker console.garbage"),
    (0, "console.logs console.secrets console.bootstrap console.supervisor console.offspring console.output"),
    (0, "console.ports console.readiness console.runlock console.networks console.exposition campaigns.stopwords"),
    (1, "*.models *.models.* *.querysets *.querysets.* campaigns.wording contacts.wording"),
    (3, "console.services console.services.*"),
    (4, "contacts.services contacts.services.*"),
    (5, "campaigns.services campaigns.services.*"),
    (6, "*.forms *.forms.* console.access campaigns.reports campaigns.reports.*"),
    (6, "campaigns.demo campaigns.demo.*"),
    (7, "*.views *.views.* *.webhooks *.tasks *.admin *.admin.* *.apps *.checks *.templatetags *.templatetags.*"),
    (7, "*.management *.management.* console.middleware console.context_processors console.testing console.testing.*"),
    (8, "*.urls *.urls_* console.settings console.asgi console.wsgi"),
    (0, "console contacts campaigns"),  # the packages themselves are empty
]
WITHOUT_DJANGO = (
    "*.states campaigns.rendering campaigns.content campaigns.content.* campaigns.email campaigns.sms "
    "contacts.phones contacts.emails contacts.words contacts.countries contacts.spreadsheets "
    "campaigns.providers campaigns.providers.* console.bootstrap console.supervisor console.offspring "
    "console.output console.ports console.readiness console.runlock console.garbage"
)
SANDBOX = "campaigns.sandbox campaigns.sandbox.*"
SANDBOX_MAY_IMPORT = {"aiohttp", "multidict", "orjson"} | sys.stdlib_module_names


@dataclass(frozen=True)
class Import:
    """`module` imports `target` at `line`; `typing_only` when it is below `if TYPE_CHECKING`."""

    module: str
    target: str
    line: int
    typing_only: bool
    in_function: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def matches(module: str, patterns: str) -> bool:
    return any(fnmatchcase(module, pattern) for pattern in patterns.split())


def level(module: str) -> int | None:
    return next((number for number, patterns in LEVELS if matches(module, patterns)), None)


@cache
def modules() -> dict[str, Path]:
    """Every module of the product but migrations, by dotted name."""
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


@cache
def imports() -> list[Import]:
    return [found for name, path in modules().items() for found in _imports_of(name, path)]


def _imports_of(name: str, path: Path) -> Iterator[Import]:
    stack: list[tuple[ast.AST, bool, bool]] = [(ast.parse(path.read_text(encoding="utf-8")), False, False)]
    while stack:
        node, typing_only, in_function = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in _targets(name, path, node):
                yield Import(name, target, node.lineno, typing_only, in_function)
        typing_only |= isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        in_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        stack += [(child, typing_only, in_function) for child in ast.iter_child_nodes(node)]


def _targets(name: str, path: Path, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    base = package[: len(package) - node.level + 1] if node.level else []
    source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
    for alias in node.names:  # `from package import module` imports the module
        whole = f"{source}.{alias.name}"
        yield whole if whole in modules() else source


def internal() -> list[Import]:
    return [found for found in imports() if found.target.split(".")[0] in APPS]


def test_every_module_has_a_layer() -> None:
    unknown = [name for name in modules() if level(name) is None and not matches(name, SANDBOX)]
    assert unknown == [], "name these in LEVELS"


def test_every_name_in_the_table_still_exists() -> None:
    exact = {name for _, names in LEVELS for name in names.split() if "*" not in name}
    assert sorted(exact - set(modules())) == []


def test_imports_go_downwards() -> None:
    upwards = [
        str(found)
        for found in internal()
        if not matches(found.module, SANDBOX)
        and not matches(found.target, SANDBOX)
        and (level(found.target) or 0) > (level(found.module) or 0)
    ]
    assert upwards == []


def test_contacts_know_nothing_of_campaigns() -> None:
    assert [str(f) for f in internal() if f.module.startswith("contacts") and f.target.startswith("campaigns")] == []


def test_nothing_is_imported_inside_functions() -> None:
    assert [str(found) for found in imports() if found.in_function] == []


def test_pure_modules_and_providers_do_without_django() -> None:
    pure = {name for name in modules() if matches(name, WITHOUT_DJANGO) and name != "campaigns.providers.registry"}
    assert [str(f) for f in imports() if f.module in pure and f.target.split(".")[0] in ("django", "celery")] == []


def test_pure_modules_import_only_pure_modules() -> None:
    """Else Django would come in through the back door."""
    pure = {name for name in modules() if matches(name, WITHOUT_DJANGO) and name != "campaigns.providers.registry"}
    assert [str(found) for found in internal() if found.module in pure and found.target not in pure] == []


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    """It runs before anything is installed, and so does the `__init__` of its package."""
    early = [found for found in imports() if found.module in ("console", "console.bootstrap")]
    assert [str(found) for found in early if found.target.split(".")[0] not in sys.stdlib_module_names] == []


def test_the_sandbox_imports_nothing_of_the_project() -> None:
    foreign = [
        str(found)
        for found in imports()
        if matches(found.module, SANDBOX)
        and not matches(found.target, SANDBOX)
        and found.target.split(".")[0] not in SANDBOX_MAY_IMPORT
    ]
    assert foreign == []


def test_nothing_imports_the_sandbox() -> None:
    assert [str(f) for f in imports() if matches(f.target, SANDBOX) and not matches(f.module, SANDBOX)] == []


def test_there_are_no_model_signals() -> None:
    forbidden = ("django.db.models.signals", "django.dispatch", "django.core.signals")
    assert [str(found) for found in imports() if found.target.startswith(forbidden)] == []


def test_imports_run_in_no_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in internal():
        if found.target in graph and not found.typing_only:
            graph[found.module].add(found.target)
    done: set[str] = set()
    circles = [circle for name in graph if (circle := _circle(name, graph, done, []))]
    assert circles == []


def _circle(name: str, graph: dict[str, set[str]], done: set[str], trail: list[str]) -> str:
    if name in trail:
        return " -> ".join([*trail[trail.index(name) :], name])
    if name in done:
        return ""
    done.add(name)
    return next(filter(None, (_circle(target, graph, done, [*trail, name]) for target in sorted(graph[name]))), "")
