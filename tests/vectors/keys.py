"""Keys of the vectors: fixed secrets, COSE_Key, thumbprints, deterministic signatures (docs/PROTOCOL.md, section 2)."""

import base64
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cwt.algs.ec2 import EC2Key

import form

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"
ES256 = -7
KTY, KID, ALG, CRV, X, Y, D = 1, 2, 3, -1, -2, -3, -4


def sha256(data):
    return hashlib.sha256(data).digest()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def visit_id(thumbprint, begin):
    """The id of a visit that this key registers, from its first eight bytes (section 1)."""
    end = sha256(b"esep visit id" + thumbprint + begin)[:8]
    return begin + bytes([0x80 | end[0] & 0x3F]) + end[1:]


class Signer(EC2Key):
    """A secret key that signs by RFC 6979 and gives the lower of the two possible S."""

    def __init__(self, name):
        self.name = name
        self.secret = sha256(f"esep vector key: {name}".encode())
        private = ec.derive_private_key(int.from_bytes(self.secret), ec.SECP256R1())
        point = private.public_key().public_numbers()
        x, y = point.x.to_bytes(32), point.y.to_bytes(32)
        self.cose_key = form.encode({KTY: 2, CRV: 1, X: x, Y: y})
        self.thumbprint = sha256(self.cose_key)
        super().__init__({KTY: 2, KID: self.thumbprint, ALG: ES256, CRV: 1, X: x, Y: y, D: self.secret})

    def sign(self, msg):
        der = self.key.sign(msg, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32) + min(s, ORDER - s).to_bytes(32)

    def to_json(self):
        return {
            "secret": self.secret.hex(),
            "cose_key": self.cose_key.hex(),
            "thumbprint": self.thumbprint.hex(),
            "issuer": ISSUER + base64url(self.thumbprint),
            "fingerprint": base64url(self.thumbprint),
            "visit_id": visit_id(self.thumbprint, bytes.fromhex("017f22e279b07fff")).hex(),
        }


def read_public(cose_key):
    """A public key and its thumbprint from the bytes of a COSE_Key with exactly our four labels."""
    parts = form.decode(cose_key, "key")
    if not isinstance(parts, dict) or list(parts) != [KTY, CRV, X, Y]:
        raise form.Refused("key", "labels 1, -1, -2, -3 were expected")
    thumbprint = sha256(cose_key)
    try:
        return EC2Key({**parts, KID: thumbprint, ALG: ES256}), thumbprint
    except ValueError as error:
        raise form.Refused("key", str(error)) from error


def is_low(signature):
    """Whether S is at most half of the order."""
    return int.from_bytes(signature[32:]) <= ORDER // 2
