"""What the association has set in the browser, laid over what the operator has set where the program runs.

A setting that the operator has set (environment, `.env`) holds; else the database's; else the default. Pages and mails
ask `effective.settings()`, which never reads the database: each process looks there before a request (or, in the mail
worker, before a round), not oftener than every half second.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.site import effective

    app.extensions["site"] = effective.Keeper(app.config["SETTINGS"])
    # Ahead of what reads the language off the address: which languages there are is one of the settings.
    app.url_value_preprocessor(lambda _endpoint, _values: effective.look_for_request())
