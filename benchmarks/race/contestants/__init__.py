"""Each contestant is a program that moves one file: source, endpoint, bucket and key are its words.

None knows another, and nothing is measured here.
"""
