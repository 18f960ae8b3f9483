"""Statements: made and read as docs/PROTOCOL.md says (section 3), with the COSE library doing what COSE says."""

import base64
import binascii

from cwt import COSE

import contents
import form
import keys
from form import Refused

ALG, KID, CLAIMS, HASH_ALG, CONTENT_TYPE, SERIES = 1, 4, 15, 258, 259, -75001
ISS, SUB, IAT = 1, 2, 6
SEQ, PREV, BEACON, EPOCH, ELAPSED = 1, 2, 3, 4, 5
SHA_256 = -16
LARGEST_STATEMENT, LARGEST_CONTENT = 2_048, 65_536
SIGN1 = b"\xd2\x84"  # tag 18, array of 4


def content_type(kind):
    return f"application/vnd.esep.{kind}+cbor"


def header(signer, kind, subject, place):
    """The protected header as a map. `place` has seq, prev, beacon, epoch, elapsed_ms, wall_ms."""
    series = {SEQ: place["seq"], EPOCH: place["epoch"], ELAPSED: place["elapsed_ms"]}
    if place["prev"] is not None:
        series[PREV] = place["prev"]
    if place["beacon"] is not None:
        series[BEACON] = list(place["beacon"])
    claims = {
        ISS: keys.ISSUER + keys.base64url(signer.thumbprint),
        SUB: keys.base64url(subject),
        IAT: place["wall_ms"] // 1000,
    }
    return {
        ALG: keys.ES256,
        KID: signer.thumbprint,
        CLAIMS: claims,
        HASH_ALG: SHA_256,
        CONTENT_TYPE: content_type(kind),
        SERIES: series,
    }


def identity(protected, payload):
    """The SHA-256 of the Sig_structure."""
    return keys.sha256(form.encode(["Signature1", protected, b"", payload]))


def seal(signer, protected, payload):
    """A signed statement, by the COSE library, from a header as a map."""
    return COSE.new().encode_and_sign(payload, signer, form.ordered(protected), {})


def seal_bytes(signer, protected, payload, unprotected=b"\xa0"):
    """A signed statement around a protected header that is given as bytes, so that it may break the rules."""
    signature = signer.sign(form.encode(["Signature1", protected, b"", payload]))
    return SIGN1 + form.encode(protected) + unprotected + form.encode(payload) + form.encode(signature)


def read(statement, cose_key, content):
    """Reads a statement and its content as a careful stranger.

    Gives the id, the header as named values and the content; raises Refused with the rule that is broken, in the
    order form, key, signature, content-hash, content.
    """
    if len(statement) > LARGEST_STATEMENT:
        raise Refused("form", "too large")
    protected, payload, signature = split(statement)
    named = read_header(protected)
    public, thumbprint = keys.read_public(cose_key)
    if named["kid"] != thumbprint:
        raise Refused("key", "signed by another key")
    if not keys.is_low(signature):
        raise Refused("signature", "S is in the upper half")
    try:
        COSE.new(verify_kid=True).decode(statement, [public])
    except Exception as error:  # the library's own and those of the libraries below it
        raise Refused("signature", str(error)) from error
    if keys.sha256(content) != payload:
        raise Refused("content-hash", "not the content whose hash was signed")
    if len(content) > LARGEST_CONTENT:
        raise Refused("content", "too large")
    members = form.decode(content, "content")
    try:
        contents.check(named["kind"], members)
    except (ValueError, TypeError) as error:
        raise Refused("content", str(error)) from error
    return {"id": identity(protected, payload), "content": members, **named}


def split(statement):
    """Protected header, payload and signature of a COSE_Sign1 in its one form."""
    if statement[:1] != SIGN1[:1]:
        raise Refused("form", "tag 18 was expected")
    parts = form.decode(statement[1:], "form")
    if not isinstance(parts, list) or len(parts) != 4:
        raise Refused("form", "an array of four was expected")
    protected, unprotected, payload, signature = parts
    if unprotected != {} or not isinstance(unprotected, dict):
        raise Refused("form", "the unprotected header must be empty")
    for value, length in ((payload, 32), (signature, 64)):
        if not isinstance(value, bytes) or len(value) != length:
            raise Refused("form", f"a byte string of {length} was expected")
    if not isinstance(protected, bytes):
        raise Refused("form", "the protected header must be a byte string")
    return protected, payload, signature


def read_header(protected):
    """The protected header as named values."""
    labels = form.decode(protected, "form")
    try:
        return _named(labels)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise Refused("form", f"header: {error!r}") from error


def _named(labels):
    _need(set(labels) == {ALG, KID, CLAIMS, HASH_ALG, CONTENT_TYPE, SERIES}, "labels")
    claims, series, kid = labels[CLAIMS], labels[SERIES], _octets(labels[KID], 32)
    _need(labels[ALG] == keys.ES256 and labels[HASH_ALG] == SHA_256, "algorithms")
    _need(set(claims) == {ISS, SUB, IAT}, "claims")
    _need({SEQ, EPOCH, ELAPSED} <= set(series) <= {SEQ, PREV, BEACON, EPOCH, ELAPSED}, "series")
    _need(claims[ISS] == keys.ISSUER + keys.base64url(kid), "iss")
    subject = base64.urlsafe_b64decode(claims[SUB] + "==")
    _need(keys.base64url(_octets(subject, 16)) == claims[SUB], "sub")
    kinds = [kind for kind in contents.KINDS if content_type(kind) == labels[CONTENT_TYPE]]
    _need(len(kinds) == 1, "kind")
    _need((series[SEQ] == 0) == (PREV not in series), "prev is absent exactly at 0")
    beacon = series.get(BEACON)
    if BEACON in series:
        size, root = beacon
        beacon = (_whole(size), _octets(root, 32))
    return {
        "kid": kid,
        "kind": kinds[0],
        "subject": subject,
        "iat": _whole(claims[IAT], -(2**63), 2**63 - 1),
        "seq": _whole(series[SEQ]),
        "prev": _octets(series[PREV], 32) if PREV in series else None,
        "beacon": beacon,
        "epoch": _octets(series[EPOCH], 8),
        "elapsed_ms": _whole(series[ELAPSED]),
    }


def _need(condition, what):
    if not condition:
        raise ValueError(what)


def _octets(value, length):
    _need(isinstance(value, bytes) and len(value) == length, f"a byte string of {length}")
    return value


def _whole(value, lowest=0, highest=2**64 - 1):
    _need(isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest, "an integer")
    return value
