"""What every implementation must accept and must write byte for byte: keys, statements of every kind, the log."""

import contents
import form
import keys
import log
import statements
from values import Draw

SIGNERS = ("operator", "specialist", "representative", "coordinator")
SIZES_IN_FULL = (1, 2, 3, 4, 5, 6, 7, 8, 9)
START_MS = 1_795_000_000_123
ELAPSED_MS = [0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53]


def plain(value):
    """A content as JSON: a byte string becomes {"bytes": hexadecimal}."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


class Series:
    """The series of one key, and where it stands."""

    def __init__(self, signer):
        self.signer, self.seq, self.prev = signer, 0, None

    def place(self, beacon):
        draw = Draw(f"{self.signer.name}/{self.seq}")
        return {
            "seq": self.seq,
            "prev": self.prev,
            "beacon": beacon,
            "epoch": draw.octets(8),
            "elapsed_ms": ELAPSED_MS[self.seq % len(ELAPSED_MS)],
            "wall_ms": START_MS + self.seq * 61_001,
        }

    def state(self, kind, members, beacon=None, subject=None):
        """Seals the next statement and gives it with all that is needed to seal it again."""
        draw = Draw(f"{self.signer.name}/{self.seq}/{kind}")
        subject = subject or draw.octets(16)
        salt = draw.octets(16)
        content = form.encode({**members, "salt": salt})
        payload = keys.sha256(content)
        place = self.place(beacon)
        header = statements.header(self.signer, kind, subject, place)
        identity = statements.identity(form.encode(header), payload)
        made = {
            "kind": kind,
            "signer": self.signer.name,
            "subject": subject.hex(),
            "wall_ms": place["wall_ms"],
            "seq": self.seq,
            "prev": self.prev and self.prev.hex(),
            "beacon": beacon and {"tree_size": beacon[0], "root": beacon[1].hex()},
            "epoch": place["epoch"].hex(),
            "elapsed_ms": place["elapsed_ms"],
            "salt": salt.hex(),
            "content": plain(members),
            "content_bytes": content.hex(),
            "statement": statements.seal(self.signer, header, payload).hex(),
            "id": identity.hex(),
        }
        self.seq, self.prev = self.seq + 1, identity
        return made


def make_statements(signers):
    """Every kind with every choice, each optional member both ways; the log grows with them and gives the beacons."""
    series = {name: Series(signer) for name, signer in signers.items()}
    made, leaves = [], []

    def state(name, kind, members, with_beacon):
        beacon = (len(leaves), log.root(leaves)) if leaves and with_beacon else None
        made.append(series[name].state(kind, members, beacon))
        leaves.append(log.leaf_hash(bytes.fromhex(made[-1]["statement"])))

    for kind, names in contents.FIRST_OF_SERIES.items():
        for number, members in enumerate(contents.examples(kind, len(names))):
            # What the first statement of no series has chosen, the operator says of itself again.
            name = names[min(number, len(names) - 1)]
            state(name, kind, {**members, "key": signers[name].cose_key}, with_beacon=number >= len(names))
    for kind, (name, _) in contents.KINDS.items():
        if kind not in contents.FIRST_OF_SERIES:
            for number, members in enumerate(contents.examples(kind)):
                state(name, kind, members, with_beacon=number % 3 != 2)
    return made


def make_newer(signers):
    """Statements of a later edition: members that nobody knows yet are read over, at every depth."""
    series = Series(signers["specialist"])
    corrected = {"basis": b"\x07" * 32, "reason": "undone", "corrected_at_ms": 6}
    later = [
        ("visit-finished", {"finished_at_ms": 5}, {"finished_at_ms": 5, "zeal": "high"}),
        ("visit-finished", {"finished_at_ms": 5}, {"finished_at_ms": 5, "": -1, "a": {"b": [1, b"\x01", True]}}),
        (
            "visit-corrected",
            corrected | {"change": {"cancelled": True}},
            corrected | {"change": {"cancelled": True, "mood": []}},
        ),
    ]
    return [{**series.state(kind, written), "content": plain(known)} for kind, known, written in later]


def make_log(signer, entries):
    """Roots of all sizes; proofs of all leaves and ranges for small trees and of some for the whole one."""
    leaves = [log.leaf_hash(entry) for entry in entries]
    full = len(leaves)
    some = sorted({0, 1, 2, 7, 8, 31, 32, 63, 64, full // 2, full - 2, full - 1} & set(range(full)))
    positions = [(index, size) for size in SIZES_IN_FULL for index in range(size)]
    positions += [(index, size) for size in (64, 65, full) for index in some if index < size]
    ranges = [(a, b, n) for n in SIZES_IN_FULL[:7] for a in range(n) for b in range(a + 1, n + 1)]
    ranges += [(a, b, full) for a in some for b in (a + 1, a + 5, full) if b <= full]
    pairs = [(m, n) for n in SIZES_IN_FULL for m in range(n + 1)] + [(m, full) for m in [*some, full]]
    heads = {
        size: log.head(signer, log.head_header(signer, size, 1_795_000_000 + size), log.root(leaves[:size]))
        for size in (1, 2, 3, 7, 8, 64, full)
    }
    return {
        "entries": "the statements of statements.json, in their order",
        "leaf_hashes": [leaf.hex() for leaf in leaves],
        "roots": [log.root(leaves[:size]).hex() for size in range(full + 1)],
        "inclusion": [
            {"leaf_index": index, "tree_size": size, "path": hexes(log.path(index, leaves[:size]))}
            for index, size in positions
        ],
        "ranges": [
            {"first": a, "count": b - a, "tree_size": n, "proof": hexes(log.range_proof(a, b, leaves[:n]))}
            for a, b, n in ranges
        ],
        "consistency": [
            {"old": m, "new": n, "proof": hexes(log.consistency(m, leaves[:n]))} for m, n in pairs
        ],
        "heads": [
            {"tree_size": size, "iat": 1_795_000_000 + size, "head": data.hex()} for size, data in heads.items()
        ],
        "receipts": [
            {"leaf_index": index, "tree_size": size, "receipt": receipt(signer, leaves, index, size).hex()}
            for index, size in positions
            if size in heads
        ],
    }


def receipt(signer, leaves, index, size):
    header = log.head_header(signer, size, 1_795_000_000 + size)
    proof = log.inclusion(size, index, log.path(index, leaves[:size]))
    return log.head(signer, header, log.root(leaves[:size]), proof)


def hexes(hashes):
    return [value.hex() for value in hashes]


def make_scopes():
    """Scope lists as an operator may hold them, and the version of each."""
    names = ["person", "card", "contact", "identity", "child", "child-identity", "team", "family", "place",
             "organisation"]
    draw = Draw("scopes")
    everything = ["operator"] + [f"{name}:{draw.octets(16).hex()}" for name in names]
    many = [f"child:{draw.octets(16).hex()}" for _ in range(5)] + [f"team:{draw.octets(16).hex()}", "operator"]
    lists = [["operator"], everything[:2], everything, many, [*many, many[0]], []]
    return [{"names": lst, "version": scopes_version(lst)} for lst in lists]


def scopes_version(names):
    """Section 7, "Pull"."""
    return keys.sha256("\n".join(sorted(set(names), key=str.encode)).encode()).hex()


def make_cbor():
    """Values whose one encoding must be accepted as it stands."""
    nested = []
    for _ in range(form.DEEPEST - 1):
        nested = [nested]
    edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1]
    keys_in_order = {0: 0, 23: 0, 24: 0, 256: 0, -1: 0, -24: 0, -25: 0, b"": 0, b"b": 0, "": 0, "b": 0, "aa": 0}
    values = [*edges, *(-1 - edge for edge in edges), b"", b"\x00" * 24, "", "ә" * 128, [], {}, nested, True, False]
    values += [None, keys_in_order, {"k" * 24: 1, "l": 2}]
    return [form.encode(value).hex() for value in values]
