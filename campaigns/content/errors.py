"""What can be wrong with a template, as sentences for people. Pure: the msgids are English, views translate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def gettext_noop(message: str) -> str:
    """Marks a msgid for the catalogues; Django's own may not be imported here."""
    return message


# code -> (sentence, sentence when there is a suggestion)
_SENTENCES: dict[str, tuple[str, str]] = {
    "unclosed": (gettext_noop("A field that starts with {{ is never closed. Write }} after it."), ""),
    "unclosed_quote": (gettext_noop("A quotation mark inside {{ }} is never closed: %(name)s."), ""),
    "stray_close": (gettext_noop("Here is a }} that closes nothing. Delete it, or write {{ before the field."), ""),
    "triple_brace": (gettext_noop("Here are three braces. A field has two on each side."), ""),
    "empty": (gettext_noop("Here are braces without a field between them."), ""),
    "bad_name": (
        gettext_noop("“%(name)s” is no field. A field's name has letters, digits and underscores only."),
        gettext_noop("“%(name)s” is no field. Did you mean “%(suggestion)s”?"),
    ),
    "unknown_name": (
        gettext_noop("There is no field “%(name)s”."),
        gettext_noop("There is no field “%(name)s”. Did you mean “%(suggestion)s”?"),
    ),
    "unknown_filter": (
        gettext_noop("There is no filter “%(name)s”."),
        gettext_noop("There is no filter “%(name)s”. Did you mean “%(suggestion)s”?"),
    ),
    "unreadable": (gettext_noop("“%(name)s” cannot be read. Put the text into quotation marks."), ""),
    "filter_missing": (
        gettext_noop("Here is a | with nothing after it. Write a filter or a default, or delete it."),
        "",
    ),
    "long_expression": (
        gettext_noop("What stands between these braces is too long: at most %(limit)s characters fit."),
        "",
    ),
    "argument_missing": (
        gettext_noop("The filter “%(name)s” needs something after it."),
        gettext_noop("The filter “%(name)s” needs something after it. Write it like this: %(suggestion)s"),
    ),
    "argument_unwanted": (gettext_noop("The filter “%(name)s” takes nothing after it."), ""),
    "argument_number": (gettext_noop("The filter “%(name)s” takes a whole number from 1 to %(limit)s."), ""),
    "too_long": (gettext_noop("This text is too long: at most %(limit)s characters fit."), ""),
    "too_many": (gettext_noop("There are too many fields in this text: at most %(limit)s are possible."), ""),
    "too_many_elements": (gettext_noop("This HTML is too large: at most %(limit)s elements are possible."), ""),
    "unclosed_tags": (gettext_noop("More than %(limit)s %(name)s tags are never closed. Close each of them."), ""),
    "binary": (gettext_noop("This is not text: it holds characters that no message can carry."), ""),
    "line_break": (gettext_noop("A subject is one line. Remove the line break."), ""),
    "no_content": (gettext_noop("This email has no content."), ""),
    "no_subject": (gettext_noop("This email has no subject."), ""),
    "forbidden_place": (
        gettext_noop(
            "A field cannot stand here, inside a tag or a script. Put it into the text or a quoted attribute."
        ),
        "",
    ),
}


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One thing that is wrong. `start` and `end` are offsets in the source, `line` and `column` count from 1.
    `message` is an English msgid whose gaps `values` fills; `part` says which text of a message it is in."""

    code: str
    message: str
    line: int
    column: int
    start: int
    end: int
    name: str = ""
    suggestion: str = ""
    limit: int = 0
    part: str = ""

    @property
    def values(self) -> Mapping[str, str | int]:
        return {"name": self.name, "suggestion": self.suggestion, "limit": self.limit}

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message % self.values}"


class TemplateError(ValueError):
    """A template that is refused, with every problem it has."""

    def __init__(self, problems: Sequence[TemplateProblem]) -> None:
        super().__init__("; ".join(str(p) for p in problems))
        self.problems = list(problems)


def problem(
    code: str,
    source: str,
    start: int = 0,
    end: int = 0,
    *,
    part: str = "",
    name: str = "",
    suggestion: str = "",
    limit: int = 0,
) -> TemplateProblem:
    """The problem `code` at source[start:end]. Of two sentences the one with the suggestion, when there is any."""
    plain, with_suggestion = _SENTENCES[code]
    return TemplateProblem(
        code=code,
        message=with_suggestion if suggestion and with_suggestion else plain,
        line=source.count("\n", 0, start) + 1,
        column=start - source.rfind("\n", 0, start),
        start=start,
        end=end,
        name=name if len(name) <= 60 else name[:59] + "…",
        suggestion=suggestion,
        limit=limit,
        part=part,
    )
