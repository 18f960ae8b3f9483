"""The one form of values and bytes (docs/PROTOCOL.md, section 1), and what is said when a rule is broken."""

import re
from collections.abc import Mapping, Sequence

import cbor2


class Broken(Exception):
    """A rule that does not hold for some bytes; whoever knows where they lie makes a finding of it."""


class Unusable(Exception):
    """What was given is neither a log nor a package, so there is nothing to say about it."""


def need(condition, rule, why):
    if not condition:
        raise Broken(rule, why)


# Shapes are predicates, see `fits`.
octets = lambda length: lambda value: isinstance(value, bytes) and len(value) == length
each = lambda shape: lambda value: isinstance(value, list) and all(fits(one, shape) for one in value)
number = lambda low, high: lambda value: type(value) is int and low <= value < high
text = lambda pattern: lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None
optional = lambda shape: lambda value: value is None or fits(value, shape)
whole, time = number(0, 2**64), number(-(2**63), 2**63)


def fits(value, shape):
    """Whether a value has a shape: a predicate, a type, a list or map of shapes, or the very value. What is absent in a
    map is looked at as None. In Python true equals 1, so types are compared as well."""
    if isinstance(shape, dict):
        is_map = isinstance(value, dict) and value.keys() <= shape.keys() and bool not in map(type, value)
        return is_map and all(fits(value.get(key), inner) for key, inner in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and len(value) == len(shape) and all(map(fits, value, shape))
    is_it = shape if callable(shape) else lambda one: type(one) is type(shape) and one == shape
    return type(value) is shape if isinstance(shape, type) else is_it(value)


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
    """The one encoding of a value; ValueError for a value that must not occur. Null stands in no map."""
    is_number, is_map = isinstance(value, int) and -(2**64) <= value < 2**64, isinstance(value, Mapping)
    if value is None or is_number or isinstance(value, (bytes, str)):
        return cbor2.dumps(value)
    if depth < 16 and (is_map and None not in value.values() or isinstance(value, Sequence)):
        write = lambda one: encode(one, depth + 1)
        items = sorted(write(key) + write(one) for key, one in value.items()) if is_map else map(write, value)
        # The head of an array or a map is that of a number under another major type (RFC 8949, section 3).
        head = cbor2.dumps(len(value))
        return bytes([(5 if is_map else 4) << 5 | head[0]]) + head[1:] + b"".join(items)
    raise ValueError(f"no place for a {type(value).__name__}, or nested too deeply")
