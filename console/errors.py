"""Errors that are meant for people. Anything else that is raised is a bug and becomes a 500 with an id."""

from __future__ import annotations


class UserError(Exception):
    """A refusal whose text may be shown to anyone.

    `message` is a whole sentence in the reader's language: what is wrong and what to do.
    `field` names the form field it belongs to, `code` is a stable word for tests and commands,
    `action` is (label, url) of the one thing that helps.
    """

    def __init__(
        self,
        message: str,
        field: str | None = None,
        code: str | None = None,
        action: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field
        self.code = code
        self.action = action

    def __str__(self) -> str:
        return self.message
