"""messaging-service: credentials, scopes, rate limits, uploads, suppressions."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.messages import configure, email, post_email, sms
from tests.sandbox_process import SandboxProcess

BASIC = "Basic " + base64.b64encode(b"sandbox:sandbox").decode()


def try_with(service: httpx.Client, *authorizations: str, path: str = "/sms/3/messages") -> httpx.Response:
    """A send with these Authorization headers, made without the client's own."""
    headers = [("Authorization", value) for value in authorizations]
    request = httpx.Request("POST", service.base_url.join(path), json={"messages": [sms()]}, headers=headers)
    return service.send(request, auth=None)


@pytest.mark.parametrize("authorization", ["App sandbox-key", BASIC])
def test_a_key_and_a_user_are_let_in(service: httpx.Client, authorization: str) -> None:
    assert try_with(service, authorization).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["App wrong", "app sandbox-key", "APP sandbox-key", "sandbox-key", "Basic x", "Bearer sandbox-key", "IBSSO token",
     "Basic " + base64.b64encode(b"sandbox:wrong").decode(), "Basic " + base64.b64encode(b"sandbox").decode(), ""],
)  # fmt: skip
def test_anything_else_gets_401(sandbox: SandboxProcess, service: httpx.Client, authorization: str) -> None:
    answer = try_with(service, authorization)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "E401")
    assert sandbox.log() == []


def test_no_credentials_get_401_in_the_legacy_envelope_on_legacy_routes(service: httpx.Client) -> None:
    answer = try_with(service, path="/sms/1/preview")
    assert answer.status_code == 401
    assert answer.json()["requestError"]["serviceException"]["messageId"] == "UNAUTHORIZED"


def test_two_credentials_at_once_are_never_accepted(sandbox: SandboxProcess, service: httpx.Client) -> None:
    assert try_with(service, "App sandbox-key", BASIC).status_code == 401
    assert [v["rule"] for v in sandbox.violations()] == ["two_authorizations"]


@pytest.mark.parametrize("path", ["/sms/3/messages", "/email/4/messages", "/sms/1/preview"])
def test_a_key_without_scopes_gets_403(service: httpx.Client, path: str) -> None:
    assert try_with(service, "App sandbox-noscope", path=path).status_code == 403


def test_a_key_that_may_only_send_cannot_read_logs_or_cancel(sandbox: SandboxProcess, service: httpx.Client) -> None:
    configure(sandbox, api_keys={"sender": ["sms:message:send"]})
    headers = {"Authorization": "App sender"}
    assert try_with(service, "App sender").status_code == 200
    assert service.get("/sms/3/logs", headers=headers).status_code == 403
    assert service.put("/sms/1/bulks/status", json={"status": "CANCELED"}, headers=headers).status_code == 403
    assert service.get("/sms/1/bulks/status", headers=headers).status_code == 400  # let in, no bulkId


# OAuth


def token(service: httpx.Client, **form: str) -> httpx.Response:
    data = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox", **form}
    return service.post("/auth/1/oauth2/token", data=data)


def test_an_issued_token_works_until_it_expires(sandbox: SandboxProcess, service: httpx.Client) -> None:
    issued = token(service).json()
    authorization = f"Bearer {issued['access_token']}"
    assert try_with(service, authorization).status_code == 200
    sandbox.advance(issued["expires_in"] + 1)
    assert try_with(service, authorization).status_code == 401


def test_a_wrong_client_gets_no_token(service: httpx.Client) -> None:
    assert token(service, client_secret="wrong").status_code == 401
    assert token(service, grant_type="password").status_code == 400


# Rate limits


def test_the_published_limit_answers_429(sandbox: SandboxProcess, service: httpx.Client) -> None:
    codes = [service.get("/email/4/logs").status_code for _ in range(121)]
    assert codes == [200] * 120 + [429]
    sandbox.advance(60)
    assert service.get("/email/4/logs").status_code == 200


def test_a_limit_can_be_configured_downwards(sandbox: SandboxProcess, service: httpx.Client) -> None:
    configure(sandbox, rate_limits={"/email/4/messages": [1, 10]})
    assert post_email(service, email()).status_code == 200
    answer = post_email(service, email())
    assert answer.status_code == 429
    assert answer.json() == {
        "errorCode": "E429",
        "description": "Rate limit reached.",
        "action": "Slow down and repeat later.",
        "violations": [],
        "resources": [{"name": "Throttling", "url": "https://docs.example/throttling"}],
    }
    assert len(sandbox.log()) == 1


def test_the_other_limits_stay_as_published(sandbox: SandboxProcess) -> None:
    shown = configure(sandbox, rate_limits={"/email/4/messages": [1, 10]})
    assert shown["rate_limits"]["/email/1/bulks"] == [100, 60]


def test_reading_and_writing_a_bulk_share_one_limit(sandbox: SandboxProcess, service: httpx.Client) -> None:
    configure(sandbox, rate_limits={"/email/1/bulks": [1, 60]})
    query = {"bulkId": "b-1"}
    assert service.get("/email/1/bulks", params=query).status_code == 404
    answer = service.put("/email/1/bulks", params=query, json={})
    assert answer.json()["requestError"]["serviceException"]["messageId"] == "TOO_MANY_REQUESTS"


# Uploads and suppressions


def upload(service: httpx.Client, **headers: str) -> httpx.Response:
    sent = {"X-Content-Id": "c1", "X-Media-Type": "application/pdf", "Content-Type": "application/octet-stream"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return service.post("/email/1/content", content=b"%PDF", headers={k: v for k, v in sent.items() if v})


def test_an_uploaded_content_can_be_attached(service: httpx.Client) -> None:
    uploaded = upload(service, X_Validity_Period_Minutes="1440").json()["uploadedContentId"]
    content = {"attachments": [{"type": "uploadedReference", "contentId": uploaded}]}
    assert post_email(service, email(content=content)).status_code == 200


@pytest.mark.parametrize("headers", [{"X_Content_Id": ""}, {"X_Media_Type": ""}, {"X_Validity_Period_Minutes": "60"}])
def test_a_malformed_upload_has_an_answer_of_its_own(service: httpx.Client, headers: dict[str, str]) -> None:
    answer = upload(service, **headers)
    assert answer.status_code == 400
    assert list(answer.json()) == ["bulkId", "messages", "errorMessage"]


def group(**fields: Any) -> dict[str, Any]:
    return {"domainName": "t.example", "emailAddress": ["ana@b.example", "bea@c.example"], "type": "BOUNCE", **fields}


def suppressed(service: httpx.Client, **query: Any) -> list[str]:
    answer = service.get("/email/1/suppressions", params={"domainName": "t.example", "type": "BOUNCE", **query})
    assert answer.status_code == 200, answer.text
    return [row["emailAddress"] for row in answer.json()["results"]]


def change(service: httpx.Client, method: str, *groups: dict[str, Any]) -> int:
    return service.request(method, "/email/1/suppressions", json={"suppressions": list(groups)}).status_code


def test_suppressions_are_added_listed_and_removed(service: httpx.Client) -> None:
    assert change(service, "POST", group()) == 204
    assert suppressed(service) == ["ana@b.example", "bea@c.example"]
    assert suppressed(service, recipientDomain="c.example") == ["bea@c.example"]
    assert suppressed(service, size=1, page=1) == ["bea@c.example"]
    assert suppressed(service, type="COMPLAINT") == []
    assert change(service, "DELETE", group(emailAddress=["ana@b.example"])) == 204
    assert suppressed(service) == ["bea@c.example"]


@pytest.mark.parametrize(
    "groups",
    [[], [group()] * 11, [group(type="OVER_QUOTA")], [group(domainName="")], [group(emailAddress=[])],
     [group(emailAddress=["a@b.example"] * 1001)]],
    ids=["none", "11 groups", "type", "domain", "no address", "1001 addresses"],
)  # fmt: skip
def test_a_malformed_suppression_is_refused(service: httpx.Client, groups: list[dict[str, Any]]) -> None:
    assert change(service, "POST", *groups) == 400


def test_a_list_of_suppressions_needs_domain_and_type(service: httpx.Client) -> None:
    answer = service.get("/email/1/suppressions")
    assert [violation["property"] for violation in answer.json()["violations"]] == ["domainName", "type"]


@pytest.mark.parametrize(("path", "key"), [("/email/9/x", "errorCode"), ("/sms/1/x", "requestError")])
def test_an_unknown_path_is_404_in_the_envelope_of_its_kind(service: httpx.Client, path: str, key: str) -> None:
    answer = service.get(path)
    assert answer.status_code == 404
    assert key in answer.json()
