"""Statements, keys and ES256 with the lower S; the Merkle tree, its heads and receipts (docs/PROTOCOL.md, 2, 3 and 6)."""

import base64
import functools
import hashlib
import re
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .form import decode, each, encode, fits, need, octets, time, whole

HALF_OF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2
BY_OPERATOR = set("""operator-key agreement-published organisation-changed member-changed care-team-changed
    representation-changed device-bound device-revoked content-erased recovery-opened""".split())
KINDS = BY_OPERATOR | set("""agreement-accepted consent-withdrawn visit-registered visit-located visit-noted visit-finished
    visit-confirmed visit-disputed visit-reviewed visit-corrected record-viewed key-compromised record-changed
    device-enrolled""".split())
ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"
SERIES = {1: whole, (2,): octets(32), (3,): [whole, octets(32)], 4: octets(8), 5: whole}
HEADER = {1: -7, 4: octets(32), 15: {1: str, 2: str, 6: time}, 258: -16, 259: str, -75001: SERIES}
HEAD = {1: -7, 4: octets(32), 15: {6: time}, 395: 1, -75002: lambda size: whole(size) and size > 0}
Signed = namedtuple("Signed", "header payload unprotected signature message")
Statement = namedtuple("Statement", "id kid kind sub iat seq prev beacon payload message signature")
Head = namedtuple("Head", "size iat check proofs")


def sha256(data):
    return hashlib.sha256(data).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def open_sign1(data, payload, unprotected):
    """A COSE_Sign1 whose parts have these shapes; `message` gives what signs a payload."""
    need(data[:1] == b"\xd2", "form", "does not begin with tag 18, as a signed item does")
    parts = decode(data[1:])
    need(fits(parts, [bytes, unprotected, payload, octets(64)]), "form", "is not such a signed item")
    protected, unprotected, payload, signature = parts
    message = lambda content: encode(["Signature1", protected, b"", content])
    return Signed(decode(protected), payload, unprotected, signature, message)


@functools.lru_cache(4_096)
def point_of(key):
    """The point of a COSE_Key with exactly the four labels of section 2."""
    x, y = (key[8:40], key[43:]) if octets(75)(key) else (b"", b"")
    need(key == b"\xa4\1\2\x20\1\x21\x58\x20" + x + b"\x22\x58\x20" + y, "key", "holds no P-256 key")
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:
        need(False, "key", "holds a key that is no point of the curve")


@functools.lru_cache(65_536)
def verify(key, message, signature):
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    need(s <= HALF_OF_ORDER, "signature", "has a signature in its second form (S is in the upper half)")
    try:
        point_of(key).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        need(False, "signature", "has a signature that does not verify")


@functools.lru_cache(65_536)
def read_statement(data):
    need(len(data) <= 2_048, "form", "is longer than 2048 bytes")
    signed = open_sign1(data, octets(32), {})
    header, message = signed.header, signed.message(signed.payload)
    need(fits(header, HEADER), "header", "has another header than a statement")
    kid, claims, kind, series = header[4], header[15], header[259][21:-5], header[-75001]
    need(claims[1] == ISSUER + base64url(kid), "header", "names another issuer than its key")
    need(kind in KINDS and header[259] == f"application/vnd.esep.{kind}+cbor", "header", "is of no kind of the protocol")
    # 16 bytes are 22 characters, of which the last has four unused bits.
    need(re.fullmatch("[A-Za-z0-9_-]{21}[AQgw]", claims[2]), "header", "is about something that is no id")
    need((series[1] == 0) == (2 not in series), "header", "names a statement before the first, or none before a later")
    rest = series[1], series.get(2), series.get(3), signed.payload, message, signed.signature
    return Statement(sha256(message), kid, kind, base64.urlsafe_b64decode(claims[2] + "=="), claims[6], *rest)


def read_head(data, key, proofs=None):
    """A head of the operator with this key; `check` holds it against a root. A receipt has `proofs` of this shape."""
    signed = open_sign1(data, None, proofs or {})
    need(fits(signed.header, HEAD), "head", "has another header than a tree head")
    need(signed.header[4] == sha256(key), "head", "is signed by another key than the operator's")
    check = lambda root: verify(key, signed.message(root), signed.signature)
    return Head(signed.header[-75002], signed.header[15][6], check, signed.unprotected)


def read_receipt(data, entry, leaf, key):
    """The head and the root under which this entry is this leaf."""
    head = read_head(data, key, {396: {-1: [bytes]}})
    proof = decode(head.proofs[396][-1][0])
    need(fits(proof, [head.size, leaf, each(octets(32))]) and leaf < head.size, "receipt", "is of another leaf or tree")
    root = _climb(sha256(b"\0" + entry), leaf, head.size, proof[2])
    head.check(root)
    return head, root


def _climb(leaf, at, size, path):
    """The root over `size` leaves of which this is the one at `at` (RFC 9162, section 2.1.3)."""
    need((size > 1) == bool(path), "receipt", "has a path that is too short or too long")
    if size == 1:
        return leaf
    half = 1 << (size - 1).bit_length() - 1
    if at < half:
        return sha256(b"\1" + _climb(leaf, at, half, path[:-1]) + path[-1])
    return sha256(b"\1" + path[-1] + _climb(leaf, at - half, size - half, path[:-1]))


def roots(entries):
    """The root of every size from 0 on, in one pass: `full` are the complete subtrees from left to right."""
    full, found = [], [sha256(b"")]
    for count, entry in enumerate(entries, 1):
        full.append(sha256(b"\0" + entry))
        while count % 2 == 0:
            right = full.pop()
            full[-1] = sha256(b"\1" + full[-1] + right)
            count //= 2
        found.append(functools.reduce(lambda right, left: sha256(b"\1" + left + right), reversed(full)))
    return found
