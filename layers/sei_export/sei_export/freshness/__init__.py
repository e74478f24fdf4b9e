"""Noticing what did not happen: no complete run in time, and what will keep the next one from it.

`looks` ask AWS and Harness, each for one `finding`; `watch` compares all of it with the `memory` of
the last time, and announces what is news.
"""
