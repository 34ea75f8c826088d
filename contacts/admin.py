"""The Django admin of contacts. People and groups are looked at here and changed in the console: their search words,
sizes, consent history and counters belong together, and services keep them so."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.admin import AuditedAdmin, ReadOnlyAdmin
from console.services import audit
from contacts import phones
from contacts.models import ConsentEvent, Contact, ContactField, Group, GroupMember, Suppression
from contacts.services import consent

MOST_MATCHES = 200  # contacts with one address whom a search looks for elsewhere
LONGEST_ID = 18


def _contacts_of(term: str) -> list[int]:
    """Ids of contacts by id, external id or whole address: what has an index."""
    term = term.strip()
    if not term:
        return []
    if "@" in term:
        found = Contact.objects.filter(email=term.lower())
    elif isinstance(phone := phones.parse(term, ""), phones.Phone):
        found = Contact.objects.filter(phone=phone.e164)
    elif term.isdecimal() and len(term) <= LONGEST_ID:
        found = Contact.objects.filter(pk=int(term))
    else:
        found = Contact.objects.none()
    return list(found.values_list("pk", flat=True)[:MOST_MATCHES])


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "workspace",
        "full_name",
        "email",
        "phone",
        "key",
        "sms_consent",
        "email_consent",
        "created_at",
    )
    list_display_links = ("id", "full_name")
    list_filter = ("workspace", "sms_consent", "email_consent")
    list_select_related = ("workspace",)
    search_fields = ("=id",)
    exclude = ("search",)
    search_help_text = _("An id, a whole email address, or a phone number with +.")
    ordering = ("-pk",)

    @admin.display(description=_("name"))
    def full_name(self, contact: Contact) -> str:
        return contact.name

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By what has an index; words are searched in the console."""
        return (queryset.filter(pk__in=_contacts_of(search_term)) if search_term.strip() else queryset), False


@admin.register(ContactField)
class ContactFieldAdmin(AuditedAdmin):
    list_display = ("name", "label", "workspace")
    list_filter = ("workspace",)
    list_select_related = ("workspace",)
    search_fields = ("name", "label")
    raw_id_fields = ("workspace",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Templates name it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name is what contacts and templates know it by."""
        return ("workspace", "name") if obj else ()


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "workspace", "size", "created_at")
    list_filter = ("workspace", "kind")
    list_select_related = ("workspace",)
    search_fields = ("name",)
    ordering = ("-pk",)


@admin.register(GroupMember)
class GroupMemberAdmin(ReadOnlyAdmin):
    list_display = ("id", "group", "contact", "added_at")
    list_select_related = ("group", "contact")
    search_fields = ("=id",)
    search_help_text = _("The contact: an id, a whole email address, or a phone number with +.")
    raw_id_fields = ("group", "contact")
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.filter(contact__in=_contacts_of(search_term)) if search_term.strip() else queryset), False


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnlyAdmin):
    """Append-only: nobody changes what was said."""

    list_display = ("id", "at", "workspace", "contact", "channel", "state", "source", "actor")
    list_filter = ("workspace",)
    list_select_related = ("workspace", "contact", "actor")
    search_fields = ("=id",)
    search_help_text = _("The contact: an id, a whole email address, or a phone number with +.")
    raw_id_fields = ("contact", "actor")
    ordering = ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.filter(contact__in=_contacts_of(search_term)) if search_term.strip() else queryset), False


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("address", "channel", "workspace", "reason", "source", "actor", "at")
    list_filter = ("workspace", "channel", "reason")
    list_select_related = ("workspace", "actor")
    search_fields = ("=address",)
    search_help_text = _("A whole email address, or a phone number with +.")
    raw_id_fields = ("actor",)
    ordering = ("-pk",)
    actions = ("lift",)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("contacts.delete_suppression")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().lower()
        phone = phones.parse(term, "") if term and "@" not in term else None
        address = phone.e164 if isinstance(phone, phones.Phone) else term
        return (queryset.filter(address=address) if term else queryset), False

    @admin.action(description=_("Take off the do-not-contact list"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        actor, now, done = audit.actor_or_none(request.user), timezone.now(), 0
        for stop in queryset.select_related("workspace"):
            consent.unsuppress(stop, actor, now)
            done += 1
        self.message_user(request, _("Done for %(n)s.") % {"n": done}, messages.SUCCESS)
