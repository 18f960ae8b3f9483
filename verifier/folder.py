"""The files of an export, and what the lists in it say. Nothing is believed here; `log` compares."""

import json
import re
from pathlib import Path

from .report import Unusable

HEAD = re.compile(r"heads/[0-9]{12}\.cose")
LISTS = {"log.jsonl", "refusals.jsonl", "manifest.json"}
LEAF = {"leaf_index": int, "id": "hash", "registered_at_ms": int, "flags": list, "has_content": bool}
REFUSAL = {
    "key": "hash", "id": "hash", "seq": int, "took_place": bool, "reason": str, "refused_at_ms": int, "sha256": "hash",
    "statement": "hex",
}
HEX = {"hash": re.compile("[0-9a-f]{64}"), "hex": re.compile("([0-9a-f]{2})*")}
MANIFEST = {"layout": int, "operator_key": str, "statements": int, "heads": int, "refusals": int, "agreements": int}
REASONS = {"too-large", "not-a-statement", "bad-signature", "unknown-key", "wrong-content"}


def statement(leaf):
    return f"statements/{leaf:012}.cose"


def content(leaf):
    return f"contents/{leaf:012}.cbor"


def head(size):
    return f"heads/{size:012}.cose"


def line(leaf):
    return f"log.jsonl, line {leaf + 1}"


def read(path):
    """Every file below a folder by its name; what is no plain file is there as None."""
    root = Path(path)
    try:
        inner = sorted(root.rglob("*"))
        files = {}
        for one in inner:
            is_plain = one.is_file() and not one.is_symlink()
            if is_plain or one.is_symlink() or not one.is_dir():
                files[one.relative_to(root).as_posix()] = one.read_bytes() if is_plain else None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    if not files.keys() & LISTS:
        raise Unusable(f"{path} is not an exported log: it has no manifest.json")
    return files


def manifest(files):
    try:
        made = json.loads(files.get("manifest.json") or b"")
    except (ValueError, RecursionError) as error:
        raise Unusable("manifest.json is missing or cannot be read") from error
    if not isinstance(made, dict) or made.get("layout") != 1:
        raise Unusable("manifest.json names a layout that this verifier does not know")
    if not _is_shaped(made, MANIFEST | {"root": type(made.get("root"))}):
        raise Unusable("manifest.json does not say what it must")
    return made


def lines(files, name, shape, report):
    """The lines of a list; None stands for one that cannot be read."""
    data = files.get(name)
    if data is None:
        report.find(name, "files", "is missing")
        return []
    if data and not data.endswith(b"\n"):
        report.find(name, "files", "ends within a line")
    read = []
    for number, text in enumerate(data.splitlines(), 1):
        try:
            made = json.loads(text)
        except (ValueError, RecursionError):
            made = None
        good = isinstance(made, dict) and _is_shaped(made, shape)
        if not good:
            report.find(f"{name}, line {number}", "files", "cannot be read")
        read.append(made if good else None)
    return read


def _is_shaped(made, shape):
    return set(made) == set(shape) and all(_is_of(made[name], kind) for name, kind in shape.items())


def _is_of(value, kind):
    if kind in HEX:
        return isinstance(value, str) and HEX[kind].fullmatch(value) is not None
    return type(value) is kind
