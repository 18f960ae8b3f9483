"""What every implementation must refuse, and by which rule.

Each vector is right but for one flaw, and signed over the very bytes that carry the flaw, so that only the rule in
question can refuse it. `lax` says that a COSE library which does not know the rule takes the signature as good.
"""

import cbor2
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import form
import keys
import negative_contents
import statements
from flaws import ABSENT, changed, entries_of, in_order, raw
from statements import (
    ALG, BEACON, CLAIMS, CONTENT_TYPE, ELAPSED, EPOCH, HASH_ALG, IAT, ISS, KID, PREV, SEQ, SERIES, SIGN1, SUB,
)

SUBJECT, SALT = b"\x07" * 16, b"\x05" * 16
GOOD = {"finished_at_ms": 1_795_000_000_000, "salt": SALT}


def place(seq=4):
    return {
        "seq": seq,
        "prev": b"\x03" * 32 if seq else None,
        "beacon": (12, b"\x09" * 32),
        "epoch": b"\x01" * 8,
        "elapsed_ms": 99_000,
        "wall_ms": 1_795_000_000_123,
    }


class Refusals:
    """Collects the vectors around one good statement of the specialist."""

    def __init__(self, signers):
        self.made, self.signers, self.signer = [], signers, signers["specialist"]
        self.members = GOOD
        self.content = form.encode(GOOD)
        self.payload = keys.sha256(self.content)
        self.header = statements.header(self.signer, "visit-finished", SUBJECT, place())
        self.good = statements.seal(self.signer, self.header, self.payload)

    def add(self, name, rule, statement, content=None, lax=False):
        content = self.content if content is None else content
        self.made.append({
            "name": name,
            "rule": rule,
            "lax": lax,
            "signer": "specialist",
            "statement": statement.hex(),
            "content_bytes": content.hex(),
        })

    def header_bytes(self, name, protected, lax=True):
        self.add(name, "form", statements.seal_bytes(self.signer, protected, self.payload), lax=lax)

    def header_with(self, name, *at, to, lax=True):
        """A header with one value replaced, added or removed."""
        self.header_bytes(name, cbor2.dumps(in_order(changed(self.header, *at, to=to))), lax)

    def content_bytes(self, name, content):
        statement = statements.seal(self.signer, self.header, keys.sha256(content))
        self.add(f"content: {name}", "content", statement, content, lax=True)


def make_statements(signers):
    refusals = Refusals(signers)
    for part in (_envelope, _header_form, _header_values, _series, _signature, negative_contents.add):
        part(refusals)
    return refusals.made


def _envelope(r):
    protected, payload, signature = statements.split(r.good)
    parts = [form.encode(protected), b"\xa0", form.encode(payload), form.encode(signature)]
    four = b"".join(parts)
    r.add("no tag", "form", r.good[1:])
    r.add("tag 98, many signers", "form", b"\xd8\x62" + r.good[1:])
    r.add("tag in its long form", "form", b"\xd8\x12" + r.good[1:], lax=True)
    r.add("tagged twice", "form", b"\xd2" + r.good)
    r.add("array of indefinite length", "form", b"\xd2\x9f" + four + b"\xff", lax=True)
    r.add("length of the array in its long form", "form", b"\xd2\x98\x04" + four, lax=True)
    r.add("five items", "form", b"\xd2\x85" + four + b"\x00")
    r.add("three items", "form", b"\xd2\x83" + b"".join(parts[:3]))
    r.add("an unprotected header", "form", statements.seal_bytes(
        r.signer, protected, payload, form.encode({KID: r.signer.thumbprint})), lax=True)
    r.add("an unprotected header of indefinite length", "form", statements.seal_bytes(
        r.signer, protected, payload, b"\xbf\xff"), lax=True)
    r.add("an unprotected header that is an array", "form", statements.seal_bytes(
        r.signer, protected, payload, b"\x80"))
    r.add("the protected header not wrapped", "form", SIGN1 + protected + b"".join(parts[1:]))
    chunks = b"\x5f" + form.encode(protected[:9]) + form.encode(protected[9:]) + b"\xff"
    r.add("the protected header in chunks", "form", SIGN1 + chunks + b"".join(parts[1:]), lax=True)
    r.add("an empty protected header", "form", statements.seal_bytes(r.signer, b"", payload), lax=True)
    r.add("the payload detached", "form", SIGN1 + parts[0] + b"\xa0\xf6" + parts[3])
    r.add("a payload of 31 bytes", "form", statements.seal_bytes(r.signer, protected, payload[:31]), lax=True)
    r.add("a payload of 33 bytes", "form", statements.seal_bytes(r.signer, protected, payload + b"\x00"), lax=True)
    r.add("the content in place of its hash", "form", statements.seal_bytes(r.signer, protected, r.content), lax=True)
    r.add("a byte follows", "form", r.good + b"\x00", lax=True)
    r.add("the same statement follows", "form", r.good * 2, lax=True)
    r.add("the last byte is missing", "form", r.good[:-1])
    r.add("nothing", "form", b"")


def _header_form(r):
    entries = entries_of(r.header)
    r.header_bytes("labels not sorted", raw(entries[1], entries[0], *entries[2:]))
    r.header_bytes("a negative label first", raw(entries[5], *entries[:5]))
    r.header_bytes("a label twice", raw(entries[0], entries[0], *entries[1:]))
    r.header_bytes("a label twice in two forms", raw(entries[0], (b"\x18\x01", entries[0][1]), *entries[1:]))
    r.header_bytes("a label in its long form", raw((b"\x18\x01", entries[0][1]), *entries[1:]))
    r.header_bytes("a value in its long form", raw((entries[0][0], b"\x38\x06"), *entries[1:]))
    r.header_bytes("a map of indefinite length", b"\xbf" + raw(*entries)[1:] + b"\xff")
    r.header_bytes("length of the map in its long form", b"\xb8\x06" + raw(*entries)[1:])
    r.header_bytes("a byte follows the map", raw(*entries) + b"\x00")
    kid = r.signer.thumbprint
    chunks = b"\x5f" + form.encode(kid[:16]) + form.encode(kid[16:]) + b"\xff"
    r.header_bytes("kid in chunks", raw(entries[0], (entries[1][0], chunks), *entries[2:]))
    long_kid = b"\x59\x00\x20" + kid
    r.header_bytes("length of kid in its long form", raw(entries[0], (entries[1][0], long_kid), *entries[2:]))
    claims, series = entries_of(r.header[CLAIMS]), entries_of(r.header[SERIES])
    swapped = raw(claims[1], claims[0], claims[2])
    r.header_bytes("claims not sorted", raw(*entries[:2], (entries[2][0], swapped), *entries[3:]))
    twice = raw(*claims, claims[2])
    r.header_bytes("iat twice", raw(*entries[:2], (entries[2][0], twice), *entries[3:]))
    swapped = raw(series[1], series[0], *series[2:])
    r.header_bytes("series not sorted", raw(*entries[:5], (entries[5][0], swapped)))
    long_seq = raw((series[0][0], b"\x18\x04"), *series[1:])
    r.header_bytes("seq in its long form", raw(*entries[:5], (entries[5][0], long_seq)))
    big_seq = raw((series[0][0], b"\xc2\x41\x04"), *series[1:])
    r.header_bytes("seq as a large integer", raw(*entries[:5], (entries[5][0], big_seq)))
    not_text = raw((claims[0][0], claims[0][1][:-1] + b"\xff"), *claims[1:])
    r.header_bytes("iss is not UTF-8", raw(*entries[:2], (entries[2][0], not_text), *entries[3:]), lax=False)


def _header_values(r):
    for label, name in {ALG: "alg", KID: "kid", CLAIMS: "claims", HASH_ALG: "hash algorithm",
                        CONTENT_TYPE: "content type", SERIES: "series"}.items():
        # Without alg a library takes the key's own; without kid it tries every key.
        r.header_with(f"no {name}", label, to=ABSENT)
    for label, value, name in ((2, [CONTENT_TYPE], "crit"), (3, "application/cbor", "content type"), (16, "x", "typ"),
                               (260, "https://x.example", "payload location"), (-75_003, 0, "private"),
                               ("esep", 0, "text")):
        r.header_with(f"an extra label: {name}", label, to=value)
    r.header_with("so many labels that it is too large", 3, to="x" * 2_048)
    r.header_with("alg ES384", ALG, to=-35)
    r.header_with("alg ESP256", ALG, to=-9)
    r.header_with("alg by name", ALG, to="ES256")
    r.header_with("kid of 31 bytes", KID, to=r.signer.thumbprint[:31], lax=False)
    r.header_with("kid of another key", KID, to=r.signers["coordinator"].thumbprint, lax=False)
    r.header_with("kid as text", KID, to=r.signer.thumbprint.hex(), lax=False)
    other = keys.base64url(r.signers["coordinator"].thumbprint)
    own = keys.base64url(r.signer.thumbprint)
    r.header_with("iss of another key", CLAIMS, ISS, to=keys.ISSUER + other)
    r.header_with("iss by another hash", CLAIMS, ISS, to=keys.ISSUER.replace("256", "512") + own)
    r.header_with("iss with padding", CLAIMS, ISS, to=keys.ISSUER + own + "=")
    r.header_with("iss in hexadecimal", CLAIMS, ISS, to=keys.ISSUER + r.signer.thumbprint.hex())
    r.header_with("iss that is a name", CLAIMS, ISS, to="https://example.kz")
    r.header_with("no iss", CLAIMS, ISS, to=ABSENT)
    r.header_with("no sub", CLAIMS, SUB, to=ABSENT)
    r.header_with("no iat", CLAIMS, IAT, to=ABSENT)
    sub = keys.base64url(SUBJECT)
    r.header_with("sub with padding", CLAIMS, SUB, to=sub + "==")
    r.header_with("sub with unused bits set", CLAIMS, SUB, to=sub[:-1] + "x")
    r.header_with("sub of 15 bytes", CLAIMS, SUB, to=keys.base64url(SUBJECT[:15]))
    r.header_with("sub in hexadecimal", CLAIMS, SUB, to=SUBJECT.hex())
    r.header_with("sub in the other base64 alphabet", CLAIMS, SUB, to="+/+/+/+/+/+/+/+/+/+/+w")
    r.header_with("sub as bytes", CLAIMS, SUB, to=SUBJECT)
    r.header_with("iat as a float", CLAIMS, IAT, to=1_795_000_000.0)
    r.header_with("iat with a fraction", CLAIMS, IAT, to=1_795_000_000.5)
    r.header_with("iat with a tag", CLAIMS, IAT, to=cbor2.CBORTag(1, 1_795_000_000))
    r.header_with("iat as text", CLAIMS, IAT, to="1795000000")
    r.header_with("iat beyond 64 bits with sign", CLAIMS, IAT, to=2**63)
    r.header_with("an extra claim: exp", CLAIMS, 4, to=1_795_000_000)
    r.header_with("an extra claim: a name", CLAIMS, "name", to="Үлгі")
    r.header_with("claims as an array", CLAIMS, to=[1, 2, 6])
    r.header_with("another hash algorithm", HASH_ALG, to=-43)
    r.header_with("a kind that nobody knows", CONTENT_TYPE, to=statements.content_type("visit-imagined"))
    r.header_with("a kind in capitals", CONTENT_TYPE, to=statements.content_type("Visit-Finished"))
    r.header_with("a content type without a kind", CONTENT_TYPE, to="application/cbor")
    r.header_with("a content type by number", CONTENT_TYPE, to=60)


def _series(r):
    r.header_with("prev at seq 0", SERIES, SEQ, to=0)
    r.header_with("no prev at seq 4", SERIES, PREV, to=ABSENT)
    first = statements.header(r.signer, "visit-finished", SUBJECT, place(0))
    r.header_bytes("no prev at seq 1", form.encode(changed(first, SERIES, SEQ, to=1)))
    r.header_with("prev of 31 bytes", SERIES, PREV, to=b"\x03" * 31)
    r.header_with("prev is null", SERIES, PREV, to=None)
    for label, name in ((SEQ, "seq"), (EPOCH, "epoch"), (ELAPSED, "elapsed_ms")):
        r.header_with(f"no {name}", SERIES, label, to=ABSENT)
    r.header_with("a negative seq", SERIES, SEQ, to=-1)
    r.header_with("seq as a float", SERIES, SEQ, to=4.0)
    r.header_with("seq is true", SERIES, SEQ, to=True)
    r.header_with("a negative elapsed_ms", SERIES, ELAPSED, to=-1)
    r.header_with("epoch of 7 bytes", SERIES, EPOCH, to=b"\x01" * 7)
    r.header_with("epoch of 9 bytes", SERIES, EPOCH, to=b"\x01" * 9)
    r.header_with("a beacon without a root", SERIES, BEACON, to=[12])
    r.header_with("a beacon of three", SERIES, BEACON, to=[12, b"\x09" * 32, 0])
    r.header_with("a beacon with a root of 31 bytes", SERIES, BEACON, to=[12, b"\x09" * 31])
    r.header_with("a beacon of negative size", SERIES, BEACON, to=[-1, b"\x09" * 32])
    r.header_with("a beacon as a map", SERIES, BEACON, to={0: 12, 1: b"\x09" * 32})
    r.header_with("an extra label in the series", SERIES, 6, to=0)
    r.header_with("a text label in the series", SERIES, "seq", to=0)
    r.header_with("the series as an array", SERIES, to=[4, b"\x03" * 32])


def _signature(r):
    protected, payload, signature = statements.split(r.good)
    n = int.from_bytes(signature[32:])
    high = signature[:32] + (keys.ORDER - n).to_bytes(32)

    def signed(value):
        return SIGN1 + form.encode(protected) + b"\xa0" + form.encode(payload) + form.encode(value)

    r.add("S in the upper half", "signature", signed(high), lax=True)
    r.add("one bit of R", "signature", signed(bytes([signature[0] ^ 1]) + signature[1:]))
    r.add("one bit of S", "signature", signed(signature[:63] + bytes([signature[63] ^ 1])))
    r.add("R and S are zero", "signature", signed(bytes(64)))
    r.add("S is zero", "signature", signed(signature[:32] + bytes(32)))
    r.add("R is the order", "signature", signed(keys.ORDER.to_bytes(32) + signature[32:]))
    r.add("over the payload alone", "signature", signed(r.signer.sign(payload)))
    context = form.encode(["Signature1", protected, b"esep", payload])
    r.add("with external data", "signature", signed(r.signer.sign(context)))
    context = form.encode(["CounterSignature", protected, b"", payload])
    r.add("for another context", "signature", signed(r.signer.sign(context)))
    r.add("by another key in this key's name", "signature",
          statements.seal_bytes(r.signers["coordinator"], protected, payload))
    r.add("as DER", "form", signed(encode_dss_signature(int.from_bytes(signature[:32]), n)))
    r.add("of 63 bytes", "form", signed(signature[:63]))
    r.add("of 65 bytes", "form", signed(signature + b"\x00"))
    coordinator = r.signers["coordinator"]
    header = statements.header(coordinator, "visit-finished", SUBJECT, place())
    r.add("signed by somebody else, rightly", "key", statements.seal(coordinator, header, payload))
    later = changed(r.header, SERIES, SEQ, to=5)
    r.add("another header under this signature", "signature",
          SIGN1 + form.encode(form.encode(later)) + b"\xa0" + form.encode(payload) + form.encode(signature))
