"""Signers and small logs of their statements, good or broken on purpose."""

import base64
import hashlib
import json

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from verifier import cose
from verifier.cose import ISSUER
from verifier.form import encode

from .demo import content, head, statement

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def digest(data):
    return hashlib.sha256(data).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """A key and where its series stands."""

    def __init__(self, name):
        self.key = ec.derive_private_key(int.from_bytes(digest(name.encode())), ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        self.cose_key = encode({1: 2, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        self.kid, self.seq, self.prev = digest(self.cose_key), 0, None

    def sign(self, protected, payload, high=False):
        message = encode(["Signature1", protected, b"", payload])
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        low = min(s, ORDER - s)
        return r.to_bytes(32) + (ORDER - low if high else low).to_bytes(32)

    def head(self, size, root, payload=None, proofs=None, **labels):
        """A signed head; with `proofs`, the unprotected header of a receipt, it is the receipt."""
        changed = {int(label.removeprefix("label_")): value for label, value in labels.items()}
        protected = encode({1: -7, 4: self.kid, 15: {6: 1_800_000_000}, 395: 1, -75002: size} | changed)
        return b"\xd2" + encode([protected, proofs or {}, payload, self.sign(protected, root)])

    def seal(self, kind, members, beacon=None, high=False, unprotected=None, goes_on=True, form=None, **changed):
        """The next statement and its content; `changed` are labels of the header, `series` members of the series;
        `form` is a pair of bytes, of which the second replaces the first in the signed header."""
        body = members if isinstance(members, bytes) else encode({"salt": b"s" * 16} | members)
        series = {1: self.seq, 4: b"epoch...", 5: 7} | ({2: self.prev} if self.prev else {})
        series |= ({3: list(beacon)} if beacon else {}) | changed.get("series", {})
        labels = {
            1: -7, 4: self.kid,
            15: {1: ISSUER + base64url(self.kid), 2: base64url(b"i" * 16), 6: changed.get("iat", 1_800_000_000)},
            258: -16, 259: f"application/vnd.esep.{kind}+cbor", -75001: series,
        } | changed.get("labels", {})
        protected, payload = encode(labels).replace(*form or (b"", b"")), digest(body)
        if goes_on:
            self.seq, self.prev = self.seq + 1, digest(encode(["Signature1", protected, b"", payload]))
        return b"\xd2" + encode([protected, unprotected or {}, payload, self.sign(protected, payload, high)]), body


def id_of(sealed):
    protected, _, payload, _ = cbor2.loads(sealed[0][1:])
    return digest(encode(["Signature1", protected, b"", payload]))


class Log:
    """What an operator would export, with a head after each leaf."""

    def __init__(self):
        self.operator, self.device = Signer("operator"), Signer("device")
        self.leaves, self.flags, self.refusals, self.erased, self.heads = [], [], [], set(), {}
        self.add(self.operator.seal("operator-key", {"key": self.operator.cose_key}))
        self.add(self.operator.seal("device-bound", {"key": self.device.cose_key}))
        self.add(self.device.seal("device-enrolled", {"key": self.device.cose_key}))

    def add(self, sealed, *flags):
        self.leaves.append(sealed)
        self.flags.append(list(flags))
        return len(self.leaves) - 1

    def beacon(self, size=None):
        size = len(self.leaves) if size is None else size
        return size, cose.tree(leaf for leaf, _ in self.leaves)(size)

    def visit(self, *flags, **how):
        """One more statement of the device."""
        return self.add(self.device.seal("visit-finished", {"finished_at_ms": len(self.leaves)}, **how), *flags)

    def refuse(self, data, id_, reason="not-a-statement", took_place=True):
        self.refusals.append({
            "key": self.device.kid.hex(), "id": id_.hex(), "seq": self.device.seq, "took_place": took_place,
            "reason": reason, "refused_at_ms": 5, "sha256": digest(data).hex(), "statement": data.hex(),
        })
        if took_place:
            self.device.seq, self.device.prev = self.device.seq + 1, id_

    def files(self):
        files, lines, root_at = {}, [], cose.tree(leaf for leaf, _ in self.leaves)
        for leaf, ((data, body), flags) in enumerate(zip(self.leaves, self.flags, strict=True)):
            files[statement(leaf)] = data
            if leaf not in self.erased:
                files[content(leaf)] = body
            labels = {"label_15": {6: self.heads[leaf + 1]}} if leaf + 1 in self.heads else {}
            files[head(leaf + 1)] = self.operator.head(leaf + 1, root_at(leaf + 1), **labels)
            lines.append({
                "leaf_index": leaf, "id": id_of((data, body)).hex(), "registered_at_ms": 5, "flags": flags,
                "has_content": leaf not in self.erased,
            })
        manifest = {
            "layout": 1, "operator_key": self.operator.kid.hex(), "statements": len(lines), "heads": len(lines),
            "refusals": len(self.refusals), "agreements": 0, "root": root_at(len(self.leaves)).hex(),
        }
        for name, made in (("log.jsonl", lines), ("refusals.jsonl", self.refusals)):
            files[name] = b"".join(json.dumps(line).encode() + b"\n" for line in made)
        return files | {"manifest.json": json.dumps(manifest).encode()}
