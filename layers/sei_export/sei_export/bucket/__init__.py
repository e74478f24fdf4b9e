"""Talking to S3: JSON documents, and objects that appear whole or not at all.

What S3 refuses is translated here into the errors that the state machine matches.
"""
