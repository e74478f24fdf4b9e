"""One module for each task state of the three machines, named as its state.

A step reads what the state machine hands over, calls the rooms below in the order of the story,
and returns what the next state gets. No step knows another: the state machine joins them.
"""
