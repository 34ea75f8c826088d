"""The vendor's error codes in one table (contract §9). Only 121 is certain; the others can be renumbered by the
setting `codes`."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, int] = {
    "no_data": 100,
    "bad_credentials": 101,
    "text_too_long": 102,
    "no_recipients": 103,
    "no_credit": 104,
    "bad_sender": 106,
    "no_text": 107,
    "no_valid_number": 117,
    "request_id_used": 120,
    "stop_missing": 121,
    "waits_for_approval": 126,
    "being_processed": 127,
    "start_anew": 128,
    "not_ready": 129,
    "not_found": 131,
    "already_sent": 132,
    "list_exists": 302,
    "no_such_list": 303,
    "too_many_contacts": 305,
    "not_possible": 306,
    "internal": 500,
}

TEXTS: Mapping[str, str] = {
    "no_data": "No se recibieron datos POST.",
    "bad_credentials": "Identificador o clave incorrectos.",
    "text_too_long": "El texto es demasiado largo.",
    "no_recipients": "No hay destinatarios.",
    "no_credit": "Crédito insuficiente.",
    "bad_sender": "Remitente incorrecto.",
    "no_text": "Falta el texto.",
    "no_valid_number": "Ningún número válido.",
    "request_id_used": "Este request_id ya fue utilizado.",
    "stop_missing": "Falta la mención STOP.",
    "waits_for_approval": "Otra campaña espera su validación.",
    "being_processed": "Otra campaña está en proceso.",
    "start_anew": "Debe empezar una campaña nueva.",
    "not_ready": "La campaña aún se está calculando.",
    "not_found": "Campaña no encontrada.",
    "already_sent": "La campaña ya fue enviada.",
    "list_exists": "El nombre de la lista ya existe.",
    "no_such_list": "La lista no existe.",
    "too_many_contacts": "Demasiados contactos en una petición.",
    "not_possible": "Acción desconocida.",
    "internal": "Error interno.",
}
"""As the seed shows them: in the language of the account, so that nobody relies on the words."""
