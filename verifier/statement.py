"""A signed statement: its form, its header and its id (docs/PROTOCOL.md, section 3)."""

import base64
from dataclasses import dataclass

from . import cbor
from .cose import ES256, has_labels, is_octets, is_whole, sha256, split, to_be_signed, verify
from .report import need

LARGEST = 2_048
BY_OPERATOR = frozenset({
    "operator-key", "agreement-published", "organisation-changed", "member-changed", "care-team-changed",
    "representation-changed", "device-bound", "device-revoked", "content-erased", "recovery-opened",
})
KINDS = BY_OPERATOR | {
    "agreement-accepted", "consent-withdrawn", "visit-registered", "visit-located", "visit-noted", "visit-finished",
    "visit-confirmed", "visit-disputed", "visit-reviewed", "visit-corrected", "record-viewed", "key-compromised",
    "record-changed", "device-enrolled",
}
TYPE = "application/vnd.esep.", "+cbor"
ISSUER = "urn:ietf:params:oauth:ckt:sha-256:"


@dataclass(frozen=True)
class Statement:
    id: bytes
    kid: bytes
    kind: str
    seq: int
    prev: bytes | None
    beacon: tuple | None
    payload: bytes
    signed: bytes
    signature: bytes

    def verify(self, key):
        verify(key, self.signed, self.signature)


def read(data):
    need(len(data) <= LARGEST, "form", f"is longer than {LARGEST} bytes")
    protected, payload, signature = split(data)
    need(is_octets(payload, 32), "form", "has a payload that is no SHA-256")
    signed = to_be_signed(protected, payload)
    return Statement(sha256(signed), *_header(cbor.decode(protected)), payload, signed, signature)


def _header(labels):
    six = {1, 4, 15, 258, 259, -75001}
    need(has_labels(labels, six), "header", "has other labels in its header than the six")
    kid, claims, kind, series = labels[4], labels[15], labels[259], labels[-75001]
    need(labels[1] == ES256 and labels[258] == -16, "header", "names other algorithms than ES256 and SHA-256")
    need(is_octets(kid, 32), "header", "names no key")
    need(has_labels(claims, {1, 2, 6}), "header", "has other claims than iss, sub and iat")
    need(claims[1] == ISSUER + base64url(kid), "header", "names another issuer than its key")
    need(is_id(claims[2]), "header", "is about something that is no id")
    need(is_whole(claims[6], -(2**63), 2**63 - 1), "header", "has no time in seconds")
    kind = kind[len(TYPE[0]):-len(TYPE[1])] if isinstance(kind, str) else ""
    need(kind in KINDS and labels[259] == kind.join(TYPE), "header", "is of a kind that the protocol does not have")
    need(has_labels(series, {1, 4, 5}, {2, 3}), "header", "names no series")
    need(is_whole(series[1], 0, 2**64 - 1) and is_whole(series[5], 0, 2**64 - 1), "header", "has no number or clock")
    need(is_octets(series[4], 8), "header", "has an epoch that is not 8 bytes long")
    need((series[1] == 0) == (2 not in series), "header", "names a statement before the first, or none before a later")
    need(2 not in series or is_octets(series[2], 32), "header", "names something before it that is no id")
    beacon = series.get(3, [0, b"\0" * 32])
    well = isinstance(beacon, list) and len(beacon) == 2 and is_whole(beacon[0], 0, 2**64 - 1)
    need(well and is_octets(beacon[1], 32), "header", "has a beacon that is no tree head")
    return kid, kind, series[1], series.get(2), tuple(beacon) if 3 in series else None


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_id(text):
    """Whether a text is the base64url of 16 bytes, its unused bits zero."""
    try:
        data = base64.urlsafe_b64decode(text + "==")
    except (TypeError, ValueError):
        return False
    return len(data) == 16 and base64url(data) == text
