"""docs/fraud.md, from the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write(result: dict[str, Any], path: Path) -> None:
    path.write_text("", "utf-8")
