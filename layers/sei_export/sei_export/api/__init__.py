"""Talking to Harness: calls, retries, where a link may lead, and every form of an answer.

::

    client, trees   the vendor's calls by name: exports; org trees
    answers         what comes back, in every form that means one thing; treeforms: teams
    lists, reasons  a list in any place and what it promises; why something was refused or failed
    calls           one HTTP call with the key, read whole or streamed
    tries           what of it is tried again: 429, 5xx, no connection
    key             the API key, from Secrets Manager
    links, urls     where a link may lead; the base URL and its prefix
    sessions        what HTTP sessions follow, and where they may connect to
    framing         chunks read by the letter
    bodies          short bodies read whole, and quoted
    watchdog        the end of a read that takes longer than there is time

Requests go out, plain values come back; the key never leaves this room.
"""
