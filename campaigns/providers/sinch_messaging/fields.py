"""What the account form asks for Sinch Messaging."""

from __future__ import annotations

from campaigns.providers.base import Field, HookUrl
from campaigns.providers.base import gettext_noop as _

CREDENTIALS: tuple[Field, ...] = (
    Field(
        "UserName",
        _("User name"),
        help=_("The user name or email address of your Sinch Messaging user."),
        aliases=("user",),
    ),
    Field(
        "AuthenticationToken",
        _("Authentication token"),
        kind="secret",
        help=_("From your profile in the Sinch Messaging portal. One token per user."),
        aliases=("token",),
    ),
)

BULK, SINGLE = "bulk", "single"

OPTIONS: tuple[Field, ...] = (
    Field(
        "send_mode",
        _("How to send"),
        kind="choice",
        required=False,
        default=BULK,
        choices=(
            (BULK, _("In batches of up to 1,000 (recommended)")),
            (SINGLE, _("One message per request")),
        ),
    ),
    Field(
        "expires_in_minutes",
        _("Give up after (minutes)"),
        kind="number",
        required=False,
        help=_("A message that has not reached the phone by then is dropped. Empty: the provider decides."),
    ),
    Field(
        "campaign_alias",
        _("Campaign alias"),
        required=False,
        help=_("Groups messages in Sinch's own reports. The alias must exist there; an unknown one is left out."),
    ),
    Field("flash", _("Send as flash SMS (pops up, is not stored)"), kind="flag", required=False),
    Field(
        "sub_account",
        _("Sub-account"),
        required=False,
        help=_("Only for administrator users. Leave empty unless Sinch told you otherwise."),
    ),
    Field(
        "pull_reports",
        _("Fetch reports instead of waiting for callbacks"),
        kind="flag",
        required=False,
        help=_("For a console that the provider cannot reach. Done by itself where its address is not public."),
    ),
    Field(
        "number_check_price",
        _("Price of a number check"),
        required=False,
        help=_("Such as 0.012, in the workspace's currency. Shown before somebody orders a check."),
    ),
)

# A campaign's own answers; an empty one leaves what the account says.
MESSAGE: tuple[Field, ...] = (
    Field(
        "campaign_alias",
        _("Campaign alias"),
        kind="campaign",
        required=False,
        help=_("Files the messages under a campaign of Sinch's own reports. Empty: as the account says."),
    ),
    Field("flash", _("Send as flash SMS (pops up, is not stored)"), kind="flag", required=False),
    Field(
        "time_window",
        _("Hours of the day"),
        required=False,
        help=_("Such as 9-12, 16: outside these hours messages wait at Sinch. Empty: at any hour."),
    ),
    Field(
        "hold_until",
        _("Hold at Sinch until"),
        kind="time",
        required=False,
        help=_("Messages that Sinch holds cannot be called back: the campaign's own start is the better way to wait."),
    ),
    Field(
        "expires_in_minutes",
        _("Give up after (minutes)"),
        kind="number",
        required=False,
        help=_("Counted from the moment Sinch has the message. Either this or a date. Empty: as the account says."),
    ),
    Field(
        "expires_at",
        _("Give up at"),
        kind="time",
        required=False,
        help=_("What has not reached the phone by then is dropped."),
    ),
    Field(
        "time_zone",
        _("Time zone of these times"),
        required=False,
        help=_("Such as America/Bogota. Needed with hours of the day and dates."),
    ),
    Field(
        "extra_info",
        _("Note for Sinch's reports"),
        required=False,
        help=_("Comes back with every callback; at most 255 characters."),
    ),
    Field(
        "sub_account",
        _("Sub-account"),
        required=False,
        guarded=True,
        help=_("Bills the messages to it. Only for administrator users. Empty: as the account says."),
    ),
)

HOOKS: tuple[HookUrl, ...] = (
    HookUrl(
        "status",
        _("Callback URL"),
        help=_("Paste it into the API settings of the Sinch portal. A change takes up to 10 minutes."),
    ),
    HookUrl(
        "delivery",
        _("DR URL (delivery reports)"),
        help=_("Paste it into the API settings of the Sinch portal, beside the callback URL."),
    ),
    HookUrl(
        "reply",
        _("MO URL (replies)"),
        help=_("Send it to Sinch support and ask for POST. Without it no STOP reply reaches this console."),
        methods=("POST", "GET"),
    ),
)
