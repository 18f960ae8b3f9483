"""One visit with its evidence (docs/PROTOCOL.md, section 10): every file signed for, every statement under one head."""

from datetime import datetime, timezone

from . import folder
from .cose import open_sign1, read_head, read_receipt, sha256, verify as verify_signature
from .form import fits, need, octets, time
from .series import Part

ENVELOPE = {1: -7, 4: octets(32), 15: {6: time}, 258: -16, 259: "application/vnd.esep.package+json"}


def verify(walk, lines, kept):
    walk.report.attempt("manifest.cose", _signed, walk)
    for name in walk.files.keys() | walk.manifest["files"].keys():
        walk.report.attempt(name, _file, walk, name)
    head = walk.report.attempt(folder.head(walk.manifest["tree_size"]), _head, walk)
    if not head:
        return
    for number, line in enumerate(lines, 1):
        if line:
            leaf = line["leaf_index"]
            walk.check_leaf(leaf, line, number, lambda _: Part({}))
            walk.report.attempt(f"receipts/{leaf:012}.cose", _receipt, walk, leaf)
    walk.report.attempt("log.jsonl", _list, walk, lines)
    walk.report.attempt("statements", _visit, walk)
    walk.check_contents(is_whole=False)
    for name, data in kept.items():
        walk.report.attempt(name, _kept, walk, data, head)
    walk.report.counts = {name: walk.count(name) for name in ("statements", "contents", "receipts", "agreements")}
    walk.report.counts |= {"contents withheld or erased": len(walk.bare), "keys": len(walk.keys)}


def _signed(walk):
    header, payload, signature, _, signed = open_sign1(walk.take("manifest.cose"), octets(32), {})
    need(fits(header, ENVELOPE) and header[4] == walk.operator[0], "manifest", "is no signature of the operator for a package")
    need(payload == sha256(walk.take("manifest.json")), "manifest", "signs another manifest than manifest.json")
    verify_signature(walk.operator[1], signed(payload), signature)


def _file(walk, name):
    if name not in ("manifest.json", "manifest.cose"):
        stated = walk.manifest["files"].get(name)
        need(stated, "files", "does not belong to this package")
        need(sha256(walk.take(name)).hex() == stated, "files", "is not the file that the operator signed for")


def _head(walk):
    size, root = walk.manifest["tree_size"], bytes.fromhex(walk.manifest["root"])
    head, _ = read_head(walk.take(folder.head(size)), walk.operator)
    need(head.size == size, "head", "is the head of another tree than the manifest names")
    head.check(root)
    return head


def _receipt(walk, leaf):
    entry, about = walk.take(folder.statement(leaf)), walk.read.get(leaf)
    head, root = read_receipt(walk.take(f"receipts/{leaf:012}.cose"), entry, leaf, walk.operator)
    under = (head.size, root.hex()) == (walk.manifest["tree_size"], walk.manifest["root"])
    need(under, "receipt", "is of another head than the package's")
    if not about or not about[0].kind.startswith("visit-"):
        return
    stated, name, after = about[0], f"registrations/{leaf:012}.cose", "an unknown time"
    if name in walk.files:
        first = walk.report.attempt(name, read_receipt, walk.files[name], entry, leaf, walk.operator)
        after = _moment(first[0].iat) if first else after
    name, before = folder.head(stated.beacon[0] if stated.beacon else 0), "an unknown time"
    if name in walk.files:
        beacon, _ = read_head(walk.files[name], walk.operator)
        need(beacon.size == stated.beacon[0], "head", f"names the head {name}, which is of another tree")
        beacon.check(stated.beacon[1])
        before = _moment(beacon.iat)
    walk.report.notes.append(f"Leaf {leaf}, {stated.kind}: made not before {before} and not after {after}.")


def _moment(seconds):
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _list(walk, lines):
    leaves = [line["leaf_index"] if line else -1 for line in lines]
    need(leaves == sorted(set(leaves)), "list", "is not in the order of the log")
    well = {folder.statement(leaf) for leaf in leaves} == {name for name in walk.files if name.startswith("statements/")}
    need(well and walk.manifest["statements"] == len(leaves), "list", "names other statements than there are")


def _visit(walk):
    visit = bytes.fromhex(walk.manifest["visit"])
    about = [(stated, members) for stated, members in walk.read.values() if stated.kind.startswith("visit-")]
    need(all(stated.sub == visit for stated, _ in about), "visit", "speak of another visit as well")
    need(any(stated.kind == "visit-registered" for stated, _ in about), "visit", "have no registration of this visit")
    for stated, members in walk.read.values():
        if stated.kind == "agreement-accepted" and members:
            name = members["sha256"].hex() if octets(32)(members.get("sha256")) else ""
            held = name in walk.texts and f"agreements/{name}.txt" in walk.files
            need(held, "agreement", f"accept a text that is not here: {name}")


def _kept(walk, data, head):
    kept, _ = read_head(data, walk.operator)
    need(kept.size <= head.size, "history", f"speaks of {kept.size} leaves; this package is older and knows {head.size}")
    if kept.size == head.size:
        kept.check(bytes.fromhex(walk.manifest["root"]))
    else:
        walk.report.notes.append("The kept head is older than the package: only the whole log can be held against it.")
