"""HubSpot's answers: JSON, its bodies for errors, and the HTML it falls back to."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, object]
Context: TypeAlias = Mapping[str, list[str]]

CORRELATION_ID = "X-HubSpot-Correlation-Id"

_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Refused(Exception):  # noqa: N818 - an answer on its way to the client, not an error of the sandbox
    """HubSpot says no: an error body that the gate turns into the answer."""

    def __init__(self, status: int, category: str, message: str, **extra: object) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: Json = {"status": "error", "message": message, "category": category, **extra}

    def answer(self, correlation_id: str) -> web.Response:
        """Write the refusal as HubSpot does, under the request's correlation id."""
        return answer(self.body | {"correlationId": correlation_id}, status=self.status, headers=self.headers)


def answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        body=_dumps(body).encode(), status=status, headers=headers, content_type="application/json", charset="utf-8"
    )


def html(status: int, title: str) -> web.Response:
    """Answer with a web page, as HubSpot does where no route listens."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{status} {title}</h1></body></html>\n"
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")


def invalid(message: str, *, context: Context | None = None, code: str | None = None) -> Refused:
    """400: what was sent cannot be used."""
    detail: Json = {"message": message}
    if code is not None:
        detail["code"] = code
    if context is not None:
        detail["context"] = dict(context)
    extra = {} if context is None else {"context": dict(context)}
    return Refused(400, "VALIDATION_ERROR", message, errors=[detail], **extra)


def not_found(message: str = "resource not found") -> Refused:
    """404: the route exists, the thing does not."""
    return Refused(404, "OBJECT_NOT_FOUND", message)


def conflict(message: str) -> Refused:
    """409: something with that name is already there."""
    return Refused(409, "CONFLICT", message)


def standard_error(category: str, message: str, **context: str) -> Json:
    """One entry of a task's `errors`."""
    lists = {name: [value] for name, value in context.items()}
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": lists,
        "errors": [{"message": message, "context": lists}],
        "links": {},
    }
