"""COSE_Sign1, keys and ES256 with the lower S (docs/PROTOCOL.md, sections 2 and 3)."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from . import cbor
from .report import need

ES256 = -7
HALF_OF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 // 2


def sha256(data):
    return hashlib.sha256(data).digest()


def is_octets(value, length):
    return isinstance(value, bytes) and len(value) == length


def is_whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def has_labels(value, required, optional=frozenset()):
    """Whether a map has these integers as its keys; in Python, true would be taken for 1."""
    is_map = isinstance(value, dict) and all(type(key) is int for key in value)
    return is_map and required <= set(value) <= required | optional


def split(data):
    """Protected header, payload and signature of a COSE_Sign1 whose unprotected header is empty."""
    need(data[:1] == b"\xd2", "form", "does not begin with tag 18, as a signed item does")
    parts = cbor.decode(data[1:])
    need(isinstance(parts, list) and len(parts) == 4, "form", "is not an array of four")
    protected, unprotected, payload, signature = parts
    need(isinstance(unprotected, dict) and not unprotected, "form", "has an unprotected header")
    need(is_octets(signature, 64), "form", "has a signature that is not 64 bytes long")
    return protected, payload, signature


def to_be_signed(protected, payload):
    return cbor.encode(["Signature1", protected, b"", payload])


def read_key(data):
    """The thumbprint and the key of a COSE_Key with exactly the four labels of section 2."""
    x, y = (data[8:40], data[43:]) if is_octets(data, 75) else (b"", b"")
    need(data == b"\xa4\1\2\x20\1\x21\x58\x20" + x + b"\x22\x58\x20" + y, "key", "holds no P-256 key")
    point = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
    try:
        return sha256(data), point.public_key()
    except ValueError:
        need(False, "key", "holds a key that is no point of the curve")


def verify(key, message, signature):
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    need(s <= HALF_OF_ORDER, "signature", "has a signature in its second form (S is in the upper half)")
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        need(False, "signature", "has a signature that does not verify")
