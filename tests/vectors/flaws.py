"""Small ways to make bytes that are almost right."""

import cbor2

import form

ABSENT = object()


def changed(value, *at, to):
    """A copy of nested maps with one value replaced, or removed."""
    copy = dict(value)
    if len(at) > 1:
        copy[at[0]] = changed(copy[at[0]], *at[1:], to=to)
    elif to is ABSENT:
        del copy[at[0]]
    else:
        copy[at[0]] = to
    return copy


def raw(*entries):
    """The bytes of a map whose entries are given as bytes and stay as they are."""
    return bytes([0xA0 + len(entries)]) + b"".join(key + value for key, value in entries)


def entries_of(value):
    return [(form.encode(key), form.encode(item)) for key, item in form.ordered(value).items()]


def in_order(value):
    """The value with its maps in order, floats and tags left in."""
    if isinstance(value, dict):
        entries = sorted(value.items(), key=lambda entry: cbor2.dumps(entry[0]))
        return {key: in_order(item) for key, item in entries}
    return value
