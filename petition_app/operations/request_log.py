"""What is logged of requests."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request


def init_app(app: Flask) -> None:
    """Log what changes something and what fails. The route is told, never the path, which may hold a token."""
    log = logging.getLogger("petition_app.requests")

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def log_request(response: Response) -> Response:
        if request.method not in ("GET", "HEAD") or response.status_code >= 500:
            milliseconds = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
            route = request.url_rule.rule if request.url_rule else "-"
            fields = {"method": request.method, "route": route, "status": response.status_code, "ms": milliseconds}
            log.info("request", extra={"fields": fields})
        return response
