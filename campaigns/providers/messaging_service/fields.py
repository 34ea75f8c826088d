"""What the account form asks for messaging-service."""

from __future__ import annotations

from campaigns.providers.base import Field, HookUrl
from campaigns.providers.base import gettext_noop as _
from campaigns.providers.messaging_service import auth, email, files

CREDENTIALS: tuple[Field, ...] = (
    Field(
        "auth_form",
        _("How to sign in"),
        kind="choice",
        required=False,
        choices=(
            (auth.APP, _("API key (App)")),
            (auth.BASIC, _("User name and password (Basic)")),
            (auth.BEARER, _("OAuth client (Bearer)")),
            (auth.IBSSO, _("Session token (IBSSO)")),
        ),
        aliases=("auth",),
    ),
    Field(
        "api_key",
        _("API key"),
        kind="secret",
        required=False,
        help=_("It needs the rights to send messages and to manage them, or look-ups are refused."),
        aliases=("Authorization", "App", "key"),
    ),
    Field("username", _("User name"), required=False, aliases=("user", "login")),
    Field("password", _("Password"), kind="secret", required=False),
    Field("client_id", _("Client ID"), required=False),
    Field("client_secret", _("Client secret"), kind="secret", required=False),
    Field("session_token", _("Session token"), kind="secret", required=False, aliases=("IBSSO", "token")),
)

LAYOUTS = (
    (email.VENDOR, _("As the vendor publishes it")),
    (email.SEED, _("As in the customer's documentation")),
)
PRIORITIES = (("HIGH", _("High")), ("STANDARD", _("Standard")), ("LOW", _("Low")))
LANGUAGES = (
    ("ES", _("Spanish")),
    ("PT", _("Portuguese")),
    ("TR", _("Turkish")),
    ("AUTODETECT", _("Found by the provider")),
)
TRANSLITERATIONS = tuple(
    (name, name)
    for name in (
        "NONE",
        "ALL",
        "NON_UNICODE",
        "PORTUGUESE",
        "COLOMBIAN",
        "CENTRAL_EUROPEAN",
        "GREEK",
        "TURKISH",
        "CYRILLIC",
        "SERBIAN_CYRILLIC",
        "BULGARIAN_CYRILLIC",
        "BALTIC",
    )
)

OPTIONS: tuple[Field, ...] = (
    Field(
        "message_layout",
        _("Layout of email requests"),
        kind="choice",
        required=False,
        default=email.VENDOR,
        choices=LAYOUTS,
        help=_("If the reply address or the reports of a test email are missing, choose the other one."),
    ),
    Field("track_opens", _("Track opens (email)"), kind="flag", required=False),
    Field("track_clicks", _("Track clicks (email)"), kind="flag", required=False),
    Field(
        "client_priority",
        _("Priority (email)"),
        kind="choice",
        required=False,
        choices=PRIORITIES,
    ),
    Field("ip_pool", _("IP pool (email)"), required=False),
    Field(
        "validity_minutes",
        _("Give up after (minutes)"),
        kind="number",
        required=False,
        help=_("At most 2,880 (48 hours). Empty: the provider decides."),
    ),
    Field(
        "intermediate_reports",
        _("Also report messages that are on their way"),
        kind="flag",
        required=False,
    ),
    Field("flash", _("Send as flash SMS (pops up, is not stored)"), kind="flag", required=False),
    Field(
        "language",
        _("SMS language table"),
        kind="choice",
        required=False,
        choices=LANGUAGES,
    ),
    Field(
        "transliteration",
        _("SMS transliteration"),
        kind="choice",
        required=False,
        choices=TRANSLITERATIONS,
        help=_("Replaces letters that would make an SMS more expensive."),
    ),
    Field("track_links", _("Shorten and track links (SMS)"), kind="flag", required=False),
    Field(
        "short_domain",
        _("Own domain of short links (SMS)"),
        required=False,
        help=_("As it is set up at the provider. Empty: the provider's own."),
    ),
    Field(
        "speed_per_minute",
        _("SMS per minute at the provider"),
        kind="number",
        required=False,
        help=_("The provider spreads each request over time. Empty: as fast as it can."),
    ),
    Field(
        "use_query_route",
        _("Send SMS by the query route"),
        kind="flag",
        required=False,
        help=_("A fallback: one message per request, and doubts about a request are left to you."),
    ),
    Field(
        "pull_reports",
        _("Fetch reports instead of waiting for callbacks"),
        kind="flag",
        required=False,
        help=_("For a console that the provider cannot reach. Done by itself where its address is not public."),
    ),
    Field(
        "files",
        _("How attachments travel"),
        kind="choice",
        required=False,
        default=files.AUTO,
        choices=(
            (files.AUTO, _("Inside the request, uploaded where that would repeat them")),
            (files.BINARY, _("Always inside the request")),
            (files.UPLOAD, _("Always uploaded first")),
        ),
    ),
    Field(
        "one_click",
        _("Unsubscribe button of mail programs (email)"),
        kind="choice",
        required=False,
        default="on",
        choices=(("on", _("Yes, as large mailbox providers demand it")), ("off", _("No, for smaller requests"))),
        help=_("Its link is each person's own, so the whole text travels once per person instead of once per request."),
    ),
    Field("skip_storage", _("Ask the provider to store no messages (email)"), kind="flag", required=False),
    Field("mask_values", _("Ask the provider to mask personal values it stores (email)"), kind="flag", required=False),
    Field("application_id", _("Application ID at the provider"), required=False),
    Field("entity_id", _("Entity ID at the provider"), required=False),
)

HOOKS: tuple[HookUrl, ...] = (
    HookUrl("delivery", _("Delivery reports"), help=_("Sent along with every message; nothing to set up.")),
    HookUrl("events", _("Opens, clicks and unsubscribes"), help=_("Sent along with every tracked message.")),
    HookUrl("reply", _("SMS replies"), help=_("Ask the provider to forward incoming SMS to this address.")),
    HookUrl("email-reply", _("Email replies"), help=_("Ask the provider to switch on inbound parsing.")),
)
