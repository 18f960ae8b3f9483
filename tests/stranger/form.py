"""Bytes, keys, statements and signed heads (docs/PROTOCOL.md, sections 1 to 3 and 6)."""

import base64
import dataclasses
import hashlib

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TAG_18 = b"\xd2"
SERIES, TREE_SIZE = -75001, -75002
ISSUER, KIND = "urn:ietf:params:oauth:ckt:sha-256:", ("application/vnd.esep.", "+cbor")


class Refused(Exception):
    """Something that is not as docs/PROTOCOL.md says."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def digest(data):
    return hashlib.sha256(data).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(base64url(data) == text, "base64url in another form")
    return data


def ordered(value):
    """The value with its maps in the order of their encoded keys; nothing else than section 1 allows."""
    if isinstance(value, dict):
        entries = [(key, ordered(member)) for key, member in value.items()]
        return dict(sorted(entries, key=lambda entry: cbor2.dumps(entry[0])))
    if isinstance(value, list):
        return [ordered(item) for item in value]
    need(value is None or isinstance(value, (int, bytes, str)), f"{type(value)} in CBOR")
    need(not isinstance(value, int) or -(2**64) <= value < 2**64, "an integer beyond 64 bits")
    return value


def encode(value):
    return cbor2.dumps(ordered(value))


def decode(data):
    try:
        value = cbor2.loads(data)
    except Exception as error:  # cbor2 raises many kinds
        raise Refused("not CBOR") from error
    need(encode(value) == data, "not deterministic CBOR")
    return value


class Key:
    """A key of the own."""

    def __init__(self):
        self._secret = ec.generate_private_key(ec.SECP256R1())
        numbers = self._secret.public_key().public_numbers()
        self.public = encode({1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        self.thumbprint = digest(self.public)

    def sign(self, message):
        r, s = utils.decode_dss_signature(self._secret.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def verify(public, message, signature):
    """`public` is a COSE_Key as bytes."""
    members = decode(public)
    need(isinstance(members, dict) and set(members) == {1, -1, -2, -3}, "a key with other members")
    need((members[1], members[-1], len(members[-2]), len(members[-3])) == (2, 1, 32, 32), "a key of another kind")
    x, y = (int.from_bytes(members[label], "big") for label in (-2, -3))
    need(len(signature) == 64, "a signature of another length")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    need(s <= ORDER // 2, "S in the upper half")
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise Refused("a signature that does not verify") from error


def to_sign(protected, payload):
    return encode(["Signature1", protected, b"", payload])


@dataclasses.dataclass(frozen=True)
class Statement:
    """The members of a statement; its bytes are made of them, and only of them."""

    kid: bytes
    kind: str
    sub: bytes
    iat: int
    seq: int
    prev: bytes | None
    beacon: tuple | None  # of tree size and root
    epoch: bytes
    elapsed_ms: int
    payload: bytes
    signature: bytes = b""

    @property
    def protected(self):
        series = {1: self.seq, 4: self.epoch, 5: self.elapsed_ms}
        series |= {} if self.prev is None else {2: self.prev}
        series |= {} if self.beacon is None else {3: list(self.beacon)}
        claims = {1: ISSUER + base64url(self.kid), 2: base64url(self.sub), 6: self.iat}
        kind = self.kind.join(KIND)
        return encode({1: -7, 4: self.kid, 15: claims, 258: -16, 259: kind, SERIES: series})

    @property
    def signed(self):
        return to_sign(self.protected, self.payload)

    @property
    def id(self):
        return digest(self.signed)

    def encoded(self):
        return TAG_18 + encode([self.protected, {}, self.payload, self.signature])

    def sealed(self, key):
        return dataclasses.replace(self, signature=key.sign(self.signed))


def statement(data):
    """The statement that these bytes are; its signature is not yet verified."""
    need(len(data) <= 2048 and data[:1] == TAG_18, "not a statement")
    try:
        protected, _, payload, signature = decode(data[1:])
        header = decode(protected)
        claims, series = header[15], header[SERIES]
        beacon = tuple(series[3]) if 3 in series else None
        kind = header[259].removeprefix(KIND[0]).removesuffix(KIND[1])
        found = Statement(
            header[4], kind, from_base64url(claims[2]), claims[6], series[1], series.get(2), beacon, series[4],
            series[5], payload, signature,
        )
        need(found.encoded() == data, "a statement in another form")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("not a statement") from error
    need((len(found.kid), len(found.sub), len(found.epoch), len(payload)) == (32, 16, 8, 32), "lengths of a statement")
    need((found.seq == 0) == (found.prev is None), "prev is absent exactly at 0")
    return found


def signed_head(data, root, operator):
    """Checks a tree head over `root` by the operator's COSE_Key; gives its tree size."""
    need(data[:1] == TAG_18, "not a tree head")
    try:
        protected, unprotected, payload, signature = decode(data[1:])
        header = decode(protected)
        size, iat = header[TREE_SIZE], header[15][6]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("not a tree head") from error
    need(unprotected == {} and payload is None, "a tree head with more than a signature")
    need(header == {1: -7, 4: digest(operator), 15: {6: iat}, 395: 1, TREE_SIZE: size}, "labels of a tree head")
    verify(operator, to_sign(protected, root), signature)
    return size
