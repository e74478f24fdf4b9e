"""What `make check` asks about safety.

Is the template's every resource safe, is a secret in a file, is a pinned package known to be
vulnerable?

Everything is answered here: no gate calls out. A finding is a line of text; what may stay is in
`allowed.toml`, each with its reason, and a reason that nothing needs any more is a finding, too.
"""
