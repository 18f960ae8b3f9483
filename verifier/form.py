"""The one form of values and bytes (docs/PROTOCOL.md, section 1), and what is said when a rule is broken."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import cbor2


class Broken(Exception):
    """A rule that does not hold for some bytes; whoever knows where they lie makes a finding of it."""

    def __init__(self, rule, why):
        super().__init__(why)
        self.rule = rule


class Unusable(Exception):
    """What was given is neither a log nor a package, so there is nothing to say about it."""


def need(condition, rule, why):
    if not condition:
        raise Broken(rule, why)


@dataclass
class Report:
    """Findings say where (a file or a leaf), which rule (a word of the table in README.md), and why."""

    counts: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def find(self, where, rule, why):
        # A file may bear any name, also one that plays with the terminal.
        self.findings.append({"where": where if where.isprintable() else ascii(where), "rule": rule, "why": why})

    def attempt(self, where, check, *arguments):
        """The value of a check, or None and a finding."""
        try:
            return check(*arguments)
        except Broken as broken:
            self.find(where, broken.rule, str(broken))

    def to_json(self):
        return {"holds": not self.findings, **asdict(self)}


def fits(value, shape):
    """Whether a value has a shape: a predicate, a type, a list or map of shapes, or the very value. In a map `(key,)` may
    be absent. In Python true equals 1, so types are compared as well."""
    if isinstance(shape, dict):
        keys = {key[0] if isinstance(key, tuple) else key: inner for key, inner in shape.items()}
        asked = {key for key in shape if not isinstance(key, tuple)}
        is_map = isinstance(value, dict) and not any(isinstance(key, bool) for key in value)
        return is_map and asked <= set(value) <= set(keys) and all(fits(value[key], keys[key]) for key in value)
    if isinstance(shape, list):
        return isinstance(value, list) and len(value) == len(shape) and all(map(fits, value, shape))
    if isinstance(shape, type):
        return type(value) is shape
    return shape(value) if callable(shape) else type(value) is type(shape) and value == shape


def octets(length):
    return lambda value: isinstance(value, bytes) and len(value) == length


def each(shape):
    return lambda value: isinstance(value, list) and all(fits(one, shape) for one in value)


def whole(value):
    return type(value) is int and 0 <= value < 2**64


def time(value):
    return type(value) is int and -(2**63) <= value < 2**63


def decode(data, rule="form"):
    """The one item that these bytes are: read by cbor2, written once more here, and compared."""
    try:
        value = cbor2.loads(data)
        again = encode(value)
    except Exception as error:  # the library and its decoders of tags raise many kinds
        raise Broken(rule, f"is not CBOR as the protocol allows it: {type(error).__name__}") from error
    need(again == data, rule, "is not in the one form that its value has")
    return value


def encode(value, depth=0):
    """The one encoding of a value; ValueError for a value that must not occur."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int) and -(2**64) <= value < 2**64:
        return cbor2.dumps(value)
    if isinstance(value, (bytes, str)):
        return cbor2.dumps(value)
    inner = [] if depth < 16 else None
    if isinstance(value, Mapping) and inner is not None:
        pairs = sorted((encode(key, depth + 1), encode(one, depth + 1)) for key, one in value.items())
        return _head(5, len(pairs)) + b"".join(map(b"".join, pairs))
    if isinstance(value, Sequence) and inner is not None:
        return _head(4, len(value)) + b"".join(encode(one, depth + 1) for one in value)
    raise ValueError(f"no place for a {type(value).__name__}, or nested too deeply")


def _head(major, count):
    """The head of an array or a map: that of a number, under another major type (RFC 8949, section 3)."""
    number = cbor2.dumps(count)
    return bytes([major << 5 | number[0]]) + number[1:]
