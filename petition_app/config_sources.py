"""Where settings come from: the environment, a file `.env`, and a secret that is made once."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

PREFIX = "PETITION_"

# Where a value may come from, beside the environment and a file.
DEFAULT, DATABASE = "default", "database"


class ConfigurationError(Exception):
    """The settings cannot be used. `problems` holds one sentence for each that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Setting:
    """One setting: the attribute it fills, how its text is read, its default as text, and what it is for."""

    name: str
    read: Callable[[str], Any]
    default: str
    sentence: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


def gather(
    settings: Sequence[Setting], environ: Mapping[str, str], env_file: Path
) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The text of each setting, where it came from, and what could not be understood as a setting."""
    problems: list[str] = []
    from_file: dict[str, str] = {}
    if env_file.is_file():
        try:
            read = dotenv_values(env_file, interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"The file {env_file} cannot be read: {error}. Save it as UTF-8 text.")
        else:
            from_file = {k: v or "" for k, v in read.items() if k.startswith(PREFIX)}
    known = {s.variable for s in settings}
    unknown = {*from_file, *(k for k in environ if k.startswith(PREFIX))} - known
    problems += [f"{name} is not a setting of this program{_nearest(name, known)}." for name in sorted(unknown)]
    texts, sources = {}, {}
    for setting in settings:
        for source, mapping in (("environment", environ), (str(env_file), from_file)):
            # Left empty where that is the default, it is left open for those who set it in the browser.
            if mapping.get(setting.variable, "").strip() or (setting.variable in mapping and setting.default):
                texts[setting.name], sources[setting.name] = mapping[setting.variable].strip(), source
                break
        else:
            texts[setting.name], sources[setting.name] = setting.default, DEFAULT
    return texts, sources, problems


def _nearest(variable: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(variable, known, n=1)
    return f"; did you mean {near[0]}?" if near else "; `petition config` lists them all"


def kept_secret(data_dir: Path, name: str, advice: str = "Restore it from a backup.") -> str:
    """A generated secret of the data folder; made once, readable by its owner only. `advice` is for a damaged one."""
    path = data_dir / name
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # two processes that start together agree on the first one's
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError([f"PETITION_DATA_DIR ({data_dir}) cannot be used: {error}."]) from error
    if len(secret) < 32:
        raise ConfigurationError([f"The secret in {path} is shorter than 32 characters. {advice}"])
    return secret


def masked(setting: Setting, text: str) -> str:
    """A setting's text as it may be shown: without a secret, and without the password inside an address."""
    if not setting.secret or not text:
        return text
    hidden = re.sub(r"(?<=://)([^/@:]*):.*@", r"\1:********@", text)
    hidden = re.sub(r"([?&][^=&]*password[^=&]*=)[^&]*", r"\1********", hidden, flags=re.IGNORECASE)
    return hidden if "://" in text else "********"
