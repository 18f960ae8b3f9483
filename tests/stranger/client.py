"""A second client: one device that enrols, pulls and pushes. It was written from docs/PROTOCOL.md alone.

It is stricter than it has to be: what another device would leave out or lay aside is `Refused` here.
"""

import base64
import dataclasses
import email.utils
import http.client
import json
import os
import re
import time
import urllib.parse

import zstandard
from form import (
    Key, Statement, base64url, decode, digest, encode, from_base64url, need, signed_head, statement, verify,
)
from packed import pack, unpack
from tree import EMPTY, Range, check_consistency, leaf_hash, root_of_inclusion

APP = "stranger 1"
INFLATED = 16 << 20
COMPONENTS = ("@method", "@path", "@query", "content-digest", "content-encoding")
BOXES = (
    "растау", "растаулар", "растаймын", "подтверждение", "подтверждения", "подтверждаю", "confirmation",
    "confirmations",
)


class Problem(Exception):
    """The operator's refusal of a request."""

    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


@dataclasses.dataclass
class Said:
    """A statement as the operator delivered it, verified."""

    statement: Statement
    content: dict | None
    scopes: set
    flags: list


@dataclasses.dataclass
class Receipt:
    """That a statement stands at a leaf of the tree of this size and root."""

    leaf: int
    size: int
    root: bytes
    path: list


def now_ms():
    return time.time_ns() // 1_000_000


def visit_id(key):
    """An id for a visit that this key registers now."""
    begin = bytearray(now_ms().to_bytes(6, "big") + os.urandom(2))
    begin[6] = begin[6] & 0x0F | 0x70
    end = bytearray(digest(b"esep visit id" + key.thumbprint + begin)[:8])
    end[0] = end[0] & 0x3F | 0x80
    return bytes(begin + end)


def boxes(text):
    """The numbers of the boxes to tick at the end of an agreement."""
    lines = [line.strip() for line in text.splitlines()]
    words = {word.capitalize() + ":" for word in BOXES}
    heads = [number for number, line in enumerate(lines) if line[:1] + line[1:].lower() in words]
    need(len(heads) == 1, "an agreement without boxes")
    numbers = [int(found[1]) for line in lines[heads[0]:] if (found := re.match(r"(\d+)\.", line))]
    need(numbers and numbers == list(range(1, len(numbers) + 1)), "boxes with gaps")
    return numbers


class Device:
    """One person's device."""

    def __init__(self, link):
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)
        self.address = urllib.parse.urlsplit(from_base64url(asked["a"][0]).decode())
        self.code = asked["c"][0].replace("-", "")
        self.fingerprint = from_base64url(asked["f"][0])
        self.key, self.id = Key(), os.urandom(16)
        self.epoch, self._began = os.urandom(8), time.monotonic_ns()
        self.seq, self.prev, self.heads = 0, None, [(0, EMPTY)]
        self.receipts, self.said, self.held, self.people = {}, {}, [], {}
        self.scopes, self.gained, self.version = set(), set(), None
        self.cursors = {"cursor": 0, "urgent_cursor": 0}
        self.pages = self.packed = self.clock_s = 0

    # -- requests (section 7) --

    def call(self, method, path, body=None, key=None, changed=None, again=True):
        """Sends a request, signed if there is a key; `changed` may spoil its headers. Gives the body of the answer."""
        data, headers = b"" if body is None else encode(body), {"accept-encoding": "zstd"}
        if body is not None:
            headers["content-type"] = "application/cbor"
        if len(data) > 512:
            data, headers["content-encoding"] = zstandard.compress(data), "zstd"
        if key:
            headers |= self.signature(method, path, data, headers.get("content-encoding", "identity"), key)
        if changed:
            changed(headers)
        connection = http.client.HTTPConnection(self.address.netloc, timeout=60)
        try:
            connection.request(method, path, data or None, headers)
            answer = connection.getresponse()
            taken = answer.read()
        finally:
            connection.close()
        if answer.headers.get("content-encoding", "identity") == "zstd":
            taken = zstandard.ZstdDecompressor().decompress(taken, max_output_size=INFLATED)
        if answer.status != 200:
            problem = json.loads(taken)
            need(problem["type"] == "urn:esep:problem:" + problem["code"], "a problem of another type")
            need(problem["status"] == answer.status, "a problem with another status")
            if problem["code"] == "expired" and again:
                told = email.utils.parsedate_to_datetime(answer.headers["date"])
                self.clock_s = int(told.timestamp() - time.time())
                return self.call(method, path, body, key, changed, again=False)
            raise Problem(answer.status, problem["code"])
        return decode(taken) if answer.headers["content-type"] == "application/cbor" else taken

    def signature(self, method, path, data, encoding, key):
        path, _, query = path.partition("?")
        hashed = base64.b64encode(digest(data)).decode()
        created, nonce = int(time.time()) + self.clock_s, base64url(os.urandom(16))
        covered = " ".join(f'"{name}"' for name in COMPONENTS)
        parameters = f'({covered});created={created};expires={created + 60};nonce="{nonce}"'
        parameters += f';keyid="{key.thumbprint.hex()}";alg="ecdsa-p256-sha256"'
        values = (method, path, "?" + query, f"sha-256=:{hashed}:", encoding)
        lines = [f'"{name}": {value}' for name, value in zip(COMPONENTS, values)]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(key.sign(base.encode())).decode()
        return {
            "content-digest": f"sha-256=:{hashed}:",
            "signature-input": f"esep={parameters}",
            "signature": f"esep=:{signature}:",
        }

    # -- the own series (section 3) --

    def make(self, kind, sub, **content):
        """The next statement of the series, with its content."""
        content = encode({"salt": os.urandom(16)} | content)
        elapsed = (time.monotonic_ns() - self._began) // 1_000_000
        beacon = self.heads[-1] if self.heads[-1][0] else None
        made = Statement(
            self.key.thumbprint, kind, sub, int(time.time()), self.seq, self.prev, beacon, self.epoch, elapsed,
            digest(content),
        ).sealed(self.key)
        self.seq, self.prev = self.seq + 1, made.id
        return made, content

    # -- enrolment --

    def meet(self):
        """Who the operator is."""
        answer = self.call("GET", "/v1/operator")
        need((answer["system"], answer["version"]) == ("esep.otan-mektep", 1), "another system")
        stated, content = statement(answer["statement"]), decode(answer["content"])
        need(stated.kind == "operator-key" and stated.payload == digest(answer["content"]), "not an operator-key")
        need(stated.kid == digest(content["key"]) == self.fingerprint, "another operator than that of the link")
        verify(content["key"], stated.signed, stated.signature)
        self.operator = content["key"]
        self.people[stated.kid] = (self.operator, None)

    def enrolment(self):
        """The request that binds the key of this device."""
        lookup, secret = self.code[:4], self.code[4:]
        members = {"key": self.key.public, "activation": lookup, "platform": "linux", "app_version": APP}
        made, content = self.make("device-enrolled", self.id, **members)
        return {"lookup": lookup, "secret": secret, "statement": made.encoded(), "content": content}

    def enrol(self, request):
        answer = self.call("POST", "/v1/enrol", request)
        self.bound = answer["bound"]
        self.person = self.check_binding(self.bound, request["lookup"])
        enrolled = {answer["registration"]["first_leaf"]: statement(request["statement"])}
        self.heads = [(0, EMPTY)]  # an enrolment names no tree that is known
        self.register([answer["registration"]], enrolled)
        return answer

    def check_binding(self, bound, code):
        """Whose device this is, as the operator signed it."""
        made, content = statement(bound["statement"]), decode(bound["content"])
        need(made.kid == self.fingerprint and made.kind == "device-bound", "not the operator's binding")
        verify(self.operator, made.signed, made.signature)
        need(made.payload == digest(bound["content"]), "a binding with another content")
        named = (made.sub, content["key"], content["activation"])
        need(named == (self.id, self.key.public, code), "a binding of another device, key or code")
        return content["person"]

    # -- registrations and heads (section 6) --

    def head(self, checked, data, consistency, before):
        """Takes (size, root) as the newest head, when the operator signed it and it is one history with `before`."""
        need(signed_head(data, checked[1], self.operator) == checked[0], "a head of another size")
        check_consistency(*sorted((before, checked), key=lambda head: head[0]), consistency)
        if checked[0] > self.heads[-1][0]:
            self.heads.append(checked)

    def register(self, registrations, leaves):
        """Checks these registrations of own statements, by leaf, and keeps a receipt of each."""
        for registration in registrations:
            first, size = registration["first_leaf"], registration["tree_size"]
            mine = [leaves.pop(leaf, None) for leaf in range(first, first + registration["count"])]
            need(None not in mine, "a registration of a leaf that is not the own")
            hashes = [leaf_hash(own.encoded()) for own in mine]
            proven = Range(first, hashes, registration["proof"], size)
            checked = (size, proven.root)
            self.head(checked, registration["head"], registration["consistency"], self.heads[-1])
            for leaf, hashed, own in zip(range(first, first + len(mine)), hashes, mine):
                path = proven.inclusion(leaf)
                need(root_of_inclusion(hashed, leaf, size, path) == proven.root, "a leaf that is not in the tree")
                self.receipts[own.id] = Receipt(leaf, size, proven.root, path)
        need(not leaves, "an own statement without a registration")

    def push(self, made, packed=False, key=None, changed=None):
        """Sends these (statement, content); gives the outcomes and what came with them."""
        raws = [{"id": m.id, "seq": m.seq, "statement": m.encoded(), "content": c} for m, c in made]
        parts = [pack(made)] if packed else [{"raw": raw} for raw in raws]
        body = {"items": parts, "known_tree_size": self.heads[-1][0]}
        answer = self.call("POST", "/v1/push", body, key or self.key, changed)
        need(len(answer["outcomes"]) == len(made), "another number of outcomes than of items")
        stand = {}
        for (own, _), outcome in zip(made, answer["outcomes"]):
            (told,) = outcome.values()
            if "leaf_index" in told:
                stand[told["leaf_index"]] = own
        self.register(answer["registrations"], stand)
        return answer

    def checkpoint(self, since):
        """That the operator's log of now goes on from this (size, root)."""
        now = self.call("GET", f"/v1/checkpoint?from={since[0]}")
        self.head((now["tree_size"], now["root"]), now["head"], now["consistency"], since)
        return now

    # -- pulling --

    def pull(self, limit=64):
        """Fetches and verifies all that this person may see."""
        more = True
        while more:
            self.pages += 1
            need(self.pages < 1000, "a pull that does not end")
            body = self.cursors | {"known_tree_size": self.heads[-1][0], "limit": limit}
            body |= {"scopes_version": self.version} if self.version else {}
            if self.gained:
                body["backfill"] = {"scopes": sorted(self.gained), "cursor": self.filled}
            answer = self.call("POST", "/v1/pull", body, self.key)
            if at := answer.get("checkpoint"):
                self.head((at["tree_size"], at["root"]), at["head"], at["consistency"], self.heads[-1])
            if changed := answer["scopes_version"] != self.version:
                self.take_scopes(answer["scopes"], answer["scopes_version"])
            self.packed += sum("packed" in part for part in answer["items"])
            self.take(unpack(answer["urgent"]) + unpack(answer["items"]))
            for name in ("cursor", "urgent_cursor"):
                need(self.cursors[name] <= answer[name] <= self.heads[-1][0], f"{name} beyond the tree")
                self.cursors[name] = answer[name]
            if self.gained and not changed:
                self.filled = answer["backfill_cursor"]
                self.gained = self.gained if self.filled < self.cursors["cursor"] else set()
            self.cursors.pop("behind", None)
            self.cursors |= {"behind": answer["behind"]} if "behind" in answer else {}
            more = answer["more"] or changed or self.gained
        need(not self.held, "statements of keys that nobody bound")

    def take_scopes(self, names, version):
        need(version == digest("\n".join(sorted(set(names), key=str.encode)).encode()), "another version of the scopes")
        lost, new = self.scopes - set(names), set(names) - self.scopes
        for leaf, said in list(self.said.items()):
            said.scopes -= lost
            if not said.scopes:
                del self.said[leaf]
        self.gained = self.gained - lost | new if self.cursors["cursor"] else set()
        self.scopes, self.version, self.filled = set(names), version, 0

    def take(self, items):
        """Keeps what verifies; what a key signed that is not bound yet waits for its binding."""
        waiting = self.held + [(item, statement(item["statement"])) for item in items]
        while waiting:
            self.held = [(item, made) for item, made in waiting if made.kid not in self.people]
            if len(self.held) == len(waiting):
                return
            for item, made in waiting:
                if made.kid in self.people:
                    self.keep(item, made)
            waiting = self.held

    def keep(self, item, made):
        leaf, content = item["leaf_index"], item.get("content")
        need(made.kid != self.key.thumbprint, "an own statement in a pull")
        verify(self.people[made.kid][0], made.signed, made.signature)
        need(content is None or digest(content) == made.payload, "another content than the signed one")
        need(self.scopes & set(item["scopes"]), "a statement that no scope of the reader holds")
        before = self.said.get(leaf)
        need(before is None or before.statement.id == made.id, "another statement at a delivered leaf")
        said = Said(made, content and decode(content), set(item["scopes"]), item["flags"])
        if before and said.content is None:
            said.content = before.content
        self.said[leaf] = said
        if made.kind == "device-bound" and made.kid == self.fingerprint and said.content:
            self.people[digest(said.content["key"])] = (said.content["key"], said.content["person"])

    def find(self, kind, sub=None, **members):
        """What was said of this kind, by leaf, with contents that have these members."""
        return {
            leaf: said for leaf, said in sorted(self.said.items())
            if said.statement.kind == kind and sub in (None, said.statement.sub)
            and said.content is not None and members.items() <= said.content.items()
        }

    # -- what a person does (section 4) --

    def accept(self, document, locale="kk"):
        """The acceptance of the agreement in force, with every box ticked."""
        opened = now_ms()
        published = [
            said.content for said in self.find("agreement-published", document=document).values()
            if said.statement.kid == self.fingerprint and said.content["effective_from_ms"] <= opened
        ]
        version = max(content["version"] for content in published)
        texts = [text for content in published if content["version"] == version for text in content["texts"]]
        text = next(text for text in texts if text["locale"] == locale)
        data = self.call("GET", f"/v1/agreements/{text['sha256'].hex()}")
        need((digest(data), len(data)) == (text["sha256"], text["length_bytes"]), "another text than the published one")
        ticked = [{"number": number, "accepted": True, "at_ms": now_ms()} for number in boxes(data.decode())]
        return self.make(
            "agreement-accepted", self.person, document=document, version=version, locale=locale, sha256=digest(data),
            confirmations=ticked, opened_at_ms=opened, end_reached_at_ms=now_ms(), accepted_at_ms=now_ms(),
            evidence_level="L0", app_version=APP,
        )
