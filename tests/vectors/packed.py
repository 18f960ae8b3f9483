"""Statements in columns (docs/PROTOCOL.md, section 7.1)."""

import form
import keys
import statements


class Repeated:
    """Each value once, and for each row its place."""

    def __init__(self):
        self.values, self.rows = [], []

    def add(self, value):
        if value not in self.values:
            self.values.append(value)
        self.rows.append(self.values.index(value))

    def column(self):
        return {"values": self.values, "rows": self.rows}


def steps(numbers):
    return [number - before for before, number in zip([0, *numbers], numbers)]


def running(differences):
    numbers, last = [], 0
    for difference in differences:
        last += difference
        numbers.append(last)
    return numbers


def pack(rows):
    """The columns of rows with kid, kind, subject, iat, seq, prev, beacon, epoch, elapsed_ms, payload, signature, id and
    `has_content`."""
    key, kind, beacon, epoch = Repeated(), Repeated(), Repeated(), Repeated()
    skipped, prev, last = [], b"", {}
    for row in rows:
        key.add(row["kid"])
        kind.add(row["kind"])
        size_and_root = row["beacon"]
        beacon.add([{"tree_size": size_and_root[0], "root": size_and_root[1]}] if size_and_root else [])
        epoch.add(row["epoch"])
        before = last.get(row["kid"])
        skipped.append(row["seq"] - (before["seq"] + 1 if before else 0))
        if before is None or skipped[-1] != 0:
            prev += row["prev"] or b""
        last[row["kid"]] = row
    return {
        "key": key.column(),
        "kind": kind.column(),
        "subject": b"".join(row["subject"] for row in rows),
        "issued_at_s": steps([row["iat"] for row in rows]),
        "skipped": skipped,
        "prev": prev,
        "beacon": beacon.column(),
        "epoch": epoch.column(),
        "elapsed_ms": steps([row["elapsed_ms"] for row in rows]),
        "payload": b"".join(row["payload"] for row in rows if not row["has_content"]),
        "signature": b"".join(row["signature"] for row in rows),
    }


def unpack(columns, contents):
    """The bytes of the statements; `contents` has bytes or None for each row."""
    issued, elapsed = running(columns["issued_at_s"]), running(columns["elapsed_ms"])
    prevs, payloads, last, made = columns["prev"], columns["payload"], {}, []

    def value(name, row):
        return columns[name]["values"][columns[name]["rows"][row]]

    for row, content in enumerate(contents):
        kid, skipped = value("key", row), columns["skipped"][row]
        before = last.get(kid)
        seq = skipped + (before[0] + 1 if before else 0)
        prev = None
        if before and skipped == 0:
            prev = before[1]
        elif seq > 0:
            prev, prevs = prevs[:32], prevs[32:]
        if content is None:
            payload, payloads = payloads[:32], payloads[32:]
        else:
            payload = keys.sha256(content)
        known = value("beacon", row)
        place = {
            "seq": seq,
            "prev": prev,
            "beacon": (known[0]["tree_size"], known[0]["root"]) if known else None,
            "epoch": value("epoch", row),
            "elapsed_ms": elapsed[row],
            "wall_ms": issued[row] * 1000,
        }
        subject, signature = columns["subject"][16 * row :][:16], columns["signature"][64 * row :][:64]
        protected = form.encode(statements.header(Kid(kid), value("kind", row), subject, place))
        last[kid] = (seq, statements.identity(protected, payload))
        parts = form.encode(protected) + b"\xa0" + form.encode(payload) + form.encode(signature)
        made.append(statements.SIGN1 + parts)
    assert not prevs and not payloads, "left over"
    return made


class Kid:
    """A signer of whom only the thumbprint is known."""

    def __init__(self, thumbprint):
        self.thumbprint = thumbprint


def rows_of(signers, stated, has_content):
    for one in stated:
        statement, content = bytes.fromhex(one["statement"]), bytes.fromhex(one["content_bytes"])
        read = statements.read(statement, signers[one["signer"]].cose_key, content)
        _, payload, signature = statements.split(statement)
        yield read | {"payload": payload, "signature": signature, "has_content": has_content(one)}


def make(signers, stated):
    """A push of the specialist's whole series, and a page of everything with some contents withheld."""
    own = [one for one in stated if one["signer"] == "specialist"]
    contents = [bytes.fromhex(one["content_bytes"]) for one in own]
    columns = pack(list(rows_of(signers, own, lambda one: True)))
    _check(columns, contents, own)
    part = {"packed": {"statements": columns, "content": contents}}
    push = form.encode({"items": [part], "known_tree_size": 7})

    def is_whole(one):
        return stated.index(one) % 5 != 3

    contents = [bytes.fromhex(one["content_bytes"]) if is_whole(one) else None for one in stated]
    columns = pack(list(rows_of(signers, stated, is_whole)))
    _check(columns, contents, stated)
    scopes, flags = Repeated(), Repeated()
    leaves = [2 * number + number % 3 for number in range(len(stated))]
    for one in stated:
        scopes.add(["operator"] if one["signer"] == "operator" else [f"person:{one['subject']}", "operator"])
        flags.add(["late-entry", "time-in-doubt"] if one["seq"] % 4 == 1 else [])
    packed = {
        "statements": columns,
        "content": contents,
        "leaf_index": steps(leaves),
        "scopes": scopes.column(),
        "flags": flags.column(),
    }
    page = {
        "scopes_version": keys.sha256(b"operator"),
        "urgent": [],
        "urgent_cursor": 3,
        "items": [{"packed": packed}],
        "cursor": leaves[-1] + 1,
        "more": False,
        "remaining": 0,
    }
    whole = [
        {
            "leaf_index": leaf,
            "has_content": content is not None,
            "scopes": scopes.values[scopes.rows[row]],
            "flags": flags.values[flags.rows[row]],
        }
        for row, (leaf, content) in enumerate(zip(leaves, contents))
    ]
    return {"push": push.hex(), "page": {"body": form.encode(page).hex(), "items": whole}}


def _check(columns, contents, stated):
    again = unpack(form.decode(form.encode(columns), "form"), contents)
    assert [one["statement"] for one in stated] == [statement.hex() for statement in again]
