"""Bringing a file from the API: bytes in, over as many connections and invocations as it takes.

::

    over_invocations   lands it at once, or stages it and goes on in the next invocation
    staging            what is kept in the bucket until then
    ticket             what is left beside it, for the next invocation
    staged             what is kept, read as if it came from the API
    body               all bytes, over one connection after the other
    known              what the answers tell of the file, and which of them belong together
    breaks             what a connection's end is, whatever a library raises
    source             opens a connection; by when reading has to end
    validators         what HTTP's headers say: ETag, length, range

What comes out is raw and complete, and verified by nobody yet: the step hands it to `landing`.
"""
