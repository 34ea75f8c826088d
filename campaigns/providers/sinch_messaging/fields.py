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
    ),
)
