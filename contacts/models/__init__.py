from contacts.models.consent import ConsentEvent, Suppression
from contacts.models.contact import Contact
from contacts.models.group import Group, GroupMember

__all__ = ["ConsentEvent", "Contact", "Group", "GroupMember", "Suppression"]
