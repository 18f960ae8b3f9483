"""The files of an export, and what the lists in it say. Nothing is believed here; `log` and `package` compare."""

import json
from contextlib import suppress
from pathlib import Path

from .form import Unusable, fits, optional, text, whole

HASH, ID = text("[0-9a-f]{64}"), text("[0-9a-f]{32}")
LEAF = {"leaf_index": whole, "id": HASH, "registered_at_ms": int, "flags": list, "has_content": bool}
REFUSAL = {"key": HASH, "id": HASH, "seq": whole, "took_place": bool, "reason": str, "refused_at_ms": int,
           "sha256": HASH, "statement": text("([0-9a-f]{2})*")}
statement, content, head, receipt, registration = (name.format for name in (
    "statements/{:012}.cose", "contents/{:012}.cbor", "heads/{:012}.cose", "receipts/{:012}.cose",
    "registrations/{:012}.cose"))
MANIFEST = {"layout": 1, "operator_key": HASH, "statements": whole}
LOG = MANIFEST | {"heads": whole, "refusals": whole, "agreements": whole, "root": optional(HASH)}
PACKAGE = MANIFEST | {"visit": ID, "reader": str, "tree_size": whole, "root": HASH, "files": dict}


def read(path):
    """Every file below a folder by its name; what is no plain file is there as None."""
    found = [one for one in sorted(Path(path).rglob("*")) if one.is_symlink() or not one.is_dir()]
    plain = {one for one in found if one.is_file() and not one.is_symlink()}
    return {one.relative_to(path).as_posix(): one.read_bytes() if one in plain else None for one in found}


def _json(data):
    with suppress(ValueError, RecursionError):
        return json.loads(data)


def manifest(files):
    made = _json(files.get("manifest.json") or b"")
    if not fits(made, LOG) and not fits(made, PACKAGE):
        raise Unusable("there is no manifest.json that this verifier knows: neither an exported log nor a package")
    return made


def lines(files, name, shape, check):
    """The lines of a list; None stands for one that cannot be read."""
    data = files.get(name)
    check(data == b"" or data and data.endswith(b"\n"), name, "files", "is missing or ends within a line")
    read = [_json(text) for text in (data or b"").splitlines()]
    for number, made in enumerate(read, 1):
        check(fits(made, shape), f"{name}, line {number}", "files", "cannot be read")
    return [made if fits(made, shape) else None for made in read]
