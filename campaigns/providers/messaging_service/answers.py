"""What holds for one request: the campaign's answers where it gave any, else the account's options."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from campaigns.providers.messaging_service import email, sms
from campaigns.providers.messaging_service.message_fields import ACCOUNT, OFF, ON
from campaigns.providers.messaging_service.timing import MAX_VALIDITY_MINUTES, Window, send_at, window_of

Option = Callable[[str], str]
_TRUE = frozenset({"true", "on", "yes", "1"})
_SEPARATORS = re.compile(r"[,;\s]+")


class Answers:
    """`option`: an account's option by name; `given`: a campaign's answers (`Body.options`)."""

    def __init__(self, option: Option, hooks: Mapping[str, str], given: Mapping[str, str], now: datetime) -> None:
        self._option, self._hooks, self._given, self._now = option, hooks, given, now

    def text(self, name: str) -> str:
        answer = self._given.get(name, "").strip()
        return self._option(name) if answer in ("", ACCOUNT) else answer

    def flag(self, name: str) -> bool:
        answer = self._given.get(name, "")
        return answer == ON if answer in (ON, OFF) else self._option(name).lower() in _TRUE

    def number(self, name: str) -> int | None:
        """A whole number above zero, or None."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else None

    def addresses(self, name: str) -> tuple[str, ...]:
        return addresses_in(self._given.get(name, ""))

    @property
    def window(self) -> Window | None:
        """Half a window is none: the check has said so before anything was scheduled."""
        try:
            return window_of(*(self._given.get(name, "") for name in ("window_days", "window_from", "window_to")))
        except ValueError:
            return None

    @property
    def validity(self) -> int | None:
        minutes = self.number("validity_minutes")
        return min(minutes, MAX_VALIDITY_MINUTES) if minutes else None

    @property
    def send_at(self) -> str:
        return send_at(self._given.get("send_at", ""), self._now)

    @property
    def platform(self) -> dict[str, str]:
        given = {"applicationId": self._option("application_id"), "entityId": self._option("entity_id")}
        return {name: value for name, value in given.items() if value}

    def for_email(self) -> email.Settings:
        return email.Settings(
            layout=self.text("message_layout"),
            delivery_url=self._hooks.get("delivery", ""),
            events_url=self._hooks.get("events", ""),
            intermediate_reports=self.flag("intermediate_reports"),
            track_opens=self.flag("track_opens"),
            track_clicks=self.flag("track_clicks"),
            pixel=self.text("pixel"),
            validity_minutes=self.validity,
            window=self.window,
            send_at=self.send_at,
            client_priority=self.text("client_priority"),
            ip_pool=self.text("ip_pool"),
            platform=self.platform,
            skip_storage=self.flag("skip_storage"),
            mask_values=self.flag("mask_values"),
            landing_page=self.text("landing_page"),
            template_version=self.text("template_version"),
            cc=self.addresses("cc"),
            bcc=self.addresses("bcc"),
            amp=self._given.get("amp", "").strip(),
        )

    def for_sms(self) -> sms.Settings:
        return sms.Settings(
            delivery_url=self._hooks.get("delivery", ""),
            events_url=self._hooks.get("events", ""),
            intermediate_reports=self.flag("intermediate_reports"),
            validity_minutes=self.validity,
            window=self.window,
            send_at=self.send_at,
            flash=self.flag("flash"),
            language=self.text("language"),
            transliteration=self.text("transliteration"),
            track_links=self.flag("track_links"),
            short_domain=self.text("short_domain"),
            speed_per_minute=self.number("speed_per_minute"),
            platform=self.platform,
        )


def addresses_in(text: str) -> tuple[str, ...]:
    """The addresses of a list with commas, each once."""
    return tuple(dict.fromkeys(part for part in _SEPARATORS.split(text) if part))
