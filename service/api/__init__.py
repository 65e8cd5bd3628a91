"""The HTTP API.

A request travels through these files, in this order:

    envelope     trace id, headers that every answer has, the last resort for errors, the access log
    limiting     how often one caller may ask
    callers      who asks: authorisation as parameter types, so that no route can forget
    bodies       what is sent: bounded, and read strictly
    routes/*     one router per noun; each calls one use case
    schemas/*    what messages look like, kept apart from the domain
    problems     one table from errors to RFC 9457 problems

`create_app` puts them together; `service.composition` calls it.
"""

from service.api.app import create_app
from service.api.envelope import AccessLog
from service.api.settings import ApiSettings, Rates

__all__ = ["AccessLog", "ApiSettings", "Rates", "create_app"]
