"""What one device shows another without a network (docs/PROTOCOL.md, section 11)."""

import form
import keys
import positive
import statements
from values import Draw

FORM, OPERATOR_BYTES = 1, 8
KINDS = ["device-bound", "visit-registered", "visit-finished", "visit-corrected", "visit-confirmed", "visit-disputed"]
MEMBERS = (
    "salt child specialist organisation place service outcome started_at_ms finished_at_ms offset_min late capture "
    "warned basis reason change cancelled corrected_at_ms representative answered_at_ms key person activation "
    "issued_by bound_at_ms"
).split()
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(data):
    """RFC 9285."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair)
        for _ in range(len(pair) + 1):
            number, letter = divmod(number, 45)
            text += LETTERS[letter]
    return text


def numbered(value):
    """The same map with the numbers of the members that have one, at every depth."""
    if not isinstance(value, dict):
        return value
    return {MEMBERS.index(name) if name in MEMBERS else name: numbered(member) for name, member in value.items()}


def shrunk(kind, content, operator):
    members = form.decode(content, "content")
    if kind == "device-bound":
        key = form.decode(members["key"], "key")
        members["key"] = bytes([2 + key[keys.Y][-1] % 2]) + key[keys.X]
        if members["issued_by"] == operator.thumbprint:
            members["issued_by"] = None
    return numbered(members)


def code(signers, stated):
    """The text of a code of statements as positive.Series makes them."""
    operator, places, items, before = signers["operator"], {}, [], None
    for place, one in enumerate(stated):
        content = bytes.fromhex(one["content_bytes"])
        _, _, signature = statements.split(bytes.fromhex(one["statement"]))
        beacon = one["beacon"] and [one["beacon"]["tree_size"], bytes.fromhex(one["beacon"]["root"])]
        same = {"subject": one["subject"], "beacon": beacon, "epoch": one["epoch"]}
        # An absent beacon is null also after an item without one.
        subject, beacon, epoch = (
            True if before and value is not None and value == before[0][name] else value for name, value in same.items()
        )
        prev = one["prev"] and bytes.fromhex(one["prev"])
        items.append([
            KINDS.index(one["kind"]),
            None if one["signer"] == "operator" else places[one["signer"]],
            subject if subject is True else bytes.fromhex(subject),
            one["wall_ms"] // 1000,
            one["seq"],
            True if before and prev == before[1] else prev,
            beacon,
            epoch if epoch is True else bytes.fromhex(epoch),
            one["elapsed_ms"],
            signature,
            shrunk(one["kind"], content, operator),
        ])
        before = same, bytes.fromhex(one["id"])
        if one["kind"] == "device-bound":
            key = form.decode(content, "content")["key"]
            places |= {name: place for name, signer in signers.items() if signer.cose_key == key}
    return "ESEP:" + base45(form.encode([FORM, operator.thumbprint[:OPERATOR_BYTES], items]))


def make(signers):
    """A visit with its end and a correction; one that was just registered; an answer of each kind."""
    draw = Draw("codes")
    visit, child, service = draw.octets(16), draw.octets(16), "speech-therapy"
    people = {name: draw.octets(16) for name in ("specialist", "representative")}
    operator = positive.Series(signers["operator"])
    beacon = 2**32, draw.octets(32)

    def bound(name, issued_by="operator"):
        members = {
            "key": signers[name].cose_key, "person": people[name], "activation": "7K3M",
            "issued_by": signers[issued_by].thumbprint, "bound_at_ms": positive.START_MS,
        }
        return operator.state("device-bound", members)

    registered = {
        "child": child, "specialist": people["specialist"], "organisation": draw.octets(16), "service": service,
        "outcome": "held", "started_at_ms": positive.START_MS, "offset_min": 300, "capture": draw.octets(16),
    }
    own = positive.Series(signers["specialist"])
    bindings = {"specialist": bound("specialist"), "representative": bound("representative", "coordinator")}

    def say(kind, members):
        return own.state(kind, members, beacon, subject=visit)

    first = say("visit-registered", registered)
    end = say("visit-finished", {"finished_at_ms": positive.START_MS + 60_000})
    change = {"cancelled": False, "service": "massage", "started_at_ms": positive.START_MS - 1}
    corrected = say("visit-corrected", {
        "basis": bytes.fromhex(end["id"]), "reason": "wrong-service", "change": change,
        "corrected_at_ms": positive.START_MS + 70_000,
    })
    answering = positive.Series(signers["representative"])
    answer = {
        "basis": bytes.fromhex(corrected["id"]), "representative": people["representative"],
        "answered_at_ms": positive.START_MS + 80_000,
    }
    confirmed = answering.state("visit-confirmed", answer, subject=visit)
    disputed = answering.state("visit-disputed", answer | {"reason": "other-time"}, beacon, subject=visit)
    without_beacon = positive.Series(signers["specialist"])
    bare = without_beacon.state("visit-registered", registered | {"place": draw.octets(16), "late": "forgotten"})
    shown = {
        "a visit, its end and a correction": [bindings["specialist"], first, end, corrected],
        "a visit of a device that knows no tree": [bindings["specialist"], bare],
        "a confirmation": [bindings["representative"], confirmed],
        "a dispute": [bindings["representative"], disputed],
    }
    return [
        {
            "name": name,
            "text": code(signers, stated),
            "items": [{"statement": one["statement"], "content_bytes": one["content_bytes"]} for one in stated],
        }
        for name, stated in shown.items()
    ]
