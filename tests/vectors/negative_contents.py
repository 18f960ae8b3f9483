"""Contents that every implementation must refuse; see `negative`."""

import form
import positive
from flaws import ABSENT, changed, entries_of, raw


def add(r):
    """Contents that do not belong to their statement, or that cannot be read."""
    good = r.members
    r.add("another content", "content-hash", r.good, form.encode(changed(good, "finished_at_ms", to=1)), lax=True)
    r.add("another salt", "content-hash", r.good, form.encode(changed(good, "salt", to=b"\x06" * 16)), lax=True)
    r.add("no content", "content-hash", r.good, b"", lax=True)
    finished, salt = entries_of(good)[1], entries_of(good)[0]
    ms = finished[0]
    r.content_bytes("not sorted", raw(finished, salt))
    r.content_bytes("a member twice", raw(salt, finished, finished))
    r.content_bytes("a member twice with two values", raw(salt, (ms, b"\x01"), (ms, b"\x02")))
    r.content_bytes("an integer in its long form", raw(salt, (ms, b"\x1b" + (5).to_bytes(8))))
    r.content_bytes("a float", raw(salt, (ms, b"\xfb\x41\x00\x00\x00\x00\x00\x00\x00")))
    r.content_bytes("a short float", raw(salt, (ms, b"\xf9\x3c\x00")))
    r.content_bytes("a float among unknown members", raw(salt, (b"\x61z", b"\xf9\x3c\x00"), finished))
    r.content_bytes("a tag", raw(salt, (ms, b"\xc1\x05")))
    r.content_bytes("a large integer", raw(salt, (ms, b"\xc2\x41\x05")))
    r.content_bytes("beyond 64 bits with sign", raw(salt, (ms, b"\x1b" + b"\xff" * 8)))
    r.content_bytes("a time as text", raw(salt, (ms, form.encode("2026-11-18"))))
    r.content_bytes("a time as bytes", raw(salt, (ms, b"\x41\x05")))
    r.content_bytes("null for a member", raw(salt, (ms, b"\xf6")))
    r.content_bytes("undefined for a member", raw(salt, (ms, b"\xf7")))
    r.content_bytes("undefined among unknown members", raw(salt, (b"\x61z", b"\xf7"), finished))
    r.content_bytes("a simple value among unknown members", raw(salt, (b"\x61z", b"\xe0"), finished))
    r.content_bytes("a map of indefinite length", b"\xbf" + raw(salt, finished)[1:] + b"\xff")
    r.content_bytes("a text of indefinite length", raw(salt, (b"\x7f" + ms + b"\xff", b"\x05")))
    r.content_bytes("a text that is not UTF-8", raw(salt, (b"\x61\xff", b"\x05"), finished))
    r.content_bytes("no salt", raw(finished))
    r.content_bytes("a salt of 15 bytes", form.encode(changed(good, "salt", to=b"\x05" * 15)))
    r.content_bytes("a salt of 17 bytes", form.encode(changed(good, "salt", to=b"\x05" * 17)))
    r.content_bytes("a salt as text", form.encode(changed(good, "salt", to="x" * 16)))
    r.content_bytes("a member is missing", raw(salt))
    r.content_bytes("an array", form.encode([5, good["salt"]]))
    r.content_bytes("wrapped in a byte string", form.encode(r.content))
    r.content_bytes("a byte follows", r.content + b"\x00")
    r.content_bytes("cut", r.content[:-1])
    r.content_bytes("nothing at all", b"")
    deep = b"\x81" * form.DEEPEST + b"\x00"
    r.content_bytes("17 levels", raw(salt, (b"\x61z", deep), finished))
    _values(r)


def _values(r):
    """Values that only the table of kinds refuses."""
    series = positive.Series(r.signer)
    person, statement = b"\x0a" * 16, b"\x0b" * 32
    located = {"capture": person, "moment": "registered", "began_at_ms": 1, "ended_at_ms": 2, "ended_by": "good-fix"}
    fix = {"lat_e7": 1, "lon_e7": 2, "source": "gnss"}
    corrected = {"basis": statement, "reason": "undone", "change": {"cancelled": True}, "corrected_at_ms": 3}
    noted = {"purpose": "care", "text": "Үлгі"}
    published = {"document": "subject", "version": 1, "effective_from_ms": 1, "texts": [], "optional_confirmations": []}
    disputed = {"basis": statement, "representative": person, "reason": "other", "answered_at_ms": 1}
    cases = [
        ("a word that is not in the list", "visit-noted", changed(noted, "purpose", to="gossip")),
        ("a word in capitals", "visit-noted", changed(noted, "purpose", to="Care")),
        ("a number for a word", "visit-noted", changed(noted, "purpose", to=0)),
        ("bytes for a text", "visit-noted", changed(noted, "text", to=b"\x01")),
        ("a statement's id of 16 bytes", "visit-noted", noted | {"about": person}),
        ("a statement's id in hexadecimal", "visit-noted", noted | {"about": statement.hex()}),
        ("a person's id of 32 bytes", "visit-disputed", changed(disputed, "representative", to=statement)),
        ("a person's id in hexadecimal", "visit-disputed", changed(disputed, "representative", to=person.hex())),
        ("a person's id as an array", "visit-disputed", changed(disputed, "representative", to=list(person))),
        ("neither position nor reason", "visit-located", located | {"outcome": {}}),
        ("position and reason", "visit-located", located | {"outcome": {"fix": fix, "unavailable": "denied"}}),
        ("an outcome that is a word", "visit-located", located | {"outcome": "denied"}),
        ("a reason that is not in the list", "visit-located", located | {"outcome": {"unavailable": "bored"}}),
        ("a latitude beyond 32 bits", "visit-located",
         located | {"outcome": {"fix": changed(fix, "lat_e7", to=2**31)}}),
        ("a position without a source", "visit-located",
         located | {"outcome": {"fix": changed(fix, "source", to=ABSENT)}}),
        ("a negative accuracy", "visit-located", located | {"outcome": {"fix": fix | {"accuracy_dm": -1}}}),
        ("null for a member that is absent", "visit-noted", noted | {"about": None}),
        ("null in an unknown member", "visit-noted", noted | {"zeal": None}),
        ("a word as a map", "visit-noted", changed(noted, "purpose", to={"care": None})),
        ("a number for true", "visit-corrected", changed(corrected, "change", "cancelled", to=1)),
        ("a change as an array", "visit-corrected", changed(corrected, "change", to=[True])),
        ("a version beyond 32 bits", "agreement-published", changed(published, "version", to=2**32)),
        ("a negative version", "agreement-published", changed(published, "version", to=-1)),
        ("a number beyond 8 bits", "agreement-published", changed(published, "optional_confirmations", to=[256])),
        ("bytes for numbers", "agreement-published", changed(published, "optional_confirmations", to=b"\x01")),
        ("a text for an array", "content-erased", {"statements": "all", "basis": "x", "erased_at_ms": 1}),
        ("a kind's content under another kind", "visit-confirmed", noted),
    ]
    for name, kind, members in cases:
        made = series.state(kind, members)
        statement, content = (bytes.fromhex(made[part]) for part in ("statement", "content_bytes"))
        r.add(f"content: {name}", "content", statement, content, lax=True)
