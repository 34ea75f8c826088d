"""What the account form and a campaign's delivery options ask for Marketing Cloud."""

from __future__ import annotations

from campaigns.providers.base import Field, HookUrl
from campaigns.providers.base import gettext_noop as _

CREDENTIALS: tuple[Field, ...] = (
    Field(
        "subdomain",
        _("Subdomain"),
        help=_("The part before .auth.marketingcloudapis.com in the package's authentication address."),
        aliases=("tenant",),
    ),
    Field("client_id", _("Client id"), help=_("From the installed package, server-to-server integration.")),
    Field("client_secret", _("Client secret"), kind="secret", help=_("From the installed package.")),
    Field(
        "account_id",
        _("Business unit (MID)"),
        required=False,
        help=_("A number. Empty: the business unit that owns the package."),
        aliases=("mid",),
    ),
)

DEFAULT_BATCH, LARGEST_BATCH = 100, 500  # recipients in a request (contract, rule 3)

OPTIONS: tuple[Field, ...] = (
    Field(
        "batch_size",
        _("Recipients per request"),
        kind="number",
        required=False,
        help=_("At most 500. Empty: 100."),
    ),
    Field(
        "profile_attributes",
        _("Profile attributes"),
        required=False,
        help=_("Attributes that Marketing Cloud fills in by itself, separated by commas. They need no value from us."),
    ),
    Field(
        "pull_reports",
        _("Also fetch the list of messages that were not sent"),
        kind="flag",
        required=False,
        help=_("Closes gaps where notifications got lost. Done by itself where our address is not public."),
    ),
    Field(
        "campaign_attribute",
        _("Attribute for the campaign"),
        required=False,
        help=_("An attribute that gets our reference of the campaign with every request. Empty: none is sent."),
    ),
    Field(
        "allow_resubscribe",
        _("Campaigns may re-subscribe numbers that texted STOP"),
        kind="flag",
        required=False,
        help=_("For critical service messages only. Each use is chosen in the campaign and written to the audit log."),
    ),
)

MESSAGE: tuple[Field, ...] = (
    Field(
        "definition_key",
        _("Send definition"),
        kind="template",
        required=False,
        help=_("Its short code and keyword are used; your own text takes the place of its text. Needed for own texts."),
    ),
    Field(
        "resubscribe",
        _("Re-subscribe numbers that texted STOP"),
        kind="flag",
        required=False,
        help=_("Only for a critical service message, and only where the provider account allows it."),
        purposes=("service",),
        guarded=True,
    ),
)

HOOKS: tuple[HookUrl, ...] = (
    HookUrl(
        "ens",
        _("Event notifications"),
        help=_("Nothing to copy: “Register callbacks” enters it at Marketing Cloud, which needs https and no port."),
    ),
)
