"""A mail as it crosses the wire, written in the way that the server takes."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import Any

from petition_app.mail.smtp import Envelope


def packed(message: EmailMessage, connection: smtplib.SMTP) -> tuple[Envelope, bytes]:
    """A mail as it crosses the wire, and what is said of it before.

    The text goes as it is where the server takes that (RFC 6152), encoded in ASCII where it does not. An address beyond
    ASCII stands in the headers as it is (RFC 6532). Raises SMTPNotSupportedError where the server takes none.
    """
    sender, recipient = str(message["From"].addresses[0].addr_spec), recipient_of(message)
    way: dict[str, Any] = {"linesep": "\r\n"}
    options: list[str] = []
    if not (sender + recipient).isascii():
        if not connection.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError("The server takes addresses in ASCII only.")
        way["utf8"], options = True, ["SMTPUTF8", "BODY=8BITMIME"]
    elif connection.has_extn("8bitmime"):
        options = ["BODY=8BITMIME"]
    else:
        way["cte_type"] = "7bit"
    text = message.as_bytes(policy=message.policy.clone(**way))
    if connection.has_extn("size"):
        options = [f"SIZE={len(text)}", *options]
    return Envelope(sender, recipient, tuple(options)), text


def recipient_of(message: EmailMessage) -> str:
    return str(message["To"].addresses[0].addr_spec)
