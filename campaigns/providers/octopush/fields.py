"""What the account form and a campaign's delivery options ask for Octopush."""

from __future__ import annotations

from campaigns.providers.base import Field, HookUrl
from campaigns.providers.base import gettext_noop as _

CREDENTIALS: tuple[Field, ...] = (
    Field(
        "api_login",
        _("API login"),
        help=_("The email address of your Octopush account."),
        aliases=("login", "api-login"),
    ),
    Field(
        "api_key",
        _("API key"),
        kind="secret",
        help=_("From “API credentials” in the Octopush portal. Keys of the older API do not work."),
        aliases=("key", "api-key"),
    ),
)

DEFAULT_STOP = "STOP au 30101"

OPTIONS: tuple[Field, ...] = (
    Field(
        "stop_mention",
        _("STOP mention"),
        required=False,
        default=DEFAULT_STOP,
        help=_(
            "Every marketing text must contain exactly these words, capitals included. "
            "“STOP au 30101” is for France; ask Octopush for other countries."
        ),
    ),
)

DIRECT, LIST, TAG = "direct", "list", "tag"
PREMIUM, LOW_COST = "sms_premium", "sms_low_cost"
PRODUCTS = (PREMIUM, LOW_COST)

MESSAGE_FIELDS: tuple[Field, ...] = (
    Field(
        "mode",
        _("How to send"),
        kind="choice",
        required=False,
        default=DIRECT,
        choices=(
            (DIRECT, _("Directly, 500 people per request")),
            (LIST, _("As a campaign on a list at Octopush: the price is known before anything leaves")),
            (TAG, _("As a campaign on a tag at Octopush: the price is known before anything leaves")),
        ),
    ),
    Field(
        "type",
        _("Product"),
        kind="choice",
        required=False,
        default=PREMIUM,
        choices=((PREMIUM, _("Premium SMS")), (LOW_COST, _("Low-cost SMS (no delivery reports)"))),
    ),
    Field(
        "with_replies",
        _("Collect replies"),
        kind="flag",
        required=False,
        help=_("The sender becomes a short number. Mainland France; other countries on request."),
    ),
    Field(
        "auto_optimize_text",
        _("Let Octopush rewrite expensive characters and spaces"),
        kind="flag",
        required=False,
        help=_("The text on the phone may then differ from the preview."),
    ),
    Field(
        "auto_remove_blacklisted_numbers",
        _("Leave out numbers on Octopush's blacklist"),
        kind="flag",
        required=False,
        help=_(
            "They cost nothing then, but Octopush does not say who they were. "
            "Without it they come back as refused and are not written to again."
        ),
    ),
)

HOOKS: tuple[HookUrl, ...] = (
    HookUrl("delivery", _("Deliveries"), help=_("Paste it into “Callbacks” of the Octopush portal.")),
    HookUrl("reply", _("Inbounds (replies)"), help=_("Paste it into “Callbacks” of the Octopush portal.")),
    HookUrl(
        "stop",
        _("Blacklist (STOP replies)"),
        help=_("Paste it into “Callbacks” of the Octopush portal. Without it no STOP reaches this console."),
    ),
)
