"""The table of kinds and values (docs/PROTOCOL.md, sections 4 and 4.1), and examples drawn from it."""

from values import expect, ID, MS, Bytes, Choice, Draw, Flag, ListOf, Map, OneOf, Optional, PublicKey, Text, Whole

STATEMENT_ID = DIGEST = THUMBPRINT = Bytes(32)
UINT8, UINT32 = Whole(0, 2**8 - 1), Whole(0, 2**32 - 1)
INT16, INT32 = Whole(-(2**15), 2**15 - 1), Whole(-(2**31), 2**31 - 1)

PERIOD = {"from_ms": MS, "to_ms": Optional(MS)}
DOCUMENT = Choice("subject", "specialist", "certifying-centre")
LOCALE = Choice("kk", "ru", "en")
OUTCOME = Choice("held", "nobody-home")
NO_POSITION = Choice(
    "denied", "off", "no-consent", "unsupported", "no-agent", "timeout", "stale", "null-island", "interrupted",
    "after-visit",
)
WORDS = Text("Мұғалім-дефектолог", "Бөбек", "сабақ: «Әліппе», 3-бөлім", "", "ұ" * 128, "x" * 23, "x" * 24, "x" * 255)
BIN = Text("260140999292", "260141999895")
NAMES = {"name_kk": Text("№ 9 түзету кабинеті"), "name_ru": Text("Кабинет коррекции № 9")}
ACTIVATION = Text("7K3M", "00ZZ")
POINT = {"lat_e7": INT32, "lon_e7": INT32}

FIX = Map(
    POINT | {
        "accuracy_dm": Optional(UINT32),
        "fixed_at_ms": Optional(MS),
        "source": Choice("gnss", "network", "unknown"),
        "mock": Optional(Flag()),
    }
)
RECORD = OneOf(
    {
        "name": Map({"surname": Text("Үлгіұлы"), "given": Text("Әсем"), "patronymic": Optional(Text("Үлгіқызы"))}),
        "birth": Map({"date": Text("2019-12-31", "2018-07-09")}),
        "identifier": Map({"iin": Text("191231699588", "180709599297")}),
        "contact": Map({"phone": Optional(Text("+77000000000")), "email": Optional(Text("ulgi@example.kz"))}),
        "served": Map({"organisation": ID} | PERIOD),
        "lives": Map({"place": ID}),
        "address": Map({"label": Text("Үй, Үлгі к. 12"), "region": Text("KZ-71", "KZ-39")}),
        "position": Map(POINT | {"radius_m": UINT32, "adopted_from": Optional(STATEMENT_ID)}),
    }
)
ANSWER = {"basis": STATEMENT_ID, "representative": ID, "answered_at_ms": MS, "capture": Optional(ID)}

# kind: (who signs here, members besides the salt)
KINDS = {
    "agreement-accepted": ("representative", {
        "document": DOCUMENT,
        "version": UINT32,
        "locale": LOCALE,
        "sha256": DIGEST,
        "confirmations": ListOf(Map({"number": UINT8, "accepted": Flag(), "at_ms": MS})),
        "opened_at_ms": MS,
        "end_reached_at_ms": MS,
        "accepted_at_ms": MS,
        "evidence_level": Choice("L0", "L1", "L2"),
        "app_version": Text("0.1.0"),
    }),
    "consent-withdrawn": ("representative", {"document": DOCUMENT, "purposes": ListOf(WORDS), "withdrawn_at_ms": MS}),
    "visit-registered": ("specialist", {
        "child": ID,
        "specialist": ID,
        "organisation": ID,
        "place": Optional(ID),
        "service": Text("speech-therapy", "massage"),
        "outcome": OUTCOME,
        "started_at_ms": MS,
        "finished_at_ms": Optional(MS),
        "offset_min": INT16,
        "late": Optional(Choice("device-failed", "device-forgotten", "forgotten", "child-needed-care", "other")),
        "capture": Optional(ID),
        "warned": Optional(NO_POSITION),
    }),
    "visit-located": ("specialist", {
        "capture": ID,
        "moment": Choice("registered", "finished", "confirmed"),
        "outcome": OneOf({"fix": FIX, "unavailable": NO_POSITION}),
        "began_at_ms": MS,
        "ended_at_ms": MS,
        "ended_by": Choice("good-fix", "window-over", "failed", "interrupted", "not-started"),
    }),
    "visit-noted": ("specialist", {
        "purpose": Choice("care", "dispute", "review", "correction", "late"),
        "text": WORDS,
        "about": Optional(STATEMENT_ID),
    }),
    "visit-finished": ("specialist", {"finished_at_ms": MS}),
    "visit-confirmed": ("representative", ANSWER),
    "visit-disputed": ("representative", ANSWER | {
        "reason": Choice(
            "nobody-came", "other-person", "other-time", "other-place", "other-service", "child-absent", "other"
        ),
    }),
    "visit-reviewed": ("coordinator", {
        "basis": STATEMENT_ID,
        "decision": Choice("accepted", "returned"),
        "reason": Choice(
            "in-order", "explained", "family-called", "wrong-time", "wrong-service", "duplicate", "wrong-place",
            "not-held", "more-needed",
        ),
        "flags_seen": ListOf(Text("late-entry", "no-location")),
        "reviewed_at_ms": MS,
    }),
    "visit-corrected": ("specialist", {
        "basis": STATEMENT_ID,
        "reason": Choice(
            "undone", "wrong-child", "wrong-service", "wrong-time", "duplicate", "returned", "other"
        ),
        "change": Map({
            "cancelled": Flag(),
            "service": Optional(Text("speech-therapy")),
            "outcome": Optional(OUTCOME),
            "started_at_ms": Optional(MS),
            "finished_at_ms": Optional(MS),
        }),
        "corrected_at_ms": MS,
    }),
    "record-viewed": ("coordinator", {
        "record": Choice("person", "child", "place"), "viewer": ID, "purpose": WORDS, "viewed_at_ms": MS,
    }),
    "key-compromised": ("specialist", {"key": THUMBPRINT, "since_ms": MS}),
    "operator-key": ("operator", {
        "key": PublicKey(), "recovery_key": Bytes(32), "courier_key": Bytes(32), "bin": BIN, "valid_from_ms": MS,
        "recovery_renewed": Optional(Map({"shares": Choice("both", "lost"), "reason": WORDS, "shares_of": Optional(Bytes(32))})),
    } | NAMES),
    "agreement-published": ("operator", {
        "document": DOCUMENT,
        "version": UINT32,
        "effective_from_ms": MS,
        "texts": ListOf(Map({"locale": LOCALE, "sha256": DIGEST, "length_bytes": UINT32})),
        "optional_confirmations": ListOf(UINT8),
        "geolocation_confirmation": Optional(UINT8),
    }),
    "organisation-changed": ("operator", NAMES | {"bin": BIN, "active": Flag()}),
    "member-changed": ("operator", {
        "organisation": ID,
        "role": Choice("specialist", "representative", "coordinator"),
        "engagement": Choice("employee", "civil-contract"),
        "position_kk": Text("Мұғалім-логопед"),
        "position_ru": Text("Учитель-логопед"),
    } | PERIOD),
    "record-changed": ("operator", {"record": Choice("person", "child", "place"), "data": RECORD}),
    "care-team-changed": ("operator", {
        "person": ID, "organisation": ID, "function": Text("speech-therapy"),
    } | PERIOD),
    "representation-changed": ("operator", {
        "representative": ID,
        "basis": Choice("parent", "adopter", "guardian", "trustee", "foster", "other"),
    } | PERIOD),
    "device-enrolled": ("specialist", {
        "key": PublicKey(), "activation": ACTIVATION, "platform": Text("linux", "android"),
        "app_version": Text("0.1.0"),
    }),
    "device-bound": ("operator", {
        "key": PublicKey(), "person": ID, "activation": ACTIVATION, "issued_by": THUMBPRINT, "bound_at_ms": MS,
        "host": Optional(ID),
    }),
    "device-revoked": ("operator", {
        "key": THUMBPRINT,
        "reason": Choice("lost", "key-compromise", "ended", "replaced"),
        "revoked_at_ms": MS,
    }),
    "content-erased": ("operator", {"statements": ListOf(STATEMENT_ID), "basis": WORDS, "erased_at_ms": MS}),
    "recovery-opened": ("operator", {
        "key": THUMBPRINT, "file": DIGEST, "officers": ListOf(WORDS), "reason": WORDS, "opened_at_ms": MS,
        "taken_count": UINT32, "known_count": UINT32, "missing_count": UINT32,
    }),
}

# Their series begins with them, so there is one for each key.
FIRST_OF_SERIES = {
    "operator-key": ["operator"],
    "device-enrolled": ["specialist", "representative", "coordinator"],
}


def _refuse_null(value, where):
    """An absent member has one form, which is not to be there; so null stands nowhere, unknown members included."""
    expect(value is not None, where, "anything but null")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_null(inner, where)


def check(kind, content):
    """A ValueError when a decoded content is not what the table says; members that it does not name are skipped."""
    _refuse_null(content, kind)
    Map(KINDS[kind][1] | {"salt": Bytes(16)}).check(content, kind)


def unknown(kind, content):
    """Members that the table does not name."""
    return Map(KINDS[kind][1] | {"salt": Bytes(16)}).unknown(content, kind)


def examples(kind, at_least=2):
    """As many contents as it takes to make each choice and to have and to lack each optional member."""
    table = Map(KINDS[kind][1])
    wanted, seen, made, n = table.coverage(kind), set(), 0, 0
    while made < at_least or not wanted <= seen:
        draw = Draw(f"{kind}/{n}")
        content = table.example(draw, kind)
        n += 1
        if made < at_least or not draw.seen <= seen:
            seen |= draw.seen
            made += 1
            yield content
