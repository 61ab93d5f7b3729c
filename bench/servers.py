"""What is measured, and what it is measured against: sites of ours, nginx with a file, Flask with a word."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from bench.measure import Failed
from petition_app.operations.serve import BLOCKING_THREADS
from tests.server import Site, free_port, site_in, wait_until

SLUG = "demo"
NGINX = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=2048 reuseport;
    root {folder}/files; etag on;
    default_type text/html; types {{ }}
    add_header Content-Encoding gzip; add_header Cache-Control "public, max-age=2";
  }}
}}
"""


@contextlib.contextmanager
def site(folder: Path, *options: str, signatures: int = 0, **variables: str) -> Iterator[Site]:
    """A site with the demo petition, and so many more signatures; it runs until the end of the block."""
    with site_in(folder, **variables) as made:
        prepare(made, signatures)
        made.start(*options)
        with _with_its_words(made):
            yield made


@contextlib.contextmanager
def node(folder: Path, of: Site) -> Iterator[Site]:
    """A second app node of the same site: the same database and secret, another port."""
    with site_in(folder, **of.variables) as made:
        made.start("--no-worker")
        with _with_its_words(made):
            yield made


@contextlib.contextmanager
def _with_its_words(made: Site) -> Iterator[None]:
    """A measurement that fails says what the server said of it: its folder is gone afterwards."""
    try:
        yield
    except Failed as failure:
        told = [line for line in made.log.read_text("utf-8").splitlines() if _is_trouble(line)]
        raise Failed("\n".join([str(failure), *(line[:1500] for line in told[-3:])])) from failure


def _is_trouble(line: str) -> bool:
    return '"level": "error"' in line or ('"level": "warning"' in line and "_granian" not in line)


def prepare(made: Site, signatures: int) -> None:
    """The schema and the demo petition, with so many signatures beside its own."""
    command(made, "upgrade")
    command(made, "demo")
    if signatures:
        add_signatures(made, signatures)


def add_signatures(made: Site, count: int) -> None:
    """So many made-up ones more, by the command."""
    command(made, "demo", "--signatures", str(count))


def command(made: Site, *words: str) -> None:
    """Run `petition …` on a site. Raises Failed where it fails."""
    program = [sys.executable, "-m", "petition_app", *words]
    folder = made.data_dir.parent
    done = subprocess.run(program, env=made.environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"petition {' '.join(words)}: {done.stdout}{done.stderr}")


@contextlib.contextmanager
def nginx(folder: Path, files: dict[str, bytes]) -> Iterator[str]:
    """nginx serving these bytes under these names, ready-compressed; the block is given its address."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if program is None:
        raise Failed("nginx is not installed: apt install nginx-light")
    port = free_port()
    (folder / "files").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    for name, content in files.items():
        (folder / "files" / name).write_bytes(content)
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port))
    user = ["-g", "user root;"] if os.getuid() == 0 else []
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration), *user], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(f"{url}/{next(iter(files))}"), 10)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def hello() -> Iterator[str]:
    """Flask that says a word, on the server that we use, as we use it; the block is given its address."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", str(BLOCKING_THREADS), "--http", "1", "--no-ws"]
    command += ["--log-level", "warning", "bench.hello:app"]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent, process_group=0)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: _answers(url), 20)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def fetch(url: str, expect: int = 200, **headers: str) -> tuple[bytes, Message]:
    """The bytes and headers of an answer. Raises Failed when it is another than expected."""
    asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", **headers})  # noqa: S310  # our own address
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310  # our own address
            status, body, found = answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        status, body, found = error.code, b"", error.headers
    if status != expect:
        raise Failed(f"{url} answered {status}, not {expect}")
    return body, found


def _answers(url: str) -> bool:
    try:
        fetch(url)
    except (OSError, Failed):
        return False
    return True
