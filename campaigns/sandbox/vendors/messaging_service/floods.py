"""The anti-flood rule: at most 20 different and 6 identical messages to one number per hour."""

from __future__ import annotations

from campaigns.sandbox.vendors.messaging_service.records import Entry, SmsContent

WINDOW_SECONDS, MOST_DIFFERENT, MOST_IDENTICAL = 3600.0, 20, 6


class FloodFilter:
    """What went to each number lately. Most numbers get one message, so that one is kept without a list."""

    def __init__(self) -> None:
        self._recent: dict[str, Entry | list[Entry]] = {}

    def clear(self) -> None:
        self._recent = {}

    def refuses(self, number: str, text: str, now: float) -> bool:
        """Whether one more message with this text is too much."""
        recent = self._recent.get(number)
        if recent is None:
            return False
        entries = recent if isinstance(recent, list) else [recent]
        texts = [_text(entry) for entry in entries if entry.submission.at > now - WINDOW_SECONDS]
        if texts.count(text) >= MOST_IDENTICAL:
            return True
        return text not in texts and len(set(texts)) >= MOST_DIFFERENT

    def remember(self, entry: Entry) -> None:
        """Count an accepted message."""
        recent = self._recent.get(entry.destination)
        if recent is None:
            self._recent[entry.destination] = entry
        elif isinstance(recent, list):
            horizon = entry.submission.at - WINDOW_SECONDS
            recent[:] = [old for old in recent if old.submission.at > horizon]
            recent.append(entry)
        else:
            self._recent[entry.destination] = [recent, entry]


def _text(entry: Entry) -> str:
    return entry.body.text if isinstance(entry.body, SmsContent) else ""
