"""From raw bytes to a verified object, its manifest and its event.

::

    land       the order of it all: verify, publish, describe, announce
    verified   gzip in and out, inflated on the way for
    csvcheck   the CSV's header, records, checksum, types of columns
    aside      a thread for that work, beside the one that reads
    daysasked  whether rows are about the days asked for
    review     warnings, for what lands all the same
    durations  how long it took, for the next one
    events     EventBridge

Only when all checks agree does the object become visible, then its manifest, then the event.
"""
