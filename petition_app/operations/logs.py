"""Logs: one JSON object a line on standard error, with no address, name or token in any of them."""

from __future__ import annotations

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any

from petition_app.i18n.marking import is_marking

# What must not get into a log even where a library's message carries it.
_ADDRESS = re.compile(r"[^\s\"'<>()]+@[^\s\"'<>()]+")
_TOKEN = re.compile(r"/signatures/[^/\s\"'<]+")
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """Time (UTC), level, logger, message, the fields that were given, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        text = _encode(line)
        if "@" in text:
            text = _ADDRESS.sub("(address)", text)
        return _TOKEN.sub("/signatures/…", text)


class OfThisSite(logging.Filter):
    """Leaves out what goes wrong on purpose, on the sample that translators look at; a fault of the program stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info) or not is_marking()


class WithoutDoubts(logging.Filter):
    """Leaves out what Granian says at every start: whether so many threads are meant.

    They are: half of them wait at a gate, and with fewer, readers would wait for signers (serve.py, web/gate.py).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("Configuration allows spawning up to")


CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "of this site": {"()": "petition_app.operations.logs.OfThisSite"},
        "without doubts": {"()": "petition_app.operations.logs.WithoutDoubts"},
    },
    "formatters": {"json": {"()": "petition_app.operations.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["of this site"],
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "_granian": {"level": "WARNING", "filters": ["without doubts"]},
        "granian.access": {"level": "ERROR"},
        "alembic": {"level": "WARNING"},
    },
}


def configure() -> None:
    """Send everything that is logged through the formatter."""
    logging.config.dictConfig(CONFIG)
