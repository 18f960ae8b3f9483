"""The files of an export, and what the lists in it say. Nothing is believed here; `log` and `package` compare."""

import json
import re
from pathlib import Path

from .form import Unusable, fits, whole


def hexadecimal(length):
    return lambda value: isinstance(value, str) and re.fullmatch(f"([0-9a-f]{{2}}){length}", value) is not None


HASH, ID = hexadecimal("{32}"), hexadecimal("{16}")
LEAF = {"leaf_index": whole, "id": HASH, "registered_at_ms": int, "flags": list, "has_content": bool}
REFUSAL = {"key": HASH, "id": HASH, "seq": whole, "took_place": bool, "reason": str, "refused_at_ms": int, "sha256": HASH,
           "statement": hexadecimal("*")}
statement, content, head, receipt, registration = (name.format for name in (
    "statements/{:012}.cose", "contents/{:012}.cbor", "heads/{:012}.cose", "receipts/{:012}.cose",
    "registrations/{:012}.cose"))
MANIFEST = {"layout": 1, "operator_key": HASH, "statements": whole}
LOG = MANIFEST | {"heads": whole, "refusals": whole, "agreements": whole, "root": lambda root: root is None or HASH(root)}
PACKAGE = MANIFEST | {"visit": ID, "reader": str, "tree_size": whole, "root": HASH, "files": dict}


def read(path):
    """Every file below a folder by its name; what is no plain file is there as None."""
    root, files = Path(path), {}
    try:
        for one in sorted(root.rglob("*")):
            is_plain = one.is_file() and not one.is_symlink()
            if is_plain or one.is_symlink() or not one.is_dir():
                files[one.relative_to(root).as_posix()] = one.read_bytes() if is_plain else None
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    if not files.keys() & {"log.jsonl", "refusals.jsonl", "manifest.json"}:
        raise Unusable(f"{path} is neither an exported log nor a package: it has no manifest.json")
    return files


def _json(data):
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def manifest(files):
    made = _json(files.get("manifest.json") or b"")
    if not fits(made, LOG) and not fits(made, PACKAGE):
        raise Unusable("manifest.json is missing, or is not one that this verifier knows")
    return made


def lines(files, name, shape, report):
    """The lines of a list; None stands for one that cannot be read."""
    data = files.get(name)
    if data is None or data and not data.endswith(b"\n"):
        report.find(name, "files", "is missing or ends within a line")
    read = [_json(text) for text in (data or b"").splitlines()]
    for number, made in enumerate(read):
        if not fits(made, shape):
            report.find(f"{name}, line {number + 1}", "files", "cannot be read")
            read[number] = None
    return read
