"""Processes that serve: one storage node, with its configuration, keys, logs and metrics; and in
`gateway` the server for other programs.
"""
