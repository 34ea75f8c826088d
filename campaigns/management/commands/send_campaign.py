"""`manage.py send_campaign`: confirm a draft from the command line, for unattended use; the worker sends it."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns.demo import rehearsal
from campaigns.models import Campaign
from campaigns.services.writing import drafts, local_time, scheduling
from console.errors import UserError
from console.models import Workspace


class Command(BaseCommand):
    help = "Schedule a draft campaign: now, or at --at in the workspace's zone. The same checks as on the Review page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="id or exact name of a draft")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--at", metavar="YYYY-MM-DDTHH:MM", help="local time of the workspace (default: now)")
        parser.add_argument(
            "--expect", type=int, metavar="N", help="refuse when the people differ from N by over 20 %%"
        )
        parser.add_argument("--wait", action="store_true", help="follow the dispatch until it is over")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        campaign = _find(workspace, options["campaign"])
        try:
            if options["at"]:
                plan = drafts.Plan(_time(options["at"], workspace), workspace.time_zone, campaign.messages_per_second)
                drafts.set_plan(campaign, plan, None, now)
                campaign.refresh_from_db()
            people = scheduling.schedule(campaign, options["expect"], None, now)
            campaign.refresh_from_db()
            self.stdout.write(
                f"{campaign}: {people:,} messages, scheduled for {campaign.start_at:%Y-%m-%d %H:%M:%S} UTC"
            )
            if options["wait"]:
                within = (campaign.start_at - now).total_seconds() + 60 if campaign.start_at else 60
                dispatch = rehearsal.watch(campaign, self.stdout.write, start_within=within)
                self.stdout.write(f"Dispatch {dispatch.pk} is {dispatch.status}.")
        except UserError as error:
            raise CommandError(str(error)) from error


def _find(workspace: Workspace, text: str) -> Campaign:
    mine = Campaign.objects.for_workspace(workspace).select_related("workspace", "account", "version")
    found = mine.filter(pk=int(text)) if text.isdecimal() else mine.filter(name=text)
    if len(found) != 1:
        raise CommandError(
            f"There is no campaign {text!r}."
            if not found
            else f"{len(found)} campaigns are named {text!r}; give the id."
        )
    return found[0]


def _time(text: str, workspace: Workspace) -> datetime:
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at {text}: write it as 2026-12-24T10:00.") from error
    return local_time.resolve(local.date(), local.time(), workspace.time_zone).at
