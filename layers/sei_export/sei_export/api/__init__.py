"""Talking to Harness: calls, retries, where a link may lead, and every form of an answer.

Requests go out, plain values come back; the key never leaves this room.
"""
