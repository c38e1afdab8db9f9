"""The commands: what each is called, takes and is for. What it does stands in ``jobs``, and is loaded when it runs.

A docstring is the help of its command; its lines are kept as they are, so they fit into 78 columns.
"""
