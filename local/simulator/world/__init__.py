"""What the service knows, and what a test makes of it.

Checked requests become exports, scenarios decide how these fare, and the spool makes their files.
Everything is found through one `Simulator`, which the routes share.
"""
