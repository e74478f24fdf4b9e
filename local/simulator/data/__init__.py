"""What fills tables and trees: names, org trees, calendar periods and figures.

A test may put other org trees in the place of the usual ones. All else follows from its arguments,
so that the same request has the same bytes in every process.
"""
