"""Mutants of modules that change nothing that anybody could notice, each with the reason."""

_LANDING: dict[str, dict[str, tuple[str, ...]]] = {
    "landing/utf8.py": {
        "Only time or memory: how much is decoded at a time.": (
            "the module: 16 -> 17",
            "the module: 1024 -> 1025",
        ),
    },
    "landing/gzipheader.py": {
        "All that counts is that the end is behind what has come.": ("is_whole: 1 -> 2 #2",),
        "Only of a header that is longer than the bound and comes at once.": (
            "is_whole: len(data) < end -> len(data) <= end",
        ),
        "The bound is a byte lower.": (
            "is_whole: len(data) > MAX_BYTES -> len(data) >= MAX_BYTES",
        ),
    },
    "landing/land.py": {
        "Letters stay as they are anyway.": (
            'the module: "!#$&\'()*+,/:;=?@[]" -> "!#$&\'()*+,/:;=?@[]XX"',
        ),
    },
    "landing/columntypes.py": {
        "Only time or memory: how many rows are looked at together.": (
            "the module: 8192 -> 8193",
            "the module: 32 -> 33",
            "ColumnTypes._look: _VALUES_AT_ONCE // width -> _VALUES_AT_ONCE * width",
        ),
        "There are as many types as columns, and as many values in each row.": (
            "ColumnTypes.finish: True -> False",
            "ColumnTypes._look_at: True -> False",
        ),
        "An empty file has no rows, however wide.": ("ColumnTypes._look: 1 -> 2",),
    },
    "landing/aside.py": {
        "The block ends the thread, however it ends itself.": ("Aside.put: True -> False",),
        "Only time or memory: how many pieces may wait.": ("the module: 4 -> 5",),
        "A thread's name, for people.": ("Aside.put: 'aside' -> 'asideXX'",),
    },
    "landing/raw.py": {
        "A default that no function leaves as it is.": ("the module: 15.0 -> 16.0",),
    },
    "landing/verified.py": {
        "Only time or memory: how much is inflated at a time.": (
            "the module: 256 -> 257",
            "the module: 1024 -> 1025",
            "the module: 64 -> 65",
            "the module: 1024 -> 1025 #2",
        ),
        "There is always a piece that is not empty, which sets it.": (
            "_Members._feed_some: False -> True",
        ),
        "What is left is asked for once more, and is nothing.": (
            "_Members._inflate: False -> True",
        ),
        "The caller returns without a look at it.": ("_Members._begin: return b'' -> return None",),
        "More bytes than two tell the same.": (
            "VerifiedGzip.pieces: len(first) >= len(_GZIP_MAGIC) -> len(first) > len(_GZIP_MAGIC)",
        ),
        "A byte more or less of a bound that is a guess.": (
            "_Members.__init__: 0 -> 1",
            "_Members._check_ratio: size > _INFLATED_BYTES -> size >= _INFLATED_BYTES",
            (
                "_Members._check_ratio: size > self._limits.max_ratio * self._received -> size >="
                " self._limits.max_ratio * self._received"
            ),
        ),
    },
    "landing/publishing.py": {
        "Of no object it only counts that the number is known.": ("Standing.rows: 0 -> 1",),
        "Nobody reads its text.": (
            "SupersededError.__init__: super().__init__(f'{newer.export_id} is newer.') -> pass",
        ),
        "A pause that would end with the deadline to the last bit.": (
            "Place._pause: pause >= self.deadline.left() -> pause > self.deadline.left()",
        ),
    },
    "landing/csvcheck.py": {
        "How much of a file a message quotes, to the character.": (
            "the module: 200 -> 201",
            "the module: 4096 -> 4097",
            "the module: 12 -> 13",
        ),
        "A key has fewer bytes by far.": ("the module: 4096 -> 4097 #2",),
    },
    "landing/records.py": {
        "Only time or memory: how much is looked at together, and in which of three ways.": (
            "the module: 256 -> 257",
            "the module: 1024 -> 1025",
            "the module: 10 -> 11",
            "the module: 4096 -> 4097",
            "the module: 64 -> 65",
            (
                "Records._is_proven_at_once: sample.count(b'\"') * _BYTES_PER_QUOTE > len(sample) "
                "-> sample.count(b'\"') * _BYTES_PER_QUOTE >= len(sample)"
            ),
            (
                "Records._is_proven_at_once: sample.count(b'\"') * _BYTES_PER_QUOTE -> sample.coun"
                "t(b'\"') // _BYTES_PER_QUOTE"
            ),
            "Records._fits: len(pattern) < len(reduced) -> len(pattern) <= len(reduced)",
            "Records._fits: len(reduced) // len(unit) + 1 -> len(reduced) // len(unit) - 1",
            "Records._fits: 1 -> 2",
            (
                "Records._fits: b'\\r' in reduced and _LONE_CR.search(outside) -> b'\\r' in reduced"
                " or _LONE_CR.search(outside)"
            ),
            "Records._match: at < end -> at <= end",
        ),
    },
    "bucket/documents.py": {
        "An ETag has digits.": (
            "Documents._read: '\"' -> '\"XX'",
            "Documents._write: '\"' -> '\"XX'",
        ),
    },
    "bucket/stored.py": {
        "An ETag has digits.": ("Written.of: '\"' -> '\"XX'",),
    },
    "bucket/many.py": {
        "Only time: how many are asked side by side.": ("the module: 10 -> 11",),
        "There are as many answers as names.": ("ask_each: True -> False",),
    },
    "bucket/multipart.py": {
        "For the type checker alone.": ("Description: False -> True",),
    },
    "bucket/refusals.py": {
        "How much of what the SDK says is quoted.": ("the module: 500 -> 501",),
        "No status is as good as one that is none.": ("is_passing: 0 -> 1",),
    },
    "bucket/parts.py": {
        "Only time or memory: how large parts are and how many are on their way.": (
            "the module: 8 -> 9",
            "the module: 1024 -> 1025",
            "the module: 1024 -> 1025 #2",
            "the module: 3 -> 4",
            "Parts._collect: self._spare.append(buffer) -> pass",
        ),
        "A thread's name, for people.": ("Parts._send: 'upload' -> 'uploadXX'",),
        "As many threads as parts on their way: none waits that could be cancelled.": (
            "Parts._close_pool: True -> False",
        ),
    },
    "request/scope.py": {
        "Two and two.": ("ScopeReader.read: True -> False",),
    },
    "request/export_request.py": {
        "A number has no X.": ("_same: '0' -> '0XX' #2",),
    },
}

IN_LANDING: dict[str, str] = {
    f"{module} {mutant}": reason
    for module, reasons in _LANDING.items()
    for reason, mutants in reasons.items()
    for mutant in mutants
}
"""Of the rooms landing, bucket and request."""
