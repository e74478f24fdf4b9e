"""Which exports that somebody else made are to land: an input's filters, one page of the list.

`cursor` knows where a list goes on, when it has ended and what it lacks; `listed` is what is
written down of a page. At its end, `manifest` tells what became of each export, `incomplete`
what to do about the rest, and `givenup` which exports are left alone.

Pure: the step asks the API and the bucket.
"""
