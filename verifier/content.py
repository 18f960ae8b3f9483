"""What lies beside a statement: a map with a salt (docs/PROTOCOL.md, sections 3 and 4)."""

from . import cbor
from .cose import is_octets, read_key, sha256
from .report import need

LARGEST = 65_536


def read(data, statement):
    """The members, once they are known to be what was signed; {} when they cannot be read, which the log must say."""
    need(sha256(data) == statement.payload, "content", "is not the content whose hash was signed")
    need(len(data) <= LARGEST, "content", f"has a content longer than {LARGEST} bytes")
    members = cbor.decode(data, "unreadable")
    is_map = isinstance(members, dict) and is_octets(members.get("salt"), 16)
    need(is_map, "unreadable", "has a content that is no map with a salt")
    return members


def key_of(members):
    return read_key(members.get("key"))


def revoked(members):
    need(is_octets(members.get("key"), 32), "content", "revokes what is no key")
    return members["key"]


def texts(members):
    """The published texts as pairs of hash and length."""
    listed = members.get("texts")
    well = isinstance(listed, list) and all(isinstance(text, dict) for text in listed)
    need(well and all(is_octets(text.get("sha256"), 32) for text in listed), "content", "publishes no texts")
    return [(text["sha256"].hex(), text.get("length_bytes")) for text in listed]


def erased(members):
    listed = members.get("statements")
    well = isinstance(listed, list) and all(is_octets(one, 32) for one in listed)
    need(well, "content", "erases what are no statements")
    return listed
