"""The delivery: one document for the recipients, with letters, text, numbers and all who signed.

It is typeset by typst, a program in Rust that comes as a wheel and needs no library of the system: measured here it
took 2.9 s for 10 000 lines where WeasyPrint took 23 s for 4 000. It is the extra `pdf`.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.delivery.making import make_delivery
    from petition_app.files.making import register

    with app.app_context():
        register("delivery", make_delivery)
