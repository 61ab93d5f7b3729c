"""The application, loaded once for all processes of a site.

The process above the others makes it, asks nothing of it and forks them: what is loaded lies in memory once until a
process writes on it, and is loaded once at the start. For that nothing may be open at the fork that two cannot share:
no connection to a database, no thread that could hold a lock. Everything of that kind is begun by a process itself.
A process that is replaced comes from the same application: a new version of the program takes a restart.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

# macOS's own libraries do not outlive a fork: there, each process begins anew and loads for itself.
CAN_FORK = sys.platform != "darwin"

_made: Flask | None = None


def share() -> None:
    """Make the application that the processes which are started from now on share."""
    global _made
    multiprocessing.set_start_method("fork" if CAN_FORK else "spawn", force=True)
    if not CAN_FORK:
        return
    # What is loaded stays: a collector that looked through it meanwhile, again and again, would find nothing to go.
    gc.disable()
    from sqlalchemy.orm import configure_mappers

    # What the server and the mail worker load beside the application.
    from petition_app import create_app
    from petition_app.i18n.locales import own_name
    from petition_app.operations import worker  # noqa: F401
    from petition_app.statistics import visits  # noqa: F401

    _made = create_app()
    configure_mappers()
    for locale in _made.config["SETTINGS"].locales:
        own_name(locale)  # which reads all that Babel knows of the language
    # Nothing of it goes before the end. A collector that looked through it in each process would write on all of it.
    gc.collect()
    gc.freeze()
    gc.enable()


def application() -> Flask:
    """The application, in a process that was started after `share`."""
    from petition_app import create_app

    return create_app() if _made is None else _made
