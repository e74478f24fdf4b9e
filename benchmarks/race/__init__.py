"""The race compares ways to move a file, and tells what the parts of ours cost.

The catalogue's commands go in, figures come out; a proof that they move the right content is first.
"""
