"""Sinch's Campaigns API: a registry of names that messages can be filed under. It sends nothing (contract §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.providers.base import Refused
from campaigns.providers.http import Answer, HttpClient, Statuses, Verdict
from campaigns.providers.remote import RemoteCampaign
from campaigns.providers.sinch_messaging.codes import ASK_STATUSES, SEND_STATUSES
from campaigns.states import Reason

PAGE_SIZE = 100
_MOST_PAGES = 100
_NOT_FOUND = 404
_CHANGE_STATUSES: Statuses = {**SEND_STATUSES, _NOT_FOUND: Verdict(Refused, Reason.NOT_FOUND)}


class CampaignsApi:
    """The five calls, over a client that is open at the Campaigns API's own host."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list_page(self, name: str = "", page: int = 1) -> tuple[list[RemoteCampaign], int]:
        """One page (from 1) of the campaigns whose name matches, and the number of pages."""
        query = [("page", str(page)), ("page_size", str(PAGE_SIZE))]
        query += [("name", name)] if name else []
        answer = await self._http.exchange("GET", "/api/v1/campaigns", query=query, safe=True)
        self._http.check(answer, ASK_STATUSES, safe=True)
        found = [_campaign(row) for row in self._content(answer, safe=True).get("campaigns") or []]
        pages = answer.headers.get("total-pages", "")
        return [campaign for campaign in found if campaign], int(pages) if pages.isdigit() else page

    async def get(self, campaign_id: int) -> RemoteCampaign | None:
        """One campaign, or None. The path is printed in the singular; the plural is tried after a 404."""
        for path in (f"/api/v1/campaign/{campaign_id}", f"/api/v1/campaigns/{campaign_id}"):
            answer = await self._http.exchange("GET", path, safe=True)
            if answer.status != _NOT_FOUND:
                self._http.check(answer, ASK_STATUSES, safe=True)
                return self._one(answer, safe=True)
        return None

    async def create(self, name: str, alias: str = "") -> RemoteCampaign:
        answer = await self._http.exchange("POST", "/api/v1/campaigns", body=_body(name, alias))
        self._http.check(answer, SEND_STATUSES)
        return self._one(answer)

    async def change(self, campaign_id: int, name: str, alias: str = "") -> RemoteCampaign:
        answer = await self._http.exchange("PUT", f"/api/v1/campaigns/{campaign_id}", body=_body(name, alias))
        self._http.check(answer, _CHANGE_STATUSES)
        return self._one(answer)

    async def delete(self, campaign_id: int) -> None:
        answer = await self._http.exchange("DELETE", f"/api/v1/campaigns/{campaign_id}")
        self._http.check(answer, _CHANGE_STATUSES)

    async def everything(self) -> list[RemoteCampaign]:
        """Every campaign, page after page."""
        found: list[RemoteCampaign] = []
        page, pages = 1, 1
        while page <= min(pages, _MOST_PAGES):
            rows, pages = await self.list_page(page=page)
            found += rows
            page += 1
        return found

    def _one(self, answer: Answer, *, safe: bool = False) -> RemoteCampaign:
        campaign = _campaign(self._content(answer, safe=safe).get("campaign"))
        if campaign is None:
            raise self._http.unreadable(answer, safe=safe)
        return campaign

    def _content(self, answer: Answer, *, safe: bool = False) -> Mapping[str, Any]:
        """The object of a 2xx answer. `status.error` true means refused in spite of the 200."""
        content = self._http.parsed(answer, safe=safe)
        if not isinstance(content, dict):
            raise self._http.unreadable(answer, safe=safe)
        status = content.get("status")
        if isinstance(status, dict) and status.get("error"):
            raise Refused(Reason.REJECTED, self._http.redact(answer.excerpt()), http_status=answer.status)
        return content


def _body(name: str, alias: str) -> dict[str, Any]:
    return {"campaign": {"name": name} | ({"alias": alias} if alias else {})}


def _campaign(row: object) -> RemoteCampaign | None:
    if not isinstance(row, dict) or not isinstance(row.get("id"), int):
        return None
    return RemoteCampaign(row["id"], str(row.get("name") or ""), str(row.get("alias") or ""))
