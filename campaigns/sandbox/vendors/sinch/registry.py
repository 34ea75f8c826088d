"""The campaign registry: names and aliases that group messages in reports. It sends nothing."""

from __future__ import annotations

from typing import Any

from campaigns.sandbox.vendors.sinch.errors import BadRequest, error_answer
from campaigns.sandbox.vendors.sinch.reading import read_object
from campaigns.sandbox.wire import Answer, Call, ErrorAnswer

PAGE_SIZE = 10
FINE = {"error": False}


class CampaignRegistry:
    """/api/v1/campaigns, in memory."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._campaigns: dict[int, dict[str, Any]] = {}
        self._next_id = 1

    def id_of(self, alias: str) -> int | None:
        """The id of the campaign with this alias."""
        return next((c["id"] for c in self._campaigns.values() if c.get("alias") == alias), None)

    def list_page(self, call: Call) -> Answer:
        page, size = _positive(call, "page", 1), _positive(call, "page_size", PAGE_SIZE)
        name = call.query.get("name", "").casefold()
        matching = [c for c in self._campaigns.values() if name in c["name"].casefold()]
        headers = {"page-number": str(page), "per-page": str(size), "total": str(len(matching)),
                   "total-pages": str(-(-len(matching) // size))}  # fmt: skip
        return Answer({"status": FINE, "campaigns": matching[(page - 1) * size : page * size]}, headers=headers)

    def show(self, call: Call) -> Answer:
        return Answer({"status": FINE, "campaign": self._find(call)})

    def create(self, call: Call) -> Answer:
        campaign = _read_campaign(call)
        campaign["id"] = self._next_id
        self._campaigns[self._next_id] = campaign
        self._next_id += 1
        return Answer({"status": FINE, "campaign": campaign})

    def change(self, call: Call) -> Answer:
        campaign = self._find(call)
        campaign |= _read_campaign(call)
        return Answer({"status": FINE, "campaign": campaign})

    def delete(self, call: Call) -> Answer:
        del self._campaigns[self._find(call)["id"]]
        return Answer({"status": FINE})

    def _find(self, call: Call) -> dict[str, Any]:
        key = call.match["id"]
        campaign = self._campaigns.get(int(key)) if key.isdecimal() else None
        if campaign is None:
            raise ErrorAnswer(error_answer(404, f"Campaign {key} was not found."))
        return campaign


def _read_campaign(call: Call) -> dict[str, Any]:
    campaign = read_object(call.body).get("campaign")
    if not isinstance(campaign, dict) or not isinstance(campaign.get("name"), str) or not campaign["name"].strip():
        raise BadRequest("campaign.name is required.")
    alias = campaign.get("alias")
    if alias is not None and not isinstance(alias, str):
        raise BadRequest("campaign.alias must be a string.")
    return {"name": campaign["name"]} | ({} if alias is None else {"alias": alias})


def _positive(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise BadRequest(f"{name} must be a positive number.")
    return int(text)
