"""How the body of a request is read."""

from __future__ import annotations

from typing import IO, Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser


class PlainFormParser(FormDataParser):
    """Every field has a name, and its value is text.

    Bytes that are no UTF-8 are told as such (U+FFFD), so that a field can refuse them: Werkzeug keeps them
    percent-encoded, and nobody could tell them from what a person has typed.
    """

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        text = stream.read().decode("utf-8", "replace")
        return stream, self.cls(parse_qsl(text, keep_blank_values=True, errors="replace")), self.cls()

    def _parse_multipart(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> Any:
        """A part without a name is nobody's: Werkzeug gives it the name None, which no field of a form has."""
        rest, form, files = super()._parse_multipart(stream, mimetype, content_length, options)
        return rest, self._named(form), self._named(files)

    def _named(self, parts: MultiDict[str, Any]) -> MultiDict[str, Any]:
        return self.cls([(name, value) for name, value in parts.items(multi=True) if isinstance(name, str)])


class PlainRequest(Request):
    """A request whose forms hold text."""

    form_data_parser_class = PlainFormParser
