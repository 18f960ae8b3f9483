"""Statements, keys, ES256 with the lower S; the Merkle tree, its heads and receipts (docs/PROTOCOL.md, 2, 3 and 6)."""

import base64
import functools
import hashlib
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .form import decode, each, encode, fits, need, number, octets, optional, text, time, whole

HALF_OF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2
BY_OPERATOR = set("""operator-key agreement-published organisation-changed member-changed care-team-changed
    representation-changed device-bound device-revoked content-erased recovery-opened""".split())
KINDS = BY_OPERATOR | set("""agreement-accepted consent-withdrawn visit-registered visit-located visit-noted
    visit-finished visit-confirmed visit-disputed visit-reviewed visit-corrected record-viewed key-compromised
    record-changed device-enrolled""".split())
ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"
# 16 bytes are 22 characters, of which the last has four unused bits.
CLAIMS = {1: str, 2: text("[A-Za-z0-9_-]{21}[AQgw]"), 6: time}
SERIES = {1: whole, 2: optional(octets(32)), 3: optional([whole, octets(32)]), 4: octets(8), 5: whole}
HEADER = {1: -7, 4: octets(32), 15: CLAIMS, 258: -16, 259: str, -75001: SERIES}
HEAD = {1: -7, 15: {6: time}, 395: 1, -75002: number(1, 2**64)}
Statement = namedtuple("Statement", "id kid kind sub iat seq prev beacon payload message signature")
Head = namedtuple("Head", "size iat check proofs root")


def sha256(data):
    return hashlib.sha256(data).digest()


def open_sign1(data, payload, unprotected):
    """Header, unprotected, payload and signature of a COSE_Sign1 of these shapes, and what is signed with a payload."""
    need(data[:1] == b"\xd2", "form", "does not begin with tag 18, as a signed item does")
    parts = decode(data[1:])
    need(fits(parts, [bytes, unprotected, payload, octets(64)]), "form", "is not such a signed item")
    protected, unprotected, payload, signature = parts
    return decode(protected), unprotected, payload, signature, lambda it: encode(["Signature1", protected, b"", it])


@functools.lru_cache(4_096)
def point_of(key):
    """The point of a COSE_Key with exactly the four labels of section 2."""
    parts = decode(key, "key")
    need(fits(parts, {1: 2, -1: 1, -2: octets(32), -3: octets(32)}), "key", "holds no P-256 key")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + parts[-2] + parts[-3])
    except ValueError:
        need(False, "key", "holds a key that is no point of the curve")


def verify(key, message, signature):
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    need(s <= HALF_OF_ORDER, "signature", "has a signature in its second form (S is in the upper half)")
    try:
        point_of(key).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        need(False, "signature", "has a signature that does not verify")


def read_statement(data):
    need(len(data) <= 2_048, "form", "is longer than 2048 bytes")
    header, _, payload, signature, to_sign = open_sign1(data, octets(32), {})
    need(fits(header, HEADER), "header", "has another header than a statement")
    kid, claims, kind, series, message = header[4], header[15], header[259][21:-5], header[-75001], to_sign(payload)
    need(claims[1] == ISSUER + base64.urlsafe_b64encode(kid).decode()[:-1], "header", "has another issuer than its key")
    need(kind in KINDS and header[259] == f"application/vnd.esep.{kind}+cbor", "header", "is of no known kind")
    need((series[1] == 0) == (2 not in series), "header", "names a statement before the first, or none before a later")
    subject, numbers = base64.urlsafe_b64decode(claims[2] + "=="), (series[1], series.get(2), series.get(3))
    return Statement(sha256(message), kid, kind, subject, claims[6], *numbers, payload, message, signature)


def has_own_id(stated):
    """Whether a visit that is registered has an id of the registering key: under another nobody has authority."""
    end = int.from_bytes(sha256(b"esep visit id" + stated.kid + stated.sub[:8])[:8]) % 2**62 + 2**63
    return stated.kind != "visit-registered" or (stated.sub[6] >> 4, int.from_bytes(stated.sub[8:])) == (7, end)


def read_head(data, key, proofs=None):
    """A head of the operator with this key; `check` holds it against a root. A receipt has `proofs` of this shape."""
    header, proofs, _, signature, to_sign = open_sign1(data, None, proofs or {})
    need(fits(header, HEAD | {4: sha256(key)}), "head", "has another header than a tree head of this operator's key")
    return Head(header[-75002], header[15][6], lambda root: verify(key, to_sign(root), signature), proofs, None)


def read_receipt(data, entry, leaf, key):
    """The head under which this entry is this leaf, with its root."""
    head = read_head(data, key, {396: {-1: [bytes]}})
    proof = decode(head.proofs[396][-1][0])
    need(fits(proof, [head.size, leaf, each(octets(32))]) and leaf < head.size, "receipt", "is of another leaf or tree")
    root = _climb(sha256(b"\0" + entry), leaf, head.size, proof[2])
    head.check(root)
    return head._replace(root=root)


def _climb(leaf, at, size, path):
    """The root over `size` leaves of which this is the one at `at` (RFC 9162, section 2.1.3)."""
    need((size > 1) == bool(path), "receipt", "has a path that is too short or too long")
    if size == 1:
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if at < half:
        return sha256(b"\1" + _climb(leaf, at, half, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + _climb(leaf, at - half, size - half, path[:-1]))


def tree(entries):
    """The root at each size up to the number of entries: `levels` are the complete subtrees of each height."""
    levels = [[sha256(b"\0" + entry) for entry in entries]]
    while len(levels[-1]) > 1:
        levels.append([sha256(b"\1" + left + right) for left, right in zip(levels[-1][::2], levels[-1][1::2])])

    def root_at(size):
        peaks = [level[(size >> height) - 1] for height, level in enumerate(levels) if size >> height & 1]
        return functools.reduce(lambda right, left: sha256(b"\1" + left + right), peaks) if size else sha256(b"")

    return root_at
