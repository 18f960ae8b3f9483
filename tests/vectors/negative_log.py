"""Receipts, and CBOR as such, that every implementation must refuse."""

import cbor2

import form
import keys
import log
from flaws import ABSENT, changed
from statements import CLAIMS, ISS


def make_receipts(signers, entries):
    """Receipts of the third of five leaves, each with one flaw."""
    signer, size, index = signers["operator"], 5, 2
    leaves = [log.leaf_hash(entry) for entry in entries[:size]]
    path, root = log.path(index, leaves), log.root(leaves)
    header = log.head_header(signer, size, 1_795_000_005)
    proof = log.inclusion(size, index, path)
    good = log.head(signer, header, root, proof)
    made = []

    def add(name, rule, receipt, statement=entries[index]):
        made.append({"name": name, "rule": rule, "statement": statement.hex(), "receipt": receipt.hex()})

    def vdp(value):
        return log.head(signer, header, root, {log.VDP: value})

    add("of another statement", "signature", good, entries[3])
    add("by another key", "key", log.head(signers["coordinator"], log.head_header(
        signers["coordinator"], size, 1_795_000_005), root, proof))
    add("by another key in the operator's name", "signature", log.head(signers["coordinator"], header, root, proof))
    add("another leaf index", "signature", log.head(signer, header, root, log.inclusion(size, 3, path)))
    add("a leaf index beyond the tree", "proof", log.head(signer, header, root, log.inclusion(size, 5, path)))
    add("a negative leaf index", "proof", log.head(signer, header, root, log.inclusion(size, -1, path)))
    add("one hash too few", "proof", log.head(signer, header, root, log.inclusion(size, index, path[:-1])))
    add("one hash too many", "proof", log.head(signer, header, root, log.inclusion(size, index, [*path, root])))
    add("hashes from the root to the leaf", "signature", log.head(
        signer, header, root, log.inclusion(size, index, path[::-1])))
    add("a hash of 31 bytes", "form", log.head(signer, header, root, log.inclusion(
        size, index, [path[0][:31], *path[1:]])))
    larger = log.head_header(signer, 6, 1_795_000_005)
    add("signed for another tree size", "proof", log.head(signer, larger, root, proof))
    add("no proof", "form", log.head(signer, header, root))
    add("two proofs", "form", vdp({log.INCLUSION: proof[log.VDP][log.INCLUSION] * 2}))
    add("a consistency proof", "form", vdp({-2: proof[log.VDP][log.INCLUSION]}))
    add("both kinds of proof", "form", vdp(proof[log.VDP] | {-2: proof[log.VDP][log.INCLUSION]}))
    add("a proof that is not wrapped", "form", vdp({log.INCLUSION: [[size, index, path]]}))
    inner = form.encode([size, index, path])
    add("a proof in its long form", "form", vdp({log.INCLUSION: [b"\x98\x03" + inner[1:]]}))
    add("a byte follows the proof", "form", vdp({log.INCLUSION: [inner + b"\x00"]}))
    add("something else unprotected", "form", log.head(signer, header, root, proof | {260: "x"}))
    add("an extra label", "form", log.head(signer, header | {3: "application/cbor"}, root, proof))
    add("no vds", "form", log.head(signer, changed(header, log.VDS, to=ABSENT), root, proof))
    add("another vds", "form", log.head(signer, changed(header, log.VDS, to=2), root, proof))
    add("no tree size", "form", log.head(signer, changed(header, log.TREE_SIZE, to=ABSENT), root, proof))
    add("an extra claim", "form", log.head(signer, changed(header, CLAIMS, ISS, to="x"), root, proof))
    add("no iat", "form", log.head(signer, changed(header, CLAIMS, to={}), root, proof))
    parts = cbor2.loads(good).value
    n = int.from_bytes(parts[3][32:])
    high = parts[3][:32] + (keys.ORDER - n).to_bytes(32)
    add("S in the upper half", "signature", b"\xd2" + cbor2.dumps([*parts[:3], high]))
    add("the payload attached", "form", b"\xd2" + cbor2.dumps([*parts[:2], root, parts[3]]))
    unsorted = cbor2.dumps(dict(reversed(form.ordered(header).items())))
    signature = signer.sign(form.encode(["Signature1", unsorted, b"", root]))
    add("labels not sorted", "form", b"\xd2" + cbor2.dumps([unsorted, parts[1], None, signature]))
    add("no tag", "form", good[1:])
    add("a byte follows", "form", good + b"\x00")
    add("a tag in its long form", "form", b"\xd8\x12" + good[1:])
    return made


def make_cbor():
    """Bytes that are not CBOR, or not the one encoding of their value."""
    parts = {
        "long forms of integers": "1801 190018 1a00000100 1b0000000000000001 3800 390017",
        "long forms of lengths": "580141 7800 9800 b800 5800",
        "indefinite lengths": "5f4101ff 7f6161ff 9f01ff bf0100ff 9fff bfff",
        "keys not sorted": "a202000100 a2616200616100 a262616100616200 a220000000",
        "the same key twice": "a201000100 a2616100616100 a20100180100",
        "floats": "f93c00 fa3f800000 fb3ff0000000000000 f97e00 81f93c00 a100f93c00",
        "tags": "c100 c24101 c249010000000000000000 c349010000000000000000 d8184100 d28440a0f640",
        "simple values": "f7 e0 f0 f8ff f820 f814",
        "texts that are not UTF-8": "61ff 62c328 63eda080",
        "cut or reserved": "18 42 4201 8201 a101 ff 1c",
        "something follows": "0001 8000 4000",
        "nested too deeply": "81" * form.DEEPEST + "80",
    }
    return [""] + [data for several in parts.values() for data in several.split()]
