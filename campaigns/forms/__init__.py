"""What people type about templates and campaigns, checked before a service sees it."""
