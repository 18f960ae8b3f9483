"""Statements, keys and ES256 with the lower S; the Merkle tree, its heads and receipts (docs/PROTOCOL.md, 2, 3 and 6)."""

import base64
import functools
import hashlib
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .form import decode, each, encode, fits, need, octets, time, whole

HALF_OF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2
BY_OPERATOR = frozenset(
    "operator-key agreement-published organisation-changed member-changed care-team-changed representation-changed "
    "device-bound device-revoked content-erased".split())
KINDS = BY_OPERATOR | set(
    "agreement-accepted consent-withdrawn visit-registered visit-located visit-noted visit-finished visit-confirmed "
    "visit-disputed visit-reviewed visit-corrected record-viewed key-compromised record-changed device-enrolled".split())
ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"
SERIES = {1: whole, (2,): octets(32), (3,): [whole, octets(32)], 4: octets(8), 5: whole}
HEADER = {1: -7, 4: octets(32), 15: {1: str, 2: str, 6: time}, 258: -16, 259: str, -75001: SERIES}
HEAD = {1: -7, 4: octets(32), 15: {6: time}, 395: 1, -75002: lambda size: whole(size) and size > 0}
Statement = namedtuple("Statement", "id kid kind sub iat seq prev beacon payload signed signature")
Head = namedtuple("Head", "size iat check")


def sha256(data):
    return hashlib.sha256(data).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def open_sign1(data, payload, unprotected):
    """Header, payload, signature, unprotected header, and what signs them, of a COSE_Sign1."""
    need(data[:1] == b"\xd2", "form", "does not begin with tag 18, as a signed item does")
    parts = decode(data[1:])
    need(fits(parts, [bytes, unprotected, payload, octets(64)]), "form", "is not such a signed item")
    return decode(parts[0]), parts[2], parts[3], parts[1], lambda data: encode(["Signature1", parts[0], b"", data])


@functools.lru_cache(4096)
def _point(data):
    x, y = data[8:40], data[43:]
    well = len(data) == 75 and data == b"\xa4\1\2\x20\1\x21\x58\x20" + x + b"\x22\x58\x20" + y
    need(well, "key", "holds no P-256 key")
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:
        need(False, "key", "holds a key that is no point of the curve")


def read_key(data):
    """The thumbprint of a COSE_Key with exactly the four labels of section 2, and its bytes."""
    need(_point(data), "key", "holds no key")
    return sha256(data), data


@functools.lru_cache(65_536)
def verify(key, message, signature):
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    need(s <= HALF_OF_ORDER, "signature", "has a signature in its second form (S is in the upper half)")
    try:
        _point(key).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        need(False, "signature", "has a signature that does not verify")


@functools.lru_cache(65_536)
def read_statement(data):
    need(len(data) <= 2_048, "form", "is longer than 2048 bytes")
    header, payload, signature, _, signed = open_sign1(data, octets(32), {})
    need(fits(header, HEADER), "header", "has another header than a statement")
    kid, (issuer, sub, iat), kind, series = header[4], header[15].values(), header[259][21:-5], header[-75001]
    need(issuer == ISSUER + base64url(kid), "header", "names another issuer than its key")
    is_kind = kind in KINDS and header[259] == f"application/vnd.esep.{kind}+cbor"
    need(is_kind, "header", "is of a kind that the protocol does not have")
    try:
        about = base64.urlsafe_b64decode(sub + "==")
    except ValueError:
        about = b""
    need(len(about) == 16 and base64url(about) == sub, "header", "is about something that is no id")
    need((series[1] == 0) == (2 not in series), "header", "names a statement before the first, or none before a later")
    signed = signed(payload)
    rest = series[1], series.get(2), series.get(3), payload, signed, signature
    return Statement(sha256(signed), kid, kind, about, iat, *rest)


def read_head(data, operator, unprotected=None):
    """A head, with what checks it against a root, and the unprotected header of a receipt."""
    header, _, signature, proofs, signed = open_sign1(data, None, unprotected or {})
    need(fits(header, HEAD), "head", "has another header than a tree head")
    need(header[4] == operator[0], "head", "is signed by another key than the operator's")
    return Head(header[-75002], header[15][6], lambda root: verify(operator[1], signed(root), signature)), proofs


def read_receipt(data, entry, leaf, operator):
    """The head and the root under which this entry is this leaf (RFC 9162, section 2.1.3.2)."""
    head, proofs = read_head(data, operator, {396: {-1: [bytes]}})
    proof = decode(proofs[396][-1][0])
    need(fits(proof, [head.size, leaf, each(octets(32))]), "receipt", "is of another leaf or another tree")
    at, last, root = leaf, head.size - 1, sha256(b"\0" + entry)
    need(at <= last, "receipt", "is of a leaf beyond its tree")
    for one in proof[2]:
        need(last, "receipt", "has a path that is too long")
        if at % 2 or at == last:
            root = sha256(b"\1" + one + root)
            while at and not at % 2:
                at, last = at // 2, last // 2
        else:
            root = sha256(b"\1" + root + one)
        at, last = at // 2, last // 2
    need(not last, "receipt", "has a path that is too short")
    head.check(root)
    return head, root


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
