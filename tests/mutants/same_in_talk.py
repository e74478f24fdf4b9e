"""Mutants of `masking`, `api` and `download` that change nothing that anybody could notice."""

_BOUND = "A bound of our own choice: nobody can tell it from one a little further."
_AT_BOUND = "What is exactly as large as such a bound may be on either side of it."
_DIGIT = "What is looked for has a digit less, and is found and hidden whole all the same."
_LESS_THAN_500 = "Any number says that it is no status of 5xx."

SAME: dict[str, str] = {
    **dict.fromkeys(
        (
            *(f"masking.py the module: {it}" for it in ("12 -> 13", "64 -> 65", "1024 -> 1025")),
            *("api/framing.py the module: 65536 -> 65537", "api/trees.py the module: 1000 -> 1001"),
            "api/sessions.py the module: 1.0 -> 2.0",
            "api/sessions.py the module: 1.0 -> 2.0 #2",
            "api/sessions.py the module: 900.0 -> 901.0",
            "api/calls.py the module: 5.0 -> 6.0",
            "api/calls.py the module: 25.0 -> 26.0",
            "api/calls.py HttpClient._call.send: 1.0 -> 2.0",
            "api/calls.py HttpClient._send: 1.0 -> 2.0",
            "api/urls.py the module: 8 -> 9",
            "api/urls.py _bad_base_url: 120 -> 121",
            "api/bodies.py the module: 1.0 -> 2.0",
            *(f"api/bodies.py the module: {it}" for it in ("64 -> 65", "1024 -> 1025 #3")),
            *(f"api/bodies.py the module: {it}" for it in ("16 -> 17", "1024 -> 1025 #4")),
        ),
        _BOUND,
    ),
    **dict.fromkeys(
        (
            "masking.py Mask.hide: len(text) > _LONGEST -> len(text) >= _LONGEST",
            "api/bodies.py excerpt: len(content) > _LOOK_BYTES -> len(content) >= _LOOK_BYTES",
        ),
        _AT_BOUND,
    ),
    **dict.fromkeys(
        (f"masking.py _needles: {it}" for it in ("4 -> 5", "0 -> 1", "1 -> 2")), _DIGIT
    ),
    "masking.py _needles: '=' -> '=XX'": _DIGIT,
    "masking.py _needles: 3 -> 4": "The fourth form is the first one again.",
    "masking.py the module: '+/=_-' -> '+/=_-XX'": "Letters are among them already.",
    "masking.py Mask._is_in: False -> True": "It is searched in vain then.",
    "masking.py Mask._is_in: False -> True #3": "It is searched in vain then.",
    "masking.py Mask.hide_cut: len(form) - 1 -> len(form) + 1": "Whole ones are hidden before.",
    "api/watchdog.py Watchdog.set: True -> False": "It counts where a process ends in a read only.",
    "api/sessions.py _Adapter.init_poolmanager: False -> True": "requests always gives it.",
    "api/calls.py HttpClient._send: False -> True": "The sessions find no redirect to follow.",
    **dict.fromkeys(
        (f"api/key.py ApiKey._unreadable: {it}" for it in ("0 -> 1", "0 -> 1 #2")), _LESS_THAN_500
    ),
    "api/lists.py Totals.missing: 0 -> 1 #3": "One page may be missing of nothing, in any case.",
    'api/urls.py the module: "!#$%&\'()*+,/:;=?@[]~" -> "!#$%&\'()*+,/:;=?@[]~XX"': (
        "Letters stay as they are in any case."
    ),
    "api/bodies.py read_whole: 1 -> 2": "One byte too many is enough, and two are not fewer.",
    "download/known.py Known: False -> True": "Without a name it says nothing.",
    "download/over_invocations.py Download._resume: 1 -> 2": "One read has both.",
    "api/links.py location_of: 'replace' -> 'replaceXX'": "What is read as Latin-1 is Latin-1.",
}
"""By their names, with the reason. A name has no line, so that it lasts as long as its code."""
