"""Packed statements (docs/PROTOCOL.md, section 7.1)."""

from form import Statement, digest, encode, need


def column(values):
    """Each value once, in the order of its first row, and for each row its place."""
    places, kept, rows = {}, [], []
    for value in values:
        name = encode(value)
        if name not in places:
            places[name] = len(kept)
            kept.append(value)
        rows.append(places[name])
    return {"values": kept, "rows": rows}


def whole_column(packed, length):
    need(len(packed["rows"]) == length, "columns of different lengths")
    need(all(0 <= row < len(packed["values"]) for row in packed["rows"]), "a row that points nowhere")
    return [packed["values"][row] for row in packed["rows"]]


def steps(numbers):
    return [number - before for before, number in zip([0, *numbers], numbers)]


def sums(differences):
    total, numbers = 0, []
    for difference in differences:
        total += difference
        numbers.append(total)
    return numbers


class Cut:
    """A byte string that is taken apart from its beginning, to its end."""

    def __init__(self, data):
        self.rest = data

    def take(self, length):
        taken, self.rest = self.rest[:length], self.rest[length:]
        need(len(taken) == length, "a column that is too short")
        return taken


def pack(items):
    """A part of a push for these (statement, content)."""
    last, skipped, prev = {}, [], []
    statements = [statement for statement, _ in items]
    for statement in statements:
        before = last.get(statement.kid)
        skipped.append(statement.seq - (before.seq + 1 if before else 0))
        if statement.seq > 0 and (skipped[-1] != 0 or before is None):
            prev.append(statement.prev)
        last[statement.kid] = statement
    beacons = [[{"tree_size": s.beacon[0], "root": s.beacon[1]}] if s.beacon else [] for s in statements]
    columns = {
        "key": column(s.kid for s in statements),
        "kind": column(s.kind for s in statements),
        "subject": b"".join(s.sub for s in statements),
        "issued_at_s": steps([s.iat for s in statements]),
        "elapsed_ms": steps([s.elapsed_ms for s in statements]),
        "skipped": skipped,
        "prev": b"".join(prev),
        "beacon": column(beacons),
        "epoch": column(s.epoch for s in statements),
        "payload": b"",
        "signature": b"".join(s.signature for s in statements),
    }
    part = {"statements": columns, "content": [content for _, content in items]}
    need(unpack_statements(columns, part["content"]) == statements, "what was packed comes out otherwise")
    return {"packed": part}


def unpack_statements(columns, contents):
    length = len(contents)
    kids, kinds, beacons, epochs = (whole_column(columns[n], length) for n in ("key", "kind", "beacon", "epoch"))
    times, elapsed = sums(columns["issued_at_s"]), sums(columns["elapsed_ms"])
    need(length == len(times) == len(elapsed) == len(columns["skipped"]), "columns of different lengths")
    cut = {name: Cut(columns[name]) for name in ("subject", "prev", "payload", "signature")}
    last, statements = {}, []
    for row, content in enumerate(contents):
        before = last.get(kids[row])
        seq = columns["skipped"][row] + (before.seq + 1 if before else 0)
        prev = before.id if before and seq > 0 else None
        if seq > 0 and (columns["skipped"][row] != 0 or before is None):
            prev = cut["prev"].take(32)
        beacon = tuple(beacons[row][0][name] for name in ("tree_size", "root")) if beacons[row] else None
        statement = Statement(
            kids[row], kinds[row], cut["subject"].take(16), times[row], seq, prev, beacon, epochs[row], elapsed[row],
            cut["payload"].take(32) if content is None else digest(content), cut["signature"].take(64),
        )
        last[statement.kid] = statement
        statements.append(statement)
    need(not any(column.rest for column in cut.values()), "a column that is too long")
    return statements


def unpack(parts):
    """The items of an answer to a pull, as maps."""
    items = []
    for part in parts:
        need(set(part) in ({"raw"}, {"packed"}), "a part of another kind")
        if "raw" in part:
            items.append(part["raw"])
            continue
        packed = part["packed"]
        length = len(packed["content"])
        statements = unpack_statements(packed["statements"], packed["content"])
        scopes, flags = whole_column(packed["scopes"], length), whole_column(packed["flags"], length)
        leaves = sums(packed["leaf_index"])
        need(len(leaves) == length, "columns of different lengths")
        for row in zip(leaves, statements, packed["content"], scopes, flags):
            item = dict(zip(("leaf_index", "statement", "content", "scopes", "flags"), row))
            item["statement"] = item["statement"].encoded()
            items.append({name: value for name, value in item.items() if value is not None})
    return items
