"""The API's calls, each behind a gate that records, checks, and misbehaves if asked to.

A request comes in; the world is asked or changed, and its answer takes the form that the dialect
says.
"""
