"""The words of the audit log: a sentence for every action, a name for every detail. `audit_details` reads with them."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# The things that actions are done to: the part of "thing.verb" before the dot, for the filter of the page.
THINGS: dict[str, Any] = {
    "campaign": _("Campaigns"),
    "dispatch": _("Dispatches"),
    "list_run": _("List campaigns at providers"),
    "recipient": _("Recipients"),
    "template": _("Templates"),
    "contact": _("Contacts"),
    "contacts": _("Contacts, many at once"),
    "suppression": _("Do not contact"),
    "group": _("Lists and tags"),
    "export": _("Exports"),
    "account": _("Provider accounts"),
    "reply": _("Replies"),
    "member": _("People and roles"),
    "workspace": _("Workspace"),
    "admin": _("Administration"),
}
ACTIONS: dict[str, Any] = {
    "workspace.set_up": _("Console set up"),
    "workspace.edit": _("Workspace settings changed"),
    "workspace.replies": _("Opt-out words and confirmations changed"),
    "reply.answer": _("Reply answered"),
    "member.add": _("Person added to the workspace"),
    "member.invite": _("New sign-in link made"),
    "member.role": _("Role changed"),
    "member.remove": _("Person removed from the workspace"),
    "contact.created": _("Contact added"),
    "contact.changed": _("Contact changed"),
    "contact.deleted": _("Contact deleted"),
    "contact.export": _("Export of contacts asked for"),
    "contacts.imported": _("Contacts imported"),
    "contacts.add": _("Contacts added to a list or tag"),
    "contacts.remove": _("Contacts taken out of a list or tag"),
    "contacts.do_not_contact": _("Contacts put on the do-not-contact list"),
    "group.created": _("List or tag created"),
    "group.changed": _("List or tag changed"),
    "group.deleted": _("List or tag deleted"),
    "suppression.added": _("Addresses put on the do-not-contact list"),
    "suppression.removed": _("Address taken off the do-not-contact list"),
    "template.create": _("Template created"),
    "template.update": _("Template changed"),
    "template.restore": _("Older version of the template used again"),
    "template.archive": _("Template archived"),
    "template.unarchive": _("Template taken out of the archive"),
    "campaign.create": _("Campaign created"),
    "campaign.update": _("Campaign changed"),
    "campaign.guarded_option": _("Delivery option of managers changed"),
    "campaign.rename": _("Campaign renamed"),
    "campaign.delete": _("Campaign deleted"),
    "campaign.submit": _("Campaign sent to review"),
    "campaign.reopen": _("Campaign back to draft"),
    "campaign.schedule": _("Campaign scheduled"),
    "campaign.unschedule": _("Campaign unscheduled"),
    "campaign.start": _("Campaign started"),
    "campaign.archive": _("Campaign archived"),
    "dispatch.create": _("Dispatch created"),
    "dispatch.begin": _("Sending began"),
    "dispatch.pause": _("Dispatch paused"),
    "dispatch.resume": _("Dispatch resumed"),
    "dispatch.hold": _("Dispatch paused by a problem"),
    "dispatch.stop": _("Dispatch stopped"),
    "dispatch.finish": _("Dispatch finished"),
    "dispatch.recount": _("Figures of the dispatch counted again"),
    "dispatch.alarm": _("Figures of the dispatch do not add up"),
    "dispatch.move": _("Messages moved to another time at the provider"),
    "dispatch.call_off": _("Messages called off at the provider"),
    "dispatch.resend": _("Messages of the dispatch sent again"),
    "dispatch.canary": _("First messages of the dispatch went well"),
    "list_run.approve": _("List campaign at the provider approved"),
    "recipient.mark_sent": _("Recipients marked as sent"),
    "recipient.mark_not_sent": _("Recipients marked as not sent"),
    "recipient.name_request": _("Id of a request entered"),
    "recipient.send_again": _("Recipients sent to again"),
    "export.create": _("Export of recipients asked for"),
    "account.create": _("Provider account added"),
    "account.update": _("Provider account changed"),
    "account.enable": _("Provider account enabled"),
    "account.disable": _("Provider account disabled"),
    "account.release": _("Provider account released"),
    "account.register_hooks": _("Callbacks registered at the provider"),
    "account.campaign_create": _("Campaign made at the provider"),
    "account.campaign_change": _("Campaign changed at the provider"),
    "account.campaign_delete": _("Campaign deleted at the provider"),
    "account.faults": _("Faults of the sandbox changed"),
    "contact.number_check": _("Phone number checked at the provider"),
    "account.rotate_token": _("New callback addresses made"),
    "admin.add": _("Added in the administration"),
    "admin.change": _("Changed in the administration"),
    "admin.delete": _("Deleted in the administration"),
}
NAMES: dict[str, Any] = {
    "after": _("After"),
    "before": _("Before"),
    "budget": _("Most it may cost"),
    "cause": _("Reason"),
    "changed": _("People"),
    "channel": _("Channel"),
    "copy_of": _("Copy of"),
    "cost": _("Cost"),
    "count": _("People"),
    "created": _("New contacts"),
    "credentials": _("Credentials entered"),
    "email": _("Email consent"),
    "failed": _("Failed"),
    "fields": _("Fields"),
    "format": _("File"),
    "groups": _("Lists and tags"),
    "handed_over": _("Handed over"),
    "kind": _("Kind"),
    "n": _("Addresses"),
    "name": _("Name"),
    "new": _("New on the list"),
    "part": _("Part"),
    "people": _("People"),
    "planned_at": _("Planned for"),
    "provider": _("Provider"),
    "q": _("Search"),
    "reach": _("Reachable by"),
    "reason": _("Reason"),
    "rejected": _("Rejected rows"),
    "role": _("Role"),
    "rows": _("Rows"),
    "size": _("People"),
    "sms": _("SMS consent"),
    "state": _("State"),
    "text": _("Provider's words"),
    "tried": _("Of the last messages"),
    "updated": _("Changed contacts"),
    "version": _("Version"),
    "will_not_go": _("Will not go"),
    "words": _("Words"),
    "confirms": _("Confirms an opt-out"),
    "alias": _("Alias"),
    "active": _("Mobile number"),
    "carrier": _("Carrier"),
    "fault": _("Fault"),
}
PARTS = {
    "audience": _("Audience"),
    "message": _("Message"),
    "schedule": pgettext_lazy("part of a campaign", "Schedule"),
    "delivery": _("Delivery"),
}
FORMATS = {"csv": _("Table"), "jsonl": _("JSON lines")}


def sentence(action: str) -> str:
    """What was done, such as "Campaign scheduled"."""
    if action in ACTIONS:
        return str(ACTIONS[action])
    thing, _dot, verb = action.partition(".")
    return f"{readable(thing)}: {verb.replace('_', ' ')}" if verb else readable(thing)


def readable(code: str) -> str:
    """A code that nobody named, as a word: "access_token" becomes "Access token"."""
    return str(capfirst(code.replace("_", " ").strip()))
