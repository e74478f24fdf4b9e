"""The simulation runs exports and batches in virtual time, by the definitions' own expressions.

Definitions go in; calls, transitions, time and dollars come out.
"""
