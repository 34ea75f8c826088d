"""One sandbox for all tests, with a clock that stands still; forgotten and checked for faults around each test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.cloud import fetch_token
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    with SandboxProcess(speed=0) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """A fresh sandbox whose time only moves by `advance`. A fault of its own fails the test."""
    sandbox_process.reset()
    yield sandbox_process
    assert sandbox_process.health()["errors"] == []


@pytest.fixture(scope="session")
def receiver_thread() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def receiver(receiver_thread: Receiver) -> Receiver:
    receiver_thread.clear()
    return receiver_thread


@pytest.fixture(scope="session")
def sinch_client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"UserName": "sandbox", "AuthenticationToken": "sandbox-token"}
    with httpx.Client(base_url=sandbox_process.url, headers=headers, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def sinch(sandbox: SandboxProcess, sinch_client: httpx.Client) -> httpx.Client:
    """A client with the credentials of the Sinch sandbox."""
    return sinch_client


@pytest.fixture(scope="session")
def service_client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": "App sandbox-key", "Accept": "application/json"}
    with httpx.Client(base_url=sandbox_process.url, headers=headers, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def service(sandbox: SandboxProcess, service_client: httpx.Client) -> httpx.Client:
    """A client with the API key of the messaging-service sandbox."""
    return service_client


@pytest.fixture(scope="session")
def octopush_client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"api-login": "campaigns@shop.example", "api-key": "sandbox-key"}
    with httpx.Client(base_url=sandbox_process.url, headers=headers, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def octopush(sandbox: SandboxProcess, octopush_client: httpx.Client) -> httpx.Client:
    """A client with the credentials of the Octopush sandbox."""
    return octopush_client


@pytest.fixture(scope="session")
def marketing_cloud_client(sandbox_process: SandboxProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox_process.url, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def cloud(sandbox: SandboxProcess, marketing_cloud_client: httpx.Client) -> httpx.Client:
    """A client with a fresh token of the Marketing Cloud sandbox."""
    marketing_cloud_client.headers["Authorization"] = f"Bearer {fetch_token(marketing_cloud_client)}"
    return marketing_cloud_client
