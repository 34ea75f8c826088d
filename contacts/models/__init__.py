from contacts.models.consent import ConsentEvent, Suppression
from contacts.models.contact import Contact
from contacts.models.field import FIXED_FIELDS, ContactField
from contacts.models.group import Group, GroupMember

__all__ = ["FIXED_FIELDS", "ConsentEvent", "Contact", "ContactField", "Group", "GroupMember", "Suppression"]
