"""The file on its way from the API: bytes in, over as many connections and invocations as it takes.

What comes out is raw and complete, and verified by nobody yet: the step hands it to `landing`.
"""
