"""One visit with its evidence (docs/PROTOCOL.md, section 10): every file signed for, every statement under one head."""

from datetime import datetime, timedelta

from . import cose, folder
from .form import fits, need, octets, time
from .series import Series

ENVELOPE = {1: -7, 4: octets(32), 15: {6: time}, 258: -16, 259: "application/vnd.esep.package+json"}


def check(walk, lines, kept):
    report, manifest, size = walk.report, walk.manifest, walk.manifest["tree_size"]
    with report.at("manifest.cose"):
        check_signature(walk)
    for name in walk.files.keys() | manifest["files"].keys():
        with report.at(name):
            check_file(walk, name)
    for number, line in enumerate(lines, 1):
        if line:
            leaf = line["leaf_index"]
            walk.check_leaf(leaf, line, number, lambda _: Series({}, is_part=True))
            with report.at(folder.receipt(leaf)):
                receipt, entry = walk.take(folder.receipt(leaf)), walk.take(folder.statement(leaf))
                head, root = cose.read_receipt(receipt, entry, leaf, walk.operator)
                need((head.size, root.hex()) == (size, manifest["root"]), "receipt", "is of another head than the package's")
            if leaf in walk.read and walk.read[leaf][0].kind.startswith("visit-"):
                _time(walk, leaf, walk.read[leaf][0])
    with report.at("log.jsonl"):
        leaves = [line["leaf_index"] if line else -1 for line in lines]
        need(leaves == sorted(set(leaves)), "list", "is not in the order of the log")
        is_all = set(map(folder.statement, leaves)) == {name for name in walk.files if name.startswith("statements/")}
        need(is_all and manifest["statements"] == len(leaves), "list", "names other statements than there are")
    with report.at("statements"):
        _visit(walk)
    walk.check_contents(is_whole=False)
    roots, own = {size: bytes.fromhex(manifest["root"])}, folder.head(size)
    for name, data in {own: walk.files.get(own), **kept}.items():
        found = walk.check_head(name, data, size, roots)
        if found and name == own and found != size:
            report.find(own, "head", "is the head of another tree than the manifest names")
    report.counts = {name: walk.count(name) for name in ("statements", "contents", "receipts", "agreements")}
    report.counts |= {"contents withheld or erased": len(walk.bare), "keys": len(walk.keys)}


def check_signature(walk):
    signed = cose.open_sign1(walk.take("manifest.cose"), octets(32), {})
    is_ours = fits(signed.header, ENVELOPE) and signed.header[4] == cose.sha256(walk.operator)
    need(is_ours, "manifest", "is no signature of the operator for a package")
    need(signed.payload == cose.sha256(walk.take("manifest.json")), "manifest", "signs another manifest.json")
    cose.verify(walk.operator, signed.message(signed.payload), signed.signature)


def check_file(walk, name):
    if name not in ("manifest.json", "manifest.cose"):
        is_same = cose.sha256(walk.take(name)).hex() == walk.manifest["files"].get(name)
        need(is_same, "files", "is not a file that the operator signed for")


def _time(walk, leaf, stated):
    """Between which moments something was said: after the head that it names, before the first head over it."""
    name, before, after = folder.registration(leaf), "an unknown time", "an unknown time"
    if name in walk.files:
        with walk.report.at(name):
            after = _moment(cose.read_receipt(walk.take(name), walk.take(folder.statement(leaf)), leaf, walk.operator)[0])
    name = folder.head(stated.beacon[0] if stated.beacon else 0)
    if name in walk.files:
        with walk.report.at(name):
            head = cose.read_head(walk.take(name), walk.operator)
            need(head.size == stated.beacon[0], "head", "is of another tree than its name says")
            head.check(stated.beacon[1])
            before = _moment(head)
    walk.report.notes.append(f"Leaf {leaf}, {stated.kind}: made not before {before} and not after {after}.")


def _moment(head):
    """A time as people read it; one beyond the years that there are is the last or the first of them."""
    return f"{datetime(1970, 1, 1) + timedelta(seconds=max(-2**35, min(head.iat, 2**37)))} UTC"


def _visit(walk):
    about = [stated for stated, _ in walk.read.values() if stated.kind.startswith("visit-")]
    need({stated.sub.hex() for stated in about} == {walk.manifest["visit"]}, "visit", "speak of another visit")
    need(any(stated.kind == "visit-registered" for stated in about), "visit", "have no registration of this visit")
    for stated, members in walk.read.values():
        if stated.kind == "agreement-accepted" and members:
            name = members["sha256"].hex() if octets(32)(members.get("sha256")) else ""
            need(f"agreements/{name}.txt" in walk.files and name in walk.texts, "agreement", f"accept a text not here: {name}")
