"""`make live`: what the documentation leaves open, asked of a real API.

::

    command    what is needed, what is said, how the run ends
    asking     one call: with a pause before it, counted, read to a bound
    reading    the questions that only read
    exporting  those that take an export: one of each report
    files      what a file and its headers tell
    findings   what was found, by the question's id
    shapes     what an answer looks like, without what is in it
    page       the questions of docs/vendor.md
    report     `.local/live/report.md`

Of answers only their structure is kept: names of fields, types, statuses, names of headers, sizes.
"""
