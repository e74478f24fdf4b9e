"""Telling people: which events are news, and a text of each that is enough to mend it.

`heard` reads an event, `telling` makes a text of it, `ways` knows the links and commands that a
text has, `subjects` what a failure and a later success have in common, `once` what was told
already.
"""
