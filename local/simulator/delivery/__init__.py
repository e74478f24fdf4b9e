"""A file's way to the client: which part of it, in which framing, at what pace, cut where.

An order for a file and the request's headers come in; bytes leave over the connection itself where
an HTTP server would not send such an answer.
"""
