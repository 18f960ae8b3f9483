"""That docs/PROTOCOL.md is enough to write a second client: one that was written from it works with a real operator."""

import copy
import dataclasses
import os
import unittest

from client import Device, Problem, now_ms, visit_id
from demo import Operator
from form import ORDER, TAG_18, Key, Refused, decode, encode, statement, verify
from packed import unpack
from tree import EMPTY, check_consistency, leaf_hash, root_of_inclusion

FIRST_SCOPES = {"operator", "person", "card", "contact", "identity"}


def kinds(scopes):
    return {name.partition(":")[0] for name in scopes}


def flipped(data):
    return bytes([data[0] ^ 1]) + data[1:]


def ended_otherwise(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class Stranger(unittest.TestCase):
    """Two devices of people who meet; each test makes what else it needs."""

    @classmethod
    def setUpClass(cls):
        cls.operator = Operator()
        cls.addClassCleanup(cls.operator.stop)
        cls.child, specialist, parent, cls.coordinator, cls.another = cls.operator.story()
        cls.child_id = bytes.fromhex(cls.child["child"])
        cls.specialist, cls.parent = Device(specialist["link"]), Device(parent["link"])
        for device, told, document in ((cls.specialist, specialist, "specialist"), (cls.parent, parent, "subject")):
            device.meet()
            device.enrol(device.enrolment())
            assert device.person.hex() == told["person"]
            device.pull()
            device.before = kinds(device.scopes)
            device.accepted = device.push([device.accept(document)])["outcomes"]
            device.pull()

    def outcome(self, name, **answer):
        """What the operator says of an item that stands in the log; the flags are none."""
        self.assertEqual([*answer], [name])
        self.assertEqual(answer[name]["flags"], [])
        return answer[name]["leaf_index"]

    def problem(self, status, code, call, *arguments, **named):
        with self.assertRaises(Problem) as refused:
            call(*arguments, **named)
        self.assertEqual((refused.exception.status, refused.exception.code), (status, code))

    def own(self, device, leaf, made):
        """That the receipt of this own statement proves that it stands at this leaf, under a head that was signed."""
        receipt = device.receipts[made.id]
        self.assertEqual(receipt.leaf, leaf)
        self.assertIn((receipt.size, receipt.root), device.heads)
        root = root_of_inclusion(leaf_hash(made.encoded()), leaf, receipt.size, receipt.path)
        self.assertEqual(root, receipt.root)

    # -- enrolment --

    def test_enrolment(self):
        device = Device(self.another["link"])
        device.meet()
        request = device.enrolment()
        self.problem(404, "unknown-code", device.enrol, request | {"secret": "0" * 12})
        first = device.enrol(request)
        self.assertEqual(device.person.hex(), self.another["person"])
        enrolled = statement(request["statement"])
        self.own(device, first["registration"]["first_leaf"], enrolled)
        self.assertEqual(device.enrol(request)["bound"], first["bound"], "an enrolment is repeatable")
        late = Device(self.another["link"])
        late.meet()
        self.problem(410, "used-code", late.enrol, late.enrolment())

    def test_another_operator_than_that_of_the_link(self):
        device = Device(self.coordinator["link"])
        known, device.fingerprint = device.fingerprint, flipped(device.fingerprint)
        with self.assertRaisesRegex(Refused, "another operator"):
            device.meet()
        told = device.call("GET", "/v1/operator")
        device.fingerprint, device.call = known, lambda *_: told
        device.meet()
        for changed, reason in (
            ({"system": "another"}, "another system"), ({"version": 2}, "another system"),
            ({"statement": ended_otherwise(told["statement"])}, "does not verify"),
            ({"content": encode(decode(told["content"]) | {"bin": "0" * 12})}, "not an operator-key"),
        ):
            device.call = lambda *_, changed=changed: told | changed
            with self.subTest(reason), self.assertRaisesRegex(Refused, reason):
                device.meet()

    # -- pulling --

    def test_scopes_open_with_the_agreement(self):
        opened = (self.specialist, {"child", "team", "place"}), (self.parent, {"child", "family", "place"})
        for device, of_the_role in opened:
            self.assertEqual(device.before, FIRST_SCOPES)
            self.outcome("registered", **device.accepted[0])
            self.assertLessEqual(FIRST_SCOPES | of_the_role, kinds(device.scopes))
            self.assertIn(f"child:{self.child_id.hex()}", device.scopes)

    def test_what_was_pulled(self):
        device = self.specialist
        self.assertGreater(device.pages, 4, "more than one page")
        self.assertGreater(device.packed, 0, "packed statements")
        self.assertIn(0, device.said, "leaf 0 is the operator-key")
        self.assertEqual(device.said[0].statement.kind, "operator-key")
        team = device.find("care-team-changed", self.child_id, person=device.person)
        self.assertTrue(team, "the own place in the care team of the child")
        names = [said.content["data"]["name"]["given"] for said in device.find("record-changed", self.child_id).values()
                 if "name" in said.content["data"]]
        self.assertTrue(any(name in self.child["name"] for name in names), names)
        for before, head in zip(device.heads, device.heads[1:]):
            self.assertLess(before[0], head[0])
        now = device.checkpoint(device.heads[1])
        self.assertEqual((now["tree_size"], now["root"]), device.heads[-1])

    # -- a visit --

    def visit(self):
        """What the specialist says at the door, from what the operator told."""
        device, visit, capture, began = self.specialist, visit_id(self.specialist.key), os.urandom(16), now_ms()
        team = [*device.find("care-team-changed", self.child_id, person=device.person).values()][-1].content
        records = [said.content["data"] for said in device.find("record-changed", self.child_id).values()]
        place = [data["lives"]["place"] for data in records if "lives" in data][-1]
        records = [said.content["data"] for said in device.find("record-changed", place).values()]
        position = [data["position"] for data in records if "position" in data][-1]
        fix = {
            "lat_e7": position["lat_e7"] + 1237, "lon_e7": position["lon_e7"] - 2113, "accuracy_dm": 123,
            "fixed_at_ms": began, "source": "gnss", "mock": False,
        }
        return visit, [
            device.make(
                "visit-registered", visit, child=self.child_id, specialist=device.person, place=place,
                organisation=team["organisation"], service=team["function"], outcome="held", started_at_ms=began,
                offset_min=300, capture=capture,
            ),
            device.make(
                "visit-located", visit, capture=capture, moment="registered", outcome={"fix": fix}, began_at_ms=began,
                ended_at_ms=now_ms(), ended_by="good-fix",
            ),
        ]

    def test_a_visit_from_the_door_to_the_confirmation(self):
        specialist, parent = self.specialist, self.parent
        visit, made = self.visit()
        first = specialist.push(made)
        leaves = [self.outcome("registered", **outcome) for outcome in first["outcomes"]]
        self.assertEqual((visit[6] >> 4, visit[8] >> 6), (7, 2), "a UUIDv7")
        for (own, _), leaf in zip(made, leaves):
            self.own(specialist, leaf, own)
        again = specialist.push(made, packed=True)
        self.assertEqual([self.outcome("already-have", **outcome) for outcome in again["outcomes"]], leaves)
        for (own, _), leaf in zip(made, leaves):
            self.own(specialist, leaf, own)

        parent.pull()
        ((leaf, found),) = parent.find("visit-registered", visit).items()
        registered = made[0][0]
        self.assertEqual((leaf, found.statement, found.flags), (leaves[0], registered, []))
        self.assertEqual(found.content, decode(made[0][1]))
        key, person = parent.people[found.statement.kid]
        self.assertEqual((key, person), (specialist.key.public, specialist.person))
        verify(key, registered.signed, registered.signature)
        self.assertEqual([*parent.find("visit-located", visit)], leaves[1:])

        said = {"basis": found.statement.id, "representative": parent.person, "answered_at_ms": now_ms()}
        confirmed = parent.make("visit-confirmed", visit, **said)
        answered = self.outcome("registered", **parent.push([confirmed])["outcomes"][0])
        self.own(parent, answered, confirmed[0])

        specialist.pull()
        ((leaf, answer),) = specialist.find("visit-confirmed", visit).items()
        self.assertEqual((leaf, answer.statement, answer.flags), (answered, confirmed[0], []))
        self.assertEqual(answer.content["basis"], registered.id)
        self.assertEqual(specialist.people[answer.statement.kid], (parent.key.public, parent.person))
        specialist.checkpoint(parent.heads[-1])

    # -- refusals --

    def views(self, count):
        device = self.specialist
        said = {"record": "child", "viewer": device.person, "purpose": "visit"}
        return [device.make("record-viewed", self.child_id, **said, viewed_at_ms=now_ms()) for _ in range(count)]

    def test_a_changed_signature_is_refused_and_its_neighbours_register(self):
        for packed in (False, True):
            before, (changed, content), after = self.views(3)
            bad = dataclasses.replace(changed, signature=flipped(changed.signature))
            answer = self.specialist.push([before, (bad, content), after], packed)["outcomes"]
            leaf = self.outcome("registered", **answer[0])
            self.assertEqual(answer[1], {"refused": {"reason": "bad-signature"}})
            self.assertEqual(self.outcome("registered", **answer[2]), leaf + 1)
            self.assertNotIn(changed.id, self.specialist.receipts)
            mended = self.specialist.push([(changed, content)], packed)["outcomes"]
            self.own(self.specialist, self.outcome("registered", **mended[0]), changed)

    def test_a_gap_and_a_fork(self):
        device = self.specialist
        first, second = self.views(2)
        (gap,) = device.push([second])["outcomes"]
        self.assertEqual(gap, {"gap": {"expected_seq": first[0].seq}})
        self.assertNotIn(second[0].id, device.receipts)
        registered = device.push([first, second])["outcomes"]
        self.outcome("registered", **registered[1])
        device.seq, device.prev = second[0].seq, first[0].id
        ((twin, content),) = self.views(1)
        (fork,) = device.push([(twin, content)])["outcomes"]
        self.assertEqual(([*fork], fork["fork"]["flags"]), (["fork"], ["fork"]))
        self.own(device, fork["fork"]["leaf_index"], twin)
        device.prev = second[0].id

    def test_requests_that_are_refused(self):
        device, kept = self.specialist, {}
        made = self.views(1)
        body = {"items": [], "known_tree_size": 0}

        def without(headers):
            del headers["signature"]

        def altered(headers):
            left, right = headers["signature"].split(":")[:2]
            headers["signature"] = f"{left}:{('B' if right[0] == 'A' else 'A') + right[1:]}:"

        def other_digest(headers):
            other = device.signature("POST", "/v1/push", b"", "identity", device.key)
            headers["content-digest"] = other["content-digest"]

        self.problem(401, "unsigned", device.push, made, changed=without)
        self.problem(401, "bad-signature", device.push, made, changed=altered)
        self.problem(401, "bad-signature", device.push, made, changed=other_digest)
        self.problem(401, "unknown-key", device.push, made, key=Key())
        device.call("POST", "/v1/push", body, device.key, kept.update)
        self.problem(401, "replayed", device.call, "POST", "/v1/push", body, device.key, lambda h: h.update(kept))
        self.outcome("registered", **device.push(made)["outcomes"][0])

    def test_a_clock_that_is_wrong(self):
        device = self.specialist
        device.clock_s = -3600
        body = {"items": [], "known_tree_size": 0}
        self.problem(401, "expired", device.call, "POST", "/v1/push", body, device.key, again=False)
        self.outcome("registered", **device.push(self.views(1))["outcomes"][0])
        self.assertLess(abs(device.clock_s), 10, "corrected by the operator's Date")

    # -- what the client itself refuses --

    def test_registrations_that_were_tampered_with(self):
        device = self.specialist
        self.parent.push([self.parent.make("record-viewed", self.child_id, record="child", viewer=self.parent.person,
                                           purpose="answer", viewed_at_ms=now_ms())])
        before = list(device.heads)
        ((made, content),) = self.views(1)
        (registration,) = device.push([(made, content)])["registrations"]
        leaf = registration["first_leaf"]

        def register(changed):
            device.heads = list(before)
            device.register([changed], {leaf: made})

        self.assertTrue(registration["proof"] and registration["consistency"], "there is something to tamper with")
        damaged = [registration | {"tree_size": registration["tree_size"] + 1}, registration | {"first_leaf": leaf - 1}]
        for name in ("proof", "consistency"):
            hashes = registration[name]
            damaged += [registration | {name: hashes[:n] + [flipped(h)] + hashes[n + 1:]} for n, h in enumerate(hashes)]
            damaged += [registration | {name: changed} for changed in (hashes[:-1], [*hashes, bytes(32)])]
        head = registration["head"]
        damaged += [registration | {"head": changed} for changed in (ended_otherwise(head), head[1:], b"")]
        for number, changed in enumerate(damaged):
            with self.subTest(number), self.assertRaises(Refused):
                register(changed)
        with self.assertRaises(Refused):
            device.register([], {leaf: made})
        register(registration)
        (size, root), now = before[-1], device.heads[-1]
        check_consistency((size, root), now, registration["consistency"])
        for old, new, proof in (
            ((size, bytes(32)), now, registration["consistency"]), ((size, root), (size, bytes(32)), []),
            (now, (size, root), registration["consistency"]), ((size, root), now, []),
        ):
            with self.assertRaises(Refused):
                check_consistency(old, new, proof)

    def test_forms_that_are_refused(self):
        key, message = Key(), b"anything"
        signature = key.sign(message)
        verify(key.public, message, signature)
        high = (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
        for changed in (signature[:32] + high, signature[:-1], flipped(signature)):
            with self.assertRaises(Refused):
                verify(key.public, message, changed)
        for data in ("1801", "a20200", "a202000100", "5f4100ff", "f93c00", "0000", "c100", "a101", ""):
            with self.subTest(data), self.assertRaises(Refused):
                decode(bytes.fromhex(data))
        protected, _, payload, signature = decode(self.parent.bound["statement"][1:])
        more = encode(decode(protected) | {16: "more"})
        for parts in (
            [protected, {}, payload, signature, b""], [protected, {4: b"kid"}, payload, signature],
            [more, {}, payload, signature], [protected, {}, payload[1:], signature], [protected, {}, payload],
        ):
            with self.assertRaises(Refused):
                statement(TAG_18 + encode(parts))
        self.assertEqual(statement(TAG_18 + encode([protected, {}, payload, signature])).kind, "device-bound")

    def anew(self, tamper):
        """The parent's device with nothing pulled yet; `tamper` changes each answer."""
        device = copy.copy(self.parent)
        people = {device.fingerprint: (device.operator, None)}
        device.said, device.held, device.people, device.heads = {}, [], people, [(0, EMPTY)]
        device.scopes, device.gained, device.version = set(), set(), None
        device.cursors = {"cursor": 0, "urgent_cursor": 0}

        def call(method, path, *rest):
            answer = self.parent.call(method, path, *rest)
            for name in ("items", "urgent"):
                answer[name] = [{"raw": item} for item in unpack(answer[name])]
            tamper(answer)
            return answer

        device.call = call
        return device

    def test_pulls_that_were_tampered_with(self):
        def item(answer):
            """One with content that somebody else signed."""
            raws = [part["raw"] for part in answer["items"]]
            return next((raw for raw in raws if "content" in raw and raw["leaf_index"]), None) or {}

        def change(name, to):
            def tamper(answer):
                if name in (raw := item(answer)):
                    raw[name] = to(raw[name])
            return tamper

        def set_version(answer):
            answer["scopes_version"] = flipped(answer["scopes_version"])

        def set_root(answer):
            answer["checkpoint"]["root"] = flipped(answer["checkpoint"]["root"])

        def move(answer):
            answer["cursor"] = answer["checkpoint"]["tree_size"] + 1

        tampers = {
            "does not verify": change("statement", ended_otherwise),
            "not deterministic CBOR|not a statement": change("statement", flipped),
            "another content": change("content", ended_otherwise),
            "no scope of the reader": change("scopes", lambda _: ["child:" + "0" * 32]),
            "a delivered leaf": change("leaf_index", lambda _: 0),
            "another version of the scopes": set_version,
            "signature that does not verify": set_root,
            "cursor beyond the tree": move,
        }
        for reason, tamper in tampers.items():
            with self.subTest(reason), self.assertRaisesRegex(Refused, reason):
                self.anew(tamper).pull()
        whole = self.anew(lambda _: None)
        whole.pull()
        self.assertLessEqual(self.parent.scopes, whole.scopes)
        self.assertLessEqual(set(self.parent.said), set(whole.said))

    def test_bindings_that_were_tampered_with(self):
        """An operator that binds another key or person, or signs with another key."""
        device = self.specialist
        bound, content = device.bound["statement"], device.bound["content"]
        named = decode(content)
        self.assertEqual(device.check_binding(device.bound, named["activation"]), device.person)
        other = Key()
        forged = dataclasses.replace(statement(bound), kid=other.thumbprint).sealed(other).encoded()
        damaged = [
            {"statement": forged, "content": content},
            {"statement": ended_otherwise(bound), "content": content},
            {"statement": flipped(bound), "content": content},
            {"statement": bound, "content": encode(named | {"person": bytes(16)})},
            {"statement": bound, "content": encode(named | {"key": other.public})},
        ]
        for number, changed in enumerate(damaged):
            with self.subTest(number), self.assertRaises(Refused):
                device.check_binding(changed, named["activation"])
        with self.assertRaises(Refused):
            device.check_binding(device.bound, "0000")


if __name__ == "__main__":
    unittest.main()
