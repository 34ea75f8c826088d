"""messaging-service keeps the providers' contract: email, SMS in batches and by query."""

from __future__ import annotations

from typing import Any, ClassVar

from campaigns.providers.base import Body, Channel, Message
from tests.providers.contract import ProviderContract


class ServiceContract(ProviderContract):
    slug = "messaging-service"
    credentials: ClassVar = {"auth_form": "app", "api_key": "sandbox-key"}
    wrong_credentials: ClassVar = {"auth_form": "app", "api_key": "wr0ng-key"}
    in_doubt = frozenset({500, 502, 503, 504})
    delivered_hook = "delivery"


class TestEmail(ServiceContract):
    channel = Channel.EMAIL
    send_path = "/email/4/messages"

    def body(self) -> Body:
        return Body(
            Channel.EMAIL,
            sender="Tienda Norte <novedades@correo.tiendanorte.example>",
            subject="{{p1}}, tu cupón",
            html="<p>Hola {{p1}}: {{p2}}</p>",
            text="Hola {{p1}}: {{p2}}",
            reply_to="ayuda@tiendanorte.example",
            slots=("p1", "p2"),
            headers={"List-Unsubscribe": "<https://consola.example/baja>"},
        )

    def message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"ana{number}@buzon.example", values=(f"Ana {number}", "OTOÑO"))

    def bad_message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"badsender{number}@buzon.example", values=("Ana", "OTOÑO"))


class SmsContract(ServiceContract):
    channel = Channel.SMS

    def body(self) -> Body:
        return Body(Channel.SMS, sender="TiendaNorte", text="Hola")

    def message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"+59171{number:03d}4567", text=f"Hola {number % 3}")

    def bad_message(self, number: int) -> Message:
        return Message(f"c41-r{number:04d}-a1", f"+59171{number:03d}0001", text="Hola")


class TestSms(SmsContract):
    send_path = "/sms/3/messages"


class TestSmsByQuery(SmsContract):
    send_path = "/sms/3/text/query"
    options: ClassVar[dict[str, Any]] = {"use_query_route": True}

    def reference_in(self, entry: dict[str, Any]) -> str:
        """This route has no message id; the bulk id carries our reference."""
        return str(entry["request_id"])
