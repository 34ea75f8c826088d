"""What the account form asks for CRM Messaging, and what a campaign may choose."""

from __future__ import annotations

from campaigns.providers.base import Field
from campaigns.providers.base import gettext_noop as _

CREDENTIALS: tuple[Field, ...] = (
    Field("user", _("User"), help=_("The user of the CRM's web API. It holds no colon."), aliases=("username",)),
    Field("password", _("Password"), kind="secret"),
)

NATIONAL, INTERNATIONAL = "national", "international"
DEFAULT_COUNTRIES = "+30 69xxxxxxxx"
DEFAULT_ZONE = "Europe/Athens"

TEMPLATES, COUNTRIES, PHONE_STYLE, CARD_FIELD = "templates", "countries", "phone_style", "card_field"
TIME_ZONE, MAY_SCHEDULE = "time_zone", "may_schedule"

OPTIONS: tuple[Field, ...] = (
    Field(
        TEMPLATES,
        _("Templates"),
        kind="lines",
        help=_(
            "The CRM cannot list its templates, so name them here, one per line: id | sms or email | tags with commas "
            "between them | its text for the preview, if you like. For example: 101 | sms | Name | Hello {{Name}}"
        ),
    ),
    Field(
        COUNTRIES,
        _("Allowed mobile numbers"),
        kind="lines",
        required=False,
        default=DEFAULT_COUNTRIES,
        help=_(
            "The countries that the CRM sends to, one per line: the country code, then a mobile number with an x for "
            "each free digit. For example: +30 69xxxxxxxx"
        ),
    ),
    Field(
        PHONE_STYLE,
        _("How phone numbers are sent"),
        kind="choice",
        required=False,
        default=NATIONAL,
        choices=(
            (NATIONAL, _("Without the country code (as the CRM documents it)")),
            (INTERNATIONAL, _("With the country code")),
        ),
    ),
    Field(
        CARD_FIELD,
        _("Field with the card number"),
        required=False,
        help=_(
            "The name of the contact field that holds the loyalty card or customer code. With it, every message is "
            "recorded in the CRM's history of that customer. Empty: nothing is recorded."
        ),
    ),
    Field(
        TIME_ZONE,
        _("Time zone of the CRM"),
        required=False,
        default=DEFAULT_ZONE,
        help=_("The CRM tells its times on the clocks of this zone, such as Europe/Athens."),
    ),
    Field(
        MAY_SCHEDULE,
        _("Campaigns may leave the waiting to the CRM"),
        kind="flag",
        required=False,
        help=_("What the CRM was given to send later can no longer be stopped or moved from here."),
    ),
)

SCHEDULE_DATE = "scheduleDate"

MESSAGE_OPTIONS: tuple[Field, ...] = (
    Field(
        SCHEDULE_DATE,
        _("Let the CRM send it at"),
        kind="time",
        required=False,
        help=_(
            "Date and time on the CRM's clocks, such as 2026-10-05 10:00, from 2 minutes to 30 days ahead. What was "
            "handed over can then no longer be stopped or moved. Empty: at once."
        ),
        needs=MAY_SCHEDULE,
    ),
)
