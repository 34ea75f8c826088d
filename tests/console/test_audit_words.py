"""Whatever is audited can be read on the audit page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.states import CAMPAIGN_MOVES, DISPATCH_MOVES
from console.views.audit import THINGS, VERBS

ROOT = Path(__file__).resolve().parents[2]


def recorded() -> Iterator[str]:
    """Every action that the source writes as a plain text, and every move of the state tables."""
    for folder in ("console", "contacts", "campaigns"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "record"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield str(node.args[0].value)
    yield from (f"campaign.{action}" for action in CAMPAIGN_MOVES)
    yield from (f"dispatch.{action}" for action in DISPATCH_MOVES)


@pytest.mark.parametrize("action", sorted(set(recorded())))
def test_every_audited_action_has_words(action: str) -> None:
    thing, _, verb = action.partition(".")
    assert thing in THINGS
    assert verb in VERBS
