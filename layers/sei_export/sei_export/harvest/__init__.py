"""Which exports that somebody else made are to land: an input's filters, one page of the list.

`cursor` knows where a list goes on, when it has ended and what it lacks.

Pure: the step asks the API and the bucket.
"""
