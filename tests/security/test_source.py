"""What the source never does: these doors stay shut because a test looks whether somebody has opened one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.load", "pickle.loads", "marshal.loads",
    "yaml.load", "shelve.open", "render_template_string", "jinja2.Template", "random.random", "random.choice",
    "random.randint", "hashlib.md5", "hashlib.sha1",
}  # fmt: skip
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "yaml", "ftplib", "telnetlib", "requests", "httpx"}
# Programs are started by those who run the site, never by a request; the words are fixed.
MAY_START_PROGRAMS = {"petition_app/operations", "petition_app/exports", "petition_app/delivery"}
# What reads XML or asks another server, and is fed by our own files alone.
FORBIDDEN_IN_REQUESTS = {"xml.etree", "xml.sax", "xml.dom", "lxml", "urllib.request", "http.client"}
# It refuses a document type, and so entities, before anything else is read (tests/texts/test_exchange.py).
MAY_READ_XML = {"petition_app/texts/xliff.py"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "petition_app").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if "/operations/demo/" not in name and "/migrations/" not in name:
            yield name, ast.parse(path.read_text("utf-8"))


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_code_is_made_of_text_and_no_object_of_strange_bytes() -> None:
    seen = 0
    for name, tree in sources():
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        found = {name_of(call.func) for call in calls} & FORBIDDEN_CALLS
        assert not found, (name, found)
        shell = [c for c in calls for k in c.keywords if k.arg == "shell" and getattr(k.value, "value", True)]
        assert not shell, name
        for module in imports_of(tree):
            assert module.partition(".")[0] not in FORBIDDEN_IMPORTS, (name, module)
            reads_others = (
                module.startswith(tuple(FORBIDDEN_IN_REQUESTS)) and module != "xml.sax.saxutils"
            )  # it escapes
            assert not reads_others or name in MAY_READ_XML, (name, module)
            if module == "subprocess":
                assert name.startswith(tuple(MAY_START_PROGRAMS)), name
        seen += 1
    assert seen > 150


def test_statements_are_not_glued_together() -> None:
    """No SQL is made of a text with something in it, but names of our own, and what those who run the site start."""
    own_names = ("petition_app/operations/", "petition_app/engine.py", "petition_app/extensions.py")
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func).rpartition(".")[2] in ("text", "exec_driver_sql"):
                glued = node.args and isinstance(node.args[0], ast.JoinedStr)
                assert not glued or name.startswith(own_names), (name, node.lineno)


def test_no_template_trusts_what_was_typed() -> None:
    """`|safe` nowhere; autoescape off in the plain text of mails alone, which have another ending."""
    templates = [*(ROOT / "templates").rglob("*.html")]
    assert len(templates) > 80
    for path in templates:
        text = path.read_text("utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text), path
        assert not re.search(r"<[a-z][^>]*\s[a-z-]+=\{\{", text), f"{path}: an attribute without quotation marks"


def test_our_scripts_make_no_markup_or_code_of_text() -> None:
    for path in (ROOT / "static" / "js").rglob("*.js"):
        text = path.read_text("utf-8")
        found = re.findall(
            r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*[\"']"
            r"|postMessage\(.*\*|sessionStorage|indexedDB|document\.cookie",
            text,
        )
        assert not found, (path, found)
        kept = re.findall(r"localStorage\.setItem\((.*)\)", text)
        assert kept in ([], ['OFF, "1"']), "one switch, and nothing of anybody"
