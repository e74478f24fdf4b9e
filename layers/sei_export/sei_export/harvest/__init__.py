"""Which exports that somebody else made are to land: an input's filters, one page of the list.

Pure: the step asks the API and the bucket.
"""
