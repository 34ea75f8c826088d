"""What a campaign may decide at messaging-service: its delivery options (contract §3.5–§3.9, §5.2, §5.3)."""

from __future__ import annotations

from campaigns.providers.base import Channel, Field
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.messaging_service.fields import LANGUAGES, LAYOUTS, PRIORITIES, TRANSLITERATIONS

# "As the account is set": the answer that leaves an account's option as it is.
ACCOUNT, ON, OFF = "account", "on", "off"
_EMAIL, _SMS = (Channel.EMAIL,), (Channel.SMS,)
_AS_ACCOUNT = (ACCOUNT, _("As the account is set"))
_SWITCH = (_AS_ACCOUNT, (ON, _("Yes")), (OFF, _("No")))


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...], **more: object) -> Field:
    """A choice whose first answer is the account's."""
    return Field(name, label, kind="choice", required=False, default=ACCOUNT, choices=choices, **more)  # type: ignore[arg-type]


MESSAGE_FIELDS: tuple[Field, ...] = (
    Field(
        "cc",
        _("Copy of every message to"),
        required=False,
        channels=_EMAIL,
        help=_("Email addresses, separated by commas. Each gets one copy per person, and people see them."),
    ),
    Field(
        "bcc",
        _("Hidden copy of every message to"),
        required=False,
        channels=_EMAIL,
        help=_("Email addresses, separated by commas. Each gets one copy per person; people do not see them."),
    ),
    _choice("track_opens", _("Track opens"), _SWITCH, channels=_EMAIL),
    _choice("track_clicks", _("Track clicks"), _SWITCH, channels=_EMAIL),
    Field(
        "pixel",
        _("Place of the image that counts opens"),
        kind="choice",
        required=False,
        choices=(("TOP", _("At the top")), ("BOTTOM", _("At the end"))),
        channels=_EMAIL,
    ),
    Field(
        "validity_minutes",
        _("Give up after (minutes)"),
        kind="number",
        required=False,
        help=_("At most 2,880 (48 hours). Empty: as the account is set."),
    ),
    Field(
        "window_days",
        _("Deliver on"),
        kind="choice",
        required=False,
        default="all",
        choices=(("all", _("Every day")), ("mon-fri", _("Monday to Friday")), ("mon-sat", _("Monday to Saturday"))),
    ),
    Field(
        "window_from",
        _("Deliver from (UTC)"),
        required=False,
        help=_("Such as 09:00. The provider keeps messages that come outside these hours. Fill in both, or neither."),
    ),
    Field("window_to", _("Deliver until (UTC)"), required=False, help=_("Such as 20:30.")),
    Field(
        "send_at",
        _("Let the provider keep it until (UTC)"),
        kind="time",
        required=False,
        help=_("Handed over when the campaign starts, delivered then. Email at most 5 days ahead, SMS 180."),
    ),
    _choice("client_priority", _("Priority"), (_AS_ACCOUNT, *PRIORITIES), channels=_EMAIL),
    Field("ip_pool", _("IP pool"), required=False, channels=_EMAIL, help=_("Empty: as the account is set.")),
    Field(
        "landing_page",
        _("Opt-out page at the provider"),
        required=False,
        channels=_EMAIL,
        help=_("Its id, such as 1_23456. Empty: the provider's own page."),
    ),
    Field(
        "template_version",
        _("Language version of the stored template"),
        kind="choice",
        required=False,
        choices=(("1", "1"), ("2", "2")),
        channels=_EMAIL,
    ),
    Field(
        "amp",
        _("AMP version"),
        kind="lines",
        required=False,
        channels=_EMAIL,
        help=_("For mail programs that show AMP; the others show the HTML. Fields of contacts cannot be used in it."),
    ),
    _choice("message_layout", _("Layout of email requests"), (_AS_ACCOUNT, *LAYOUTS), channels=_EMAIL),
    _choice("flash", _("Flash SMS (pops up, is not stored)"), _SWITCH, channels=_SMS),
    _choice("track_links", _("Shorten and track links"), _SWITCH, channels=_SMS),
    _choice("language", _("SMS language table"), (_AS_ACCOUNT, *LANGUAGES), channels=_SMS),
    _choice("transliteration", _("SMS transliteration"), (_AS_ACCOUNT, *TRANSLITERATIONS), channels=_SMS),
    Field(
        "speed_per_minute",
        _("SMS per minute at the provider"),
        kind="number",
        required=False,
        channels=_SMS,
        help=_("The provider spreads each request over time. Empty: as the account is set."),
    ),
)
