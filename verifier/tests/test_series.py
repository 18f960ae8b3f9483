"""Logs with devices: who may sign what, numbers, forks, refused items, beacons, erasures. Each is signed properly."""

import unittest

import cbor2

from verifier import package
from verifier.form import encode
from verifier.log import verify
from verifier.walk import Walk

from .demo import content, found, head, root_of, statement
from .sealed import ISSUER, Log, Signer, base64url, id_of


SUB, IAT = base64url(b"i" * 16), 1_800_000_000


class OneLog(unittest.TestCase):
    def setUp(self):
        self.log = Log()
        self.log.visit()

    def expect(self, *findings):
        self.assertEqual(found(self.log.files()), set(findings))


class Statements(OneLog):
    def test_a_good_log_holds(self):
        for size in (1, 3, len(self.log.leaves) + 2):
            self.log.visit(beacon=self.log.beacon(size))
        self.expect()

    def test_one_form_of_the_bytes(self):
        issuer = ISSUER + base64url(self.log.device.kid)
        short = {1: ISSUER + base64url(b"short"), 2: "aWlpaWlpaWlpaWlpaWlpaQ", 6: 1}
        for rule, how in (
            ("signature", {"high": True}),
            ("form", {"unprotected": {1: -7}}),
            ("header", {"labels": {7: 1}}),
            ("header", {"labels": {1: -8}}),
            ("header", {"labels": {258: -43}}),
            ("header", {"labels": {259: "application/vnd.esep.visit-forgotten+cbor"}}),
            ("header", {"labels": {15: {1: "urn:other", 2: "aWlpaWlpaWlpaWlpaWlpaQ", 6: 1}}}),
            ("header", {"labels": {15: {1: issuer, 2: "aWlpaWlpaWlpaWlpaWlpaR", 6: 1}}}),
            ("header", {"labels": {15: {1: issuer, 2: "aWk", 6: 1}}}),
            ("header", {"labels": {15: {1: issuer, 2: "aWlpaWlpaWlpaWlpaWlpaQ", 6: 2**63}}}),
            ("header", {"labels": {15: {1: issuer, 2: "aWlpaWlpaWlpaWlpaWlpaQ", 6: 1, 7: 1}}}),
            ("header", {"labels": {15: {1: issuer, 2: "aWlpaWlpaWlpaWlpaWlpaQ"}}}),
            ("header", {"labels": {4: b"short", 15: short}}),
            ("header", {"series": {1: -1}}),
            ("header", {"series": {5: -1}}),
            ("header", {"series": {2: b"short"}}),
            ("header", {"series": {1: 0, 2: b"p" * 32}}),
            ("header", {"series": {6: 1}}),
            ("header", {"form": (encode({1: issuer, 2: SUB, 6: IAT}), encode({True: issuer, 2: SUB, 6: IAT}))}),
            ("header", {"series": {4: b"short"}}),
            ("header", {"series": {5: True}}),
            ("form", {"form": (b"\x05\x07", b"\x05\xf6")}),
            ("header", {"series": {3: [1, b"short"]}}),
            ("form", {"form": (b"\x05\x07", b"\x05\x18\x07")}),
            ("form", {"form": (b"\x05\x07", b"\x05\xf9\x3c\x00")}),
            ("form", {"form": (b"\x05\x07", b"\x05\xc2\x41\x07")}),
            ("form", {"form": (b"\x01\x01\x02", b"\x02\x01\x01")}),
            ("form", {"form": (b"\x01\x26\x04", b"\x01\x38\x06\x04")}),
            ("form", {"labels": {259: "x" * 2_048}}),
        ):
            with self.subTest(how=how):
                log = Log()
                log.visit(goes_on=False, **how)
                rules = {rule for where, rule in found(log.files()) if where == statement(3)}
                self.assertEqual(rules, {rule})

    def test_the_shape_of_a_signed_item(self):
        files = self.log.files()
        good = files[statement(3)]
        protected, unprotected, payload, signature = cbor2.loads(good[1:])
        for rule, tag, parts in (
            ("form", b"\xd1", [protected, unprotected, payload, signature]),
            ("form", b"\xd2", [protected, unprotected, payload, signature, None]),
            ("form", b"\xd2", [cbor2.loads(protected), unprotected, payload, signature]),
            ("form", b"\xd2", [protected, [], payload, signature]),
            ("form", b"\xd2", [protected, unprotected, payload, signature + b"x"]),
            ("form", b"\xd2", [protected, unprotected, payload[1:], signature]),
            ("header", b"\xd2", [encode(7), unprotected, payload, signature]),
        ):
            with self.subTest(tag=tag, parts=parts):
                these = found(files | {statement(3): tag + encode(parts)})
                self.assertEqual({rule for where, rule in these if where == statement(3)}, {rule})

    def test_a_later_statement_names_one_before_it(self):
        self.log.device.prev = None
        leaf = self.log.visit(goes_on=False)
        self.assertIn((statement(leaf), "header"), found(self.log.files()))

    def test_the_first_is_the_operators_key(self):
        operator = Signer("operator")
        self.log.leaves[0] = operator.seal("organisation-changed", {"key": operator.cose_key})
        self.assertIn((statement(0), "key"), found(self.log.files()))

    def test_heads(self):
        files, operator = self.log.files(), self.log.operator
        root = bytes.fromhex(root_of(files, 3))
        self.assertEqual(found(files | {head(3): operator.head(3, root)}), set())
        self.assertEqual(found(files | {head(2): operator.head(2, root)}), {(head(2), "signature")}, "of another tree")
        for how in (
            {"payload": root}, {"label_7": 1}, {"label_1": -8}, {"label_395": 2}, {"label_395": True},
            {"label_15": {6: 1, 7: 1}}, {"label_4": b"k" * 32},
            {"label_15": {6: "1"}}, {"label_-75002": "3"}, {"label_-75002": 2},
        ):
            with self.subTest(how=how):
                rule = "form" if "payload" in how else "head"
                self.assertEqual(found(files | {head(3): operator.head(3, root, **how)}), {(head(3), rule)})

    def test_keys_that_are_none(self):
        good = cbor2.loads(Signer("other").cose_key)
        for change in ({3: -7}, {-2: b"x" * 32}, {1: 1}, {-1: True}, None):
            key = encode(good | change) if change else "text"
            with self.subTest(key=key):
                log = Log()
                leaf = log.add(log.operator.seal("device-bound", {"key": key}))
                self.assertEqual(found(log.files()), {(statement(leaf), "key")})

    def test_contents_that_cannot_be_what_they_say(self):
        for kind, members in (
            ("agreement-published", {"texts": [{"sha256": b"short"}]}), ("agreement-published", {"texts": 7}),
            ("content-erased", {"statements": [b"short"]}), ("content-erased", {}), ("device-revoked", {"key": []}),
        ):
            with self.subTest(kind=kind, members=members):
                log = Log()
                leaf = log.add(log.operator.seal(kind, members))
                self.assertEqual(found(log.files()), {(statement(leaf), "content")})

    def test_a_content_that_is_too_long(self):
        leaf = self.log.add(self.log.device.seal("visit-noted", {"text": "x" * 65_536}))
        self.expect((content(leaf), "content"))

    def test_a_key_that_nothing_binds(self):
        stranger = Signer("stranger")
        leaf = self.log.add(stranger.seal("device-enrolled", {"key": stranger.cose_key}))
        self.expect((statement(leaf), "key"))

    def test_a_key_that_is_bound_only_later(self):
        later = Signer("later")
        leaf = self.log.add(later.seal("device-enrolled", {"key": later.cose_key}))
        self.log.add(self.log.operator.seal("device-bound", {"key": later.cose_key}))
        self.expect((statement(leaf), "key"))

    def test_an_answer_on_the_device_of_a_host_is_called_so(self):
        guest, own = Signer("guest"), Signer("own")
        self.log.add(self.log.operator.seal("device-bound", {"key": guest.cose_key, "host": b"h" * 16}))
        self.log.add(self.log.operator.seal("device-bound", {"key": own.cose_key}))
        # What a device says of a host counts nothing.
        self.log.add(self.log.device.seal("device-bound", {"key": own.cose_key, "host": b"h" * 16}), "no-authority")
        leaves = []
        for signer in (guest, own):
            self.log.add(signer.seal("device-enrolled", {"key": signer.cose_key}))
            leaves.append(self.log.add(signer.seal("visit-confirmed", {"answered_at_ms": 1})))
        self.expect()
        walk = Walk(self.log.files())
        walk.check_operator(None)
        for leaf in range(len(self.log.leaves)):
            walk.check_leaf(leaf, None, leaf + 1)
        for leaf in leaves:
            package._time(walk, leaf, walk.read[leaf][0])
        self.assertEqual(["by a guest" in note for note in walk.notes], [True, False], walk.notes)

    def test_another_recovery_key_is_told_with_what_was_said_of_it(self):
        def state(signer, recovery_key, *flags, **said):
            members = {"key": self.log.operator.cose_key, "recovery_key": recovery_key} | said
            return self.log.add(signer.seal("operator-key", members), *flags)

        operator, device = self.log.operator, self.log.device
        state(operator, b"1" * 32)
        state(operator, b"1" * 32, courier_key=b"c" * 32)
        both = state(operator, b"2" * 32, recovery_renewed={"shares": "both", "reason": "x"})
        state(device, b"9" * 32, "no-authority")
        lost = state(operator, b"3" * 32, recovery_renewed={"shares": "lost", "reason": "x"})
        silent = [state(operator, b"4" * 32), state(operator, b"5" * 32, recovery_renewed={"shares": ["both"]})]
        self.expect()
        notes = [note.split(" gives ") for note in verify(self.log.files()).notes if "recovery key" in note]
        self.assertEqual([where for where, _ in notes], [statement(leaf) for leaf in (both, lost, *silent)])
        self.assertEqual(["both old shares" in how for _, how in notes], [True, False, False, False])
        self.assertEqual(["nothing says" in how for _, how in notes], [False, True, True, True])

    def test_a_key_that_a_device_binds(self):
        friend = Signer("friend")
        self.log.add(self.log.device.seal("device-bound", {"key": friend.cose_key}), "no-authority")
        leaf = self.log.add(friend.seal("device-enrolled", {"key": friend.cose_key}))
        self.expect((statement(leaf), "key"))

    def test_what_only_the_operator_may_say_is_flagged_when_a_device_says_it(self):
        leaf = self.log.add(self.log.device.seal("device-revoked", {"key": self.log.operator.kid}))
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))

    def test_a_visit_under_the_id_of_another_key_is_flagged(self):
        """The series of the tests has one subject, which is no id that its key could give a visit."""
        leaf = self.log.add(self.log.device.seal("visit-registered", {}))
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))
        self.log.flags[leaf] = ["unreadable-content"]
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))
        self.log.flags[leaf] = ["no-authority"]
        self.expect()

    def test_or_cannot_be_read_and_is_flagged_so(self):
        self.log.add(self.log.device.seal("device-revoked", b"\xa0"), "unreadable-content")
        self.expect()

    def test_what_a_device_says_wrongly_makes_no_log_wrong(self):
        """Otherwise one device could take away the good name of a log."""
        self.log.add(self.log.device.seal("device-enrolled", {"key": self.log.operator.cose_key}), "no-authority")
        again = {1: 0, 4: b"epoch...", 5: 7}
        self.log.device.prev = None
        self.log.add(self.log.device.seal("visit-noted", {}, goes_on=False, series=again), "fork")
        self.expect()

    def test_what_a_revoked_key_signs_is_flagged(self):
        self.log.add(self.log.operator.seal("device-revoked", {"key": self.log.device.kid}))
        leaf = self.log.visit("key-revoked")
        self.expect()
        self.log.flags[leaf] = []
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))

    def test_a_device_revokes_nothing(self):
        self.log.add(self.log.device.seal("device-revoked", {"key": self.log.device.kid}), "no-authority")
        self.log.visit()
        self.expect()

    def test_a_forged_statement_binds_no_key(self):
        friend = Signer("friend")
        data, body = self.log.operator.seal("device-bound", {"key": friend.cose_key})
        self.log.add((data[:-1] + bytes([data[-1] ^ 1]), body))
        leaf = self.log.add(friend.seal("device-enrolled", {"key": friend.cose_key}))
        self.expect((statement(leaf - 1), "signature"), (statement(leaf), "key"))

    def test_a_series_begins_with_the_enrolment_of_its_own_key(self):
        other = Signer("other")
        self.log.add(self.log.operator.seal("device-bound", {"key": other.cose_key}))
        leaf = self.log.add(other.seal("visit-finished", {"finished_at_ms": 1}))
        self.expect((statement(leaf), "key"))
        self.log.leaves[leaf] = Signer("other").seal("device-enrolled", {"key": self.log.device.cose_key})
        self.expect((statement(leaf), "key"))

    def test_the_same_statement_twice(self):
        leaf = self.log.add(self.log.leaves[3], "fork")
        self.assertIn((statement(leaf), "id"), found(self.log.files()))

    def test_content_that_cannot_be_read_is_flagged(self):
        for body in (b"\xa1", b"\x80", b"\xa0", b"\xa1dsalt\x58\x10" + b"s" * 16, b"\xa1dsalt" + b"\x41s",
                     b"\xa2ax\xf6dsalt\x50" + b"s" * 16):
            with self.subTest(body=body):
                log = Log()
                leaf = log.add(log.device.seal("visit-noted", body), "unreadable-content")
                self.assertEqual(found(log.files()), set())
                log.flags[leaf] = []
                self.assertEqual(found(log.files()), {(f"log.jsonl, line {leaf + 1}", "flags")})


class Numbers(OneLog):
    def test_a_gap(self):
        self.log.device.seq += 1
        leaf = self.log.visit()
        self.expect((statement(leaf), "series"))

    def test_a_fork_is_accounted_for_when_it_is_flagged(self):
        self.log.visit(goes_on=False)
        leaf = self.log.visit("fork", series={5: 8}, goes_on=False)
        self.expect()
        self.assertEqual(verify(self.log.files()).counts["forks"], 1)
        self.log.flags[leaf] = []
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))

    def test_a_fork_goes_on(self):
        seq, prev = self.log.device.seq, self.log.device.prev
        self.log.visit()
        self.log.device.seq, self.log.device.prev = seq, prev
        for _ in range(3):
            self.log.visit("fork", series={5: 8})
        self.expect()

    def test_a_statement_that_names_another_before_it_is_a_fork(self):
        leaf = self.log.visit(series={2: b"?" * 32})
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))

    def test_what_is_no_fork_is_not_called_one(self):
        leaf = self.log.visit("fork")
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))


class Refused(OneLog):
    def test_a_refused_item_consumes_its_number(self):
        self.log.refuse(b"nonsense", b"r" * 32)
        self.log.refuse(b"more", b"t" * 32)
        self.log.visit()
        self.expect()
        self.log.refusals[0]["took_place"] = False
        self.assertIn((statement(4), "series"), found(self.log.files()))

    def test_a_refusal_that_is_left_out(self):
        self.log.refuse(b"nonsense", b"r" * 32)
        leaf = self.log.visit()
        self.log.refusals.clear()
        self.expect((statement(leaf), "series"))

    def test_good_bytes_may_come_later_to_the_place_that_was_kept(self):
        late = self.log.device.seal("visit-finished", {"finished_at_ms": 9}, goes_on=False)
        self.log.refuse(b"damaged", id_of(late))
        self.log.visit()
        self.log.add(late)
        self.expect()

    def test_but_with_another_statement_before_them_they_are_a_fork(self):
        late = self.log.device.seal("visit-finished", {"finished_at_ms": 9}, goes_on=False, series={2: b"?" * 32})
        self.log.refuse(b"damaged", id_of(late))
        self.log.visit()
        leaf = self.log.add(late)
        self.expect((f"log.jsonl, line {leaf + 1}", "flags"))
        self.log.flags[leaf] = ["fork"]
        self.expect()

    def test_a_good_statement_must_not_be_refused(self):
        good = self.log.device.seal("visit-finished", {"finished_at_ms": 9}, goes_on=False)
        self.log.refuse(good[0], id_of(good), "bad-signature")
        self.expect(("refusals.jsonl, line 1", "refusal"))
        for reason in ("wrong-content", "too-large"):
            self.log.refusals[0]["reason"] = reason
            self.expect()

    def test_what_the_line_says_is_so(self):
        for change in ({"sha256": "00" * 32}, {"reason": "dislike"}, {"key": "00" * 32}):
            with self.subTest(change=change):
                log = Log()
                log.refuse(b"nonsense", b"r" * 32, took_place=False)
                log.refusals[0] |= change
                self.assertEqual(found(log.files()), {("refusals.jsonl, line 1", "refusal")})

    def test_two_refusals_of_one_number(self):
        self.log.refuse(b"nonsense", b"r" * 32)
        self.log.visit()
        self.log.refusals.insert(0, self.log.refusals[0] | {"id": "00" * 32})
        self.expect(("refusals.jsonl, line 1", "refusal"))

    def test_a_number_beyond_the_end(self):
        self.log.device.seq += 1
        self.log.refuse(b"nonsense", b"r" * 32)
        self.expect((f"the series of key {self.log.device.kid.hex()}", "series"))

    def test_what_begins_a_series_is_never_refused(self):
        other = Signer("other")
        self.log.add(self.log.operator.seal("device-bound", {"key": other.cose_key}))
        self.log.refuse(b"nonsense", b"r" * 32)
        self.log.device.seq = 1
        self.log.refusals[0] |= {"key": other.kid.hex(), "seq": 0}
        self.expect((f"the series of key {other.kid.hex()}", "series"))

    def test_a_line_that_is_no_line(self):
        self.log.refuse(b"nonsense", b"r" * 32)
        self.log.refusals[0]["id"] = "zz"
        self.expect(("refusals.jsonl, line 1", "files"))


class Beacons(OneLog):
    def test_a_log_that_never_was(self):
        size, _ = self.log.beacon()
        leaf = self.log.visit("split-view", beacon=(size, b"?" * 32))
        self.expect()
        self.assertTrue(any(note.startswith(statement(leaf)) for note in verify(self.log.files()).notes))
        self.log.flags[leaf] = []
        self.expect((statement(leaf), "beacon"))
        leaf = self.log.visit("split-view", beacon=self.log.beacon(size))
        self.expect((statement(leaf - 1), "beacon"), (f"log.jsonl, line {leaf + 1}", "flags"))

    def test_a_log_that_is_larger_than_it_was(self):
        self.log.visit(goes_on=False)
        leaf = self.log.visit("fork", beacon=self.log.beacon(), series={5: 8}, goes_on=False)
        self.expect()
        # The same leaf one place earlier names itself.
        del self.log.leaves[leaf - 1], self.log.flags[leaf - 1]
        self.log.flags[leaf - 1] = []
        self.expect((statement(leaf - 1), "beacon"))

    def test_a_beacon_that_shrinks_or_is_gone(self):
        for beacon in (self.log.beacon(2), None):
            log = Log()
            log.visit(beacon=log.beacon())
            leaf = log.visit(beacon=beacon and log.beacon(2))
            self.assertEqual(found(log.files()), {(statement(leaf), "beacon")})

    def test_not_even_over_a_refused_item(self):
        self.log.visit(beacon=self.log.beacon())
        self.log.refuse(b"nonsense", b"r" * 32)
        leaf = self.log.visit(beacon=self.log.beacon(2))
        self.expect((statement(leaf), "beacon"))


class Erasures(OneLog):
    def test_a_content_is_absent_when_the_operator_says_that_it_was_erased(self):
        self.log.add(self.log.operator.seal("content-erased", {"statements": [id_of(self.log.leaves[3])]}))
        self.expect((content(3), "content"))
        self.log.erased.add(3)
        self.expect()

    def test_a_device_erases_nothing(self):
        erasure = self.log.device.seal("content-erased", {"statements": [id_of(self.log.leaves[3])]})
        self.log.add(erasure, "no-authority")
        self.expect()
        self.log.erased.add(3)
        self.expect((content(3), "content"))


DAY = 24 * 60 * 60
NOW = 1_800_000_000


class Pauses(OneLog):
    """A recovery key that came without both old shares erases nothing for ten days; a note says so."""

    def renew(self, key, at, shares="lost", **of):
        renewed = {"recovery_renewed": {"shares": shares, "reason": "x"} | of} if shares else {}
        members = {"key": self.log.operator.cose_key, "recovery_key": key * 32} | renewed
        return self.state(at, "operator-key", members)

    def erase(self, at, leaf=3):
        return self.state(at, "content-erased", {"statements": [id_of(self.log.leaves[leaf])]})

    def state(self, at, kind, members):
        """Signed at a time, and the head over it at the same."""
        leaf = self.log.add(self.log.operator.seal(kind, members, iat=at))
        self.log.heads[leaf + 1] = at
        return leaf

    def early(self):
        notes = verify(self.log.files()).notes
        return [note.split()[0] for note in notes if "does not count" in note]

    def setUp(self):
        super().setUp()
        self.renew(b"1", NOW - 99 * DAY, None)

    def judged(self, *early):
        """The content must be there exactly if no erasure counts."""
        self.assertEqual(self.early(), [statement(leaf) for leaf in early])
        self.expect(*[] if early else [(content(3), "content")])
        self.log.erased.add(3)
        self.expect(*[(content(3), "content")] if early else [])

    def test_within_it_an_erasure_does_not_count(self):
        self.renew(b"2", NOW)
        self.judged(self.erase(NOW + 10 * DAY - 1))

    def test_after_it_one_counts(self):
        self.renew(b"2", NOW)
        self.erase(NOW + 10 * DAY)
        self.judged()

    def test_without_it_one_counts_at_once(self):
        self.renew(b"2", NOW, "both")
        self.erase(NOW)
        self.judged()

    def test_what_says_nothing_of_shares_or_another_key_s_is_as_good_as_lost(self):
        for at, how in enumerate(({"shares": None}, {"shares": "both", "shares_of": b"7" * 32})):
            self.log = Log()
            self.log.visit()
            self.renew(b"1", NOW - 99 * DAY, None)
            self.renew(b"2", NOW, **how)
            self.judged(self.erase(NOW + DAY))

    def test_dating_back_helps_nobody(self):
        self.log.heads[self.log.visit() + 1] = NOW + 20 * DAY
        self.renew(b"2", NOW + 5 * DAY)
        self.judged(self.erase(NOW + 21 * DAY))

    def test_not_even_before_the_log_began(self):
        self.renew(b"2", 0)
        self.judged(self.erase(NOW - 98 * DAY))

    def test_dating_forward_falls_with_the_next_honest_head(self):
        self.renew(b"2", NOW)
        early = self.erase(NOW + 11 * DAY)
        self.log.heads[self.log.visit() + 1] = NOW + DAY
        self.judged(early)

    def test_nor_does_an_erasure_that_is_dated_back(self):
        self.renew(b"2", NOW)
        early = self.erase(NOW - 30 * DAY)
        self.log.heads[self.log.visit() + 1] = NOW + 30 * DAY
        self.judged(early)

    def test_a_clock_that_fell_back_takes_no_erasure_back(self):
        self.renew(b"2", NOW)
        self.erase(NOW + 11 * DAY)
        self.log.heads[self.log.visit() + 1] = 5
        self.judged()

    def test_renewing_again_washes_nothing(self):
        for shares, of in (("both", {}), ("lost", {}), ("both", {"shares_of": b"2" * 32})):
            self.log = Log()
            self.log.visit()
            self.renew(b"1", NOW - 99 * DAY, None)
            self.renew(b"2", NOW)
            self.renew(b"3", NOW + DAY, "lost" if of else "both")
            self.renew(b"4", NOW + 2 * DAY, shares, **of)
            self.judged(self.erase(NOW + 9 * DAY))

    def test_an_objection_ends_it_in_time(self):
        self.renew(b"2", NOW)
        self.renew(b"3", NOW + DAY, "both")
        self.renew(b"4", NOW + 10 * DAY - 1, "both", shares_of=b"1" * 32)
        self.erase(NOW + 10 * DAY - 1)
        self.judged()

    def test_a_late_one_begins_another(self):
        self.renew(b"2", NOW)
        self.renew(b"3", NOW + 10 * DAY, "both", shares_of=b"1" * 32)
        self.judged(self.erase(NOW + 11 * DAY))
