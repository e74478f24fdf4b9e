"""One module for each task state of the three machines, named as its state; and the deployment's.

A step reads what the state machine hands over, calls the rooms below in the order of the story,
and returns what the next state gets. No step knows another: the state machine joins them. Only
`check_parameters` is called by CloudFormation, and answers that.
"""
