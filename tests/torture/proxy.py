"""nginx in front of a site, with the example of `deploy/` as it stands but for names, ports and TLS."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.server import Site, free_port, wait_until
from tests.torture.conftest import lacking

EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextlib.contextmanager
def nginx_before(site: Site, folder: Path) -> Iterator[int]:
    """Runs it; gives the port that it listens on."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if program is None:
        lacking("nginx is not here (Debian's package nginx-light)")
    folder.mkdir()
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_config(site, folder, port), "utf-8")
    command = [str(program), "-p", str(folder), "-c", str(config), "-g", "daemon off;"]
    with (folder / "stderr.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _listens(port), 20, lambda: (folder / "stderr.log").read_text("utf-8"))
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _config(site: Site, folder: Path, port: int) -> str:
    example = EXAMPLE.read_text("utf-8")
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{site.port}"),
        ("/var/lib/nginx/petition", str(folder / "cache")),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
    ):
        assert old in example
        example = example.replace(old, new)
    example = re.sub(r"listen \[::\].*;|ssl_\w+ .*;", "", example)
    user = "user root;" if os.geteuid() == 0 else ""
    folders = "".join(f"{kind}_temp_path {folder / kind};" for kind in FOLDERS)
    return (
        f"{user} pid {folder / 'nginx.pid'}; error_log {folder / 'error.log'};\n"
        f"worker_rlimit_nofile 16384; events {{ worker_connections 8192; }}\nhttp {{ {folders}\n{example}\n}}\n"
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
