"""The version of the program that runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    try:
        return installed("petition_app")
    except PackageNotFoundError:
        return "unknown"
