"""Mails are handed to a real SMTP server, which may be slow, full, picky or gone; or they land in the preview."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from petition_app.config_values import MailServer
from petition_app.mail import messages, transport
from petition_app.mail.transport import (
    PermanentFailure,
    PreviewTransport,
    ServerUnavailable,
    SmtpTransport,
    TemporaryFailure,
)
from petition_app.models.base import now
from tests.mail.conftest import Postbox, knows_alice
from tests.story import link_in, read_mail

LINK = "http://localhost:8000/fr/signatures/" + "a" * 90 + "/confirmation"
Start = Callable[..., Postbox]


def a_mail(local: str = "alice", domain: str = "example.org", number: int = 1) -> EmailMessage:
    mail = EmailMessage(policy=messages.POLICY)
    mail["From"] = Address("Association Exemple", "petition", "example.net")
    mail["To"] = Address("", local, domain)
    mail["Subject"] = "Confirmez : une eau « propre » pour Ἀθῆναι"
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<{number}@example.net>"
    mail.set_content(f"Bonjour Élodie,\n\n{LINK}\n", cte="8bit")
    return mail


class TestSmtp:
    def test_a_mail_arrives_as_it_was_written(self, smtp: Postbox) -> None:
        with_server(smtp, a_mail())
        (mail,) = smtp.mails
        assert smtp.envelopes[0].rcpt_tos == ["alice@example.org"]
        assert mail["Subject"] == "Confirmez : une eau « propre » pour Ἀθῆναι"
        assert "Bonjour Élodie," in mail.get_content()
        assert LINK.encode() in smtp.envelopes[0].content.splitlines()

    def test_many_mails_take_one_connection_and_a_lost_one_is_made_anew(
        self, smtp: Postbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sender = SmtpTransport(smtp.server)
        for number in range(5):
            sender.send(a_mail(number=number))
        assert len(smtp.sessions) == 1
        monkeypatch.setattr(transport, "UNASKED_SECONDS", 0.0)  # as if it had rested
        sender._connection.sock.shutdown(socket.SHUT_RDWR)  # the server, tired of waiting for the next
        sender.send(a_mail(number=6))
        sender.close()
        assert (len(smtp.envelopes), len(smtp.sessions)) == (6, 2)

    def test_a_server_that_takes_seven_bits_only_gets_seven(self, start_smtp: Start) -> None:
        old = start_smtp(decode_data=True, enable_SMTPUTF8=False)
        with_server(old, a_mail())
        content = old.envelopes[0].content
        assert isinstance(content, str)
        assert content.isascii()
        assert link_in(read_mail(content.encode())) in LINK
        assert "Bonjour Élodie," in read_mail(content.encode()).get_content()

    @pytest.mark.parametrize(
        ("step", "answer", "failure"),
        [
            ("recipient_answer", "450 greylisted, come again", TemporaryFailure),
            ("recipient_answer", "421 closing down", ServerUnavailable),
            ("recipient_answer", "530 5.7.0 log in first", ServerUnavailable),
            ("recipient_answer", "550 5.1.1 no such mailbox", PermanentFailure),
            ("sender_answer", "550 5.7.1 not a sender of ours", ServerUnavailable),
            ("sender_answer", "452 disk full", ServerUnavailable),
            ("data_answer", "451 local error", TemporaryFailure),
            ("data_answer", "554 looks like spam", PermanentFailure),
        ],
    )
    def test_each_refusal_is_told_apart_and_the_next_mail_goes(
        self, smtp: Postbox, step: str, answer: str, failure: type[Exception]
    ) -> None:
        sender = SmtpTransport(smtp.server)
        setattr(smtp, step, answer)
        with pytest.raises(failure) as refused:
            sender.send(a_mail())
        assert type(refused.value) is failure
        assert str(refused.value) == answer
        setattr(smtp, step, "")
        sender.send(a_mail(number=2))
        assert [mail["Message-ID"] for mail in smtp.mails] == ["<2@example.net>"]
        sender.close()

    def test_what_the_server_repeats_of_the_mail_is_not_kept(self, smtp: Postbox) -> None:
        smtp.recipient_answer = f"550 <alice.exemple@example.org>: alice.exemple unknown; see {LINK}"
        with pytest.raises(PermanentFailure) as refused:
            with_server(smtp, a_mail("alice.exemple"))
        assert str(refused.value) == "550 (address) (address) unknown; see (link)"

    def test_a_connection_that_breaks_off_midway(self, smtp: Postbox) -> None:
        smtp.drops = 1
        sender = SmtpTransport(smtp.server)
        with pytest.raises(ServerUnavailable, match=r"SMTPServerDisconnected|ConnectionReset"):
            sender.send(a_mail())
        sender.send(a_mail())
        assert len(smtp.envelopes) == 1
        sender.close()

    def test_a_server_that_does_not_answer_in_time(self, smtp: Postbox) -> None:
        smtp.seconds = 1.5
        with pytest.raises(ServerUnavailable, match=r"(?i)timed? ?out|disconnected"):
            with_server(smtp, a_mail(), timeout=0.3)

    def test_a_server_that_accepts_and_says_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            server = MailServer("127.0.0.1", silent.getsockname()[1], tls=False, user=None, password=None)
            with pytest.raises(ServerUnavailable):
                SmtpTransport(server, timeout=0.3).open()

    def test_no_server_and_no_such_host(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        for host in ("127.0.0.1", "mail.invalid", "a" * 64 + ".invalid", "a..invalid"):
            with pytest.raises(ServerUnavailable):
                SmtpTransport(MailServer(host, port, tls=False, user=None, password=None), timeout=2).open()

    def test_something_that_is_no_mail_server(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as web:
            threading.Thread(target=_answers_http, args=(web,), daemon=True).start()
            server = MailServer("127.0.0.1", web.getsockname()[1], tls=False, user=None, password=None)
            with pytest.raises(ServerUnavailable):
                SmtpTransport(server, timeout=1).open()


class TestAddresses:
    def test_a_domain_beyond_ascii_is_written_in_punycode(self, smtp: Postbox) -> None:
        with_server(smtp, a_mail(domain=messages.mail_domain("bücher.example.org")))
        assert smtp.envelopes[0].rcpt_tos == ["alice@xn--bcher-kva.example.org"]

    def test_a_name_beyond_ascii_goes_where_the_server_takes_it(self, smtp: Postbox) -> None:
        with_server(smtp, a_mail("élodie"))
        assert smtp.envelopes[0].rcpt_tos == ["élodie@example.org"]
        assert "SMTPUTF8" in smtp.envelopes[0].mail_options
        assert "To: élodie@example.org".encode() in smtp.envelopes[0].content

    def test_where_it_does_not_the_mail_is_given_up_with_a_sentence(self, start_smtp: Start) -> None:
        ascii_only = start_smtp(enable_SMTPUTF8=False)
        with pytest.raises(PermanentFailure, match="does not take addresses with letters beyond ASCII"):
            with_server(ascii_only, a_mail("élodie"))


class TestTls:
    def test_starttls_with_a_certificate_that_is_trusted(
        self, start_smtp: Start, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        guarded = start_smtp(tls=context(certificate), require_starttls=True)
        sender = SmtpTransport(replace(guarded.server, host="localhost"))
        assert sender.check() == "TLS"
        sender.send(a_mail())
        sender.close()
        assert len(guarded.mails) == 1

    def test_user_and_password_go_through_tls_only(
        self, start_smtp: Start, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        guarded = start_smtp(tls=context(certificate), authenticator=knows_alice, auth_required=True)
        server = replace(guarded.server, host="localhost", user="alice", password="p@ss word")
        sender = SmtpTransport(server)
        sender.send(a_mail())
        sender.close()
        with pytest.raises(ServerUnavailable, match="refused user or password \\(535\\)"):
            SmtpTransport(replace(server, password="wrong")).open()
        plain = start_smtp(authenticator=knows_alice, auth_require_tls=False)
        with pytest.raises(ServerUnavailable, match="offers no STARTTLS"):
            SmtpTransport(replace(server, port=plain.port)).open()

    def test_a_certificate_nobody_vouches_for_is_refused_where_a_password_is_sent(
        self, start_smtp: Start, certificate: Path
    ) -> None:
        guarded = start_smtp(tls=context(certificate), authenticator=knows_alice)
        server = replace(guarded.server, host="localhost", user="alice", password="p@ss word")
        with pytest.raises(ServerUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            SmtpTransport(server).open()

    def test_this_machines_own_server_may_have_such_a_certificate(self, start_smtp: Start, certificate: Path) -> None:
        own = start_smtp(tls=context(certificate))
        with_server(own, a_mail())
        assert len(own.mails) == 1

    def test_another_machines_server_must_offer_starttls(self, smtp: Postbox) -> None:
        elsewhere = replace(smtp.server, host="0.0.0.0")  # noqa: S104  # reaches this machine, and is no loopback name
        with pytest.raises(ServerUnavailable, match="offers no STARTTLS"):
            SmtpTransport(elsewhere).open()

    def test_tls_from_the_first_byte_to_a_server_that_speaks_none(self, smtp: Postbox) -> None:
        with pytest.raises(ServerUnavailable, match="SSL"):
            SmtpTransport(replace(smtp.server, tls=True), timeout=2).open()

    def test_what_was_said_in_the_clear_is_not_heeded_once_tls_has_begun(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody in between could have added it to the server's answer."""

        def converse() -> None:
            plain, _address = listening.accept()
            plain.sendall(b"220 here\r\n")
            plain.recv(999)
            plain.sendall(b"250-here\r\n250 STARTTLS\r\n")
            plain.recv(999)
            plain.sendall(b"220 go on\r\n250-forged\r\n250 PIPELINING\r\n")
            with context(certificate).wrap_socket(plain, server_side=True) as guarded:
                for answer in (
                    b"250-here\r\n250 8BITMIME\r\n",
                    b"250 sender",
                    b"250 recipient",
                    b"354 go on",
                    b"250 taken",
                ):
                    heard.append(guarded.recv(9999))
                    guarded.sendall(answer.rstrip() + b"\r\n")
                guarded.recv(999)

        heard: list[bytes] = []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = threading.Thread(target=converse, daemon=True)
            server.start()
            port = listening.getsockname()[1]
            sender = SmtpTransport(MailServer("localhost", port, tls=False, user=None, password=None), timeout=5)
            sender.send(a_mail())
            assert sender.last_answer == "250 taken"
            sender._drop()
            server.join(5)
        assert [said[:4] for said in heard[:4]] == [b"ehlo", b"MAIL", b"RCPT", b"DATA"]


class TestPreview:
    def test_each_mail_is_a_file_that_anyone_can_read(self, tmp_path: Path) -> None:
        box = PreviewTransport(tmp_path / "mailbox")
        box.send(a_mail())
        (path,) = (tmp_path / "mailbox").iterdir()
        data = path.read_bytes()
        assert path.suffix == ".eml"
        assert f"\r\n\r\nBonjour Élodie,\r\n\r\n{LINK}\r\n".encode() in data
        assert data.count(b"\n") == data.count(b"\r\n")
        assert oct(path.stat().st_mode & 0o777) == "0o600"
        assert oct(path.parent.stat().st_mode & 0o777) == "0o700"

    def test_the_same_mail_twice_is_one_file(self, tmp_path: Path) -> None:
        for _twice in range(2):
            PreviewTransport(tmp_path).send(a_mail())
        assert len(list(tmp_path.glob("*.eml"))) == 1

    def test_files_sort_as_the_mails_were_sent(self, tmp_path: Path) -> None:
        box = PreviewTransport(tmp_path)
        for number in range(30):
            box.send(a_mail(number=number))
        ids = [str(read_mail(p.read_bytes())["Message-ID"]) for p in sorted(tmp_path.glob("*.eml"))]
        assert ids == [f"<{number}@example.net>" for number in range(30)]

    def test_the_oldest_make_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transport, "KEPT_PREVIEWS", 3)
        box = PreviewTransport(tmp_path)
        for number in range(5):
            box.send(a_mail(number=number))
        assert [str(read_mail(p.read_bytes())["Message-ID"])[1] for p in sorted(tmp_path.glob("*.eml"))] == list("234")

    def test_what_a_killed_worker_left_half_written_is_no_mail(self, tmp_path: Path) -> None:
        box = PreviewTransport(tmp_path)
        box.send(a_mail())
        (path,) = tmp_path.glob("*.eml")
        name = path.stem.rpartition("-")[2]
        path.replace(tmp_path / f".{name}.draft").write_bytes(b"From: half")
        box.send(a_mail())
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        assert link_in(read_mail(path.read_bytes())) in LINK

    def test_an_address_beyond_ascii_is_written_as_it_is(self, tmp_path: Path) -> None:
        PreviewTransport(tmp_path).send(a_mail("élodie"))
        (path,) = tmp_path.glob("*.eml")
        assert "To: élodie@example.org\r\n".encode() in path.read_bytes()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ServerUnavailable, match="cannot be made"):
            PreviewTransport(tmp_path / "file" / "mailbox").open()


def with_server(postbox: Postbox, mail: EmailMessage, timeout: float = 5) -> None:
    sender = SmtpTransport(postbox.server, timeout=timeout)
    try:
        sender.send(mail)
    finally:
        sender.close()


def _answers_http(web: socket.socket) -> None:
    connection, _address = web.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for localhost, with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = subprocess.run(
        [*command.split(), *names, "-keyout", "-", "-out", "-"],
        capture_output=True,
        check=True,
        env={**os.environ, "OPENSSL_CONF": "/dev/null"} if not Path("/etc/ssl/openssl.cnf").exists() else None,
    )
    path.write_bytes(made.stdout)
    return path


def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate)
    return found
