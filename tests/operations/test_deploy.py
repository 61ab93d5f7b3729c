"""The deployment examples, read by the tools that they are for."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from petition_app.antiabuse.rate_limit import SIGNING
from petition_app.config import read_settings
from tests.operations import test_serve
from tests.operations.test_serve import FORM, ask
from tests.server import Site, free_port, site_in, wait_until
from tests.story import ALICE

DEPLOY = Path(__file__).parents[2] / "deploy"


def tool(name: str) -> str:
    """The tool's path; without it the test is skipped, or fails where CI runs."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        said = f"{name} is not installed here: the deployment examples were not checked."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_settings_example_is_read_as_it_stands(tmp_path: Path) -> None:
    text = (DEPLOY / "petition.env.example").read_text("utf-8")
    env_file = tmp_path / "petition.env"
    env_file.write_text(text, "utf-8")
    settings = read_settings({"PETITION_DATA_DIR": str(tmp_path / "var")}, env_file)
    assert settings.missing_identity == []
    assert settings.mail_from == "Our association <petition@example.org>"
    assert settings.trusted_proxies == 1


@pytest.mark.long
def test_systemd_finds_nothing_wrong_in_the_unit(tmp_path: Path) -> None:
    program = tool("systemd-analyze")
    unit = tmp_path / "petition.service"
    text = (DEPLOY / "petition.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/petition_app/.venv/bin/petition", "/bin/true"), "utf-8")
    done = run(program, "verify", "--man=no", str(unit))
    told = [line for line in done.stderr.splitlines() if "petition" in line]
    assert (done.returncode, told) == (0, [])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def behind_nginx(folder: Path, example: Path, addresses: dict[str, str]) -> Iterator[tuple[int, Path]]:
    """A real nginx with an example's configuration, its addresses replaced; its port, and the certificate to trust."""
    nginx, openssl = tool("nginx"), tool("openssl")
    port, plain = free_port(), free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = run(
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", str(key), "-out", str(certificate),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    text = example.read_text("utf-8")
    for old, new in (
        *addresses.items(),
        ("/var/lib/nginx/petition", str(folder / "cache")),
        ("/etc/ssl/petition/fullchain.pem", str(certificate)),
        ("/etc/ssl/petition/privkey.pem", str(key)),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
    ):
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"listen \[::\].*;", "", text)
    folders = "".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    log = folder / "error.log"
    config = folder / "nginx.conf"
    config.write_text(
        f"{user} pid {folder / 'nginx.pid'}; error_log {log};\nevents {{}}\nhttp {{ {folders}\n{text}\n}}\n"
    )
    checked = run(nginx, "-t", "-p", str(folder), "-c", str(config))
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(config), "-g", "daemon off;"])
    try:
        wait_until(lambda: is_listening(port), 20, lambda: log.read_text("utf-8"))
        yield port, certificate
    finally:
        process.terminate()
        process.wait(20)


def trusting(certificate: Path) -> urllib.request.OpenerDirector:
    """A browser that trusts the test's own certificate."""
    https = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(certificate)))
    return urllib.request.build_opener(test_serve.NoRedirects, https)


@pytest.mark.long
@pytest.mark.parametrize("example", ["nginx.conf", "cluster/nginx.conf"])
def test_the_cache_lies_in_a_folder_that_debians_nginx_has(example: str) -> None:
    """nginx makes the last folder of a path, and does not start without the one around it."""
    tool("nginx")
    path = re.search(r"(?m)^proxy_cache_path (\S+)", (DEPLOY / example).read_text("utf-8"))
    assert path is not None
    assert Path(path[1]).parent.is_dir()


@pytest.fixture
def https_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, int]]:
    """A site as the example sets it up, behind a real nginx with a certificate of the test's own."""
    public = {
        "PETITION_SITE_URL": "https://petition.example.org",
        "PETITION_TRUSTED_PROXIES": "1",
        "PETITION_ABUSE_CONTROLS": "on",
        "PETITION_ASSOCIATION_ADDRESS": "1 Example Street",
        "PETITION_ASSOCIATION_CONTACT": "contact@example.org",
        "PETITION_ASSOCIATION_PUBLISHER": "Ada Example",
        "PETITION_ASSOCIATION_HOSTING": "Example Host",
    }
    with site_in(tmp_path, **public) as site:
        text = tmp_path / "text.txt"
        text.write_text("Eau propre pour Exempleville\n\nNous demandons une eau que l’on puisse boire, partout.\n")
        slug = "clean-water-for-exampletown"
        done = site.command("import", str(text), "--locale", "fr", "--slug", slug, "--open")
        assert done.returncode == 0, done.stderr
        site.start()
        addresses = {"127.0.0.1:8000": f"127.0.0.1:{site.port}"}
        with behind_nginx(tmp_path, DEPLOY / "nginx.conf", addresses) as (port, certificate):
            monkeypatch.setattr(test_serve, "browser", trusting(certificate))
            yield site, port


@pytest.mark.long
def test_nginx_in_front_as_the_example_has_it(https_site: tuple[Site, int]) -> None:
    _site, port = https_site
    url, name = f"https://localhost:{port}", {"Host": "petition.example.org"}
    page = FORM.removesuffix("/signatures")
    status, text, _ = ask(url + page, None, **name)
    assert status == 200
    assert "https://petition.example.org" in text
    assert ask(url + "/mailbox", None, **name)[0] == 404
    origin = {**name, "Origin": "https://petition.example.org"}
    for number in range(3):
        fields = {**ALICE, "email": f"n{number}@example.org"}
        assert ask(url + FORM, fields, **origin)[0] == 303
    assert ask(url + FORM, ALICE, **name, Origin="https://evil.example")[0] == 403
    # The flood is stopped by the address that nginx saw, whatever the client says of itself.
    left = SIGNING[0].seconds - time.time() % SIGNING[0].seconds
    if left < 60:
        time.sleep(left)  # else the limit begins anew in the middle
    answers = [
        ask(url + FORM, {**ALICE, "email": f"m{n}@example.org"}, **origin, **{"X-Forwarded-For": f"192.0.2.{n}"})[0]
        for n in range(SIGNING[0].most + 10)
    ]
    assert answers.count(303) <= SIGNING[0].most
    assert 429 in answers
    assert 429 in answers
    assert ask(url + FORM, {"comment": "x" * 200_000}, **origin)[0] == 413
