"""Processes that serve: `node`, a storage node, and `gateway`, the server for other programs.

settings limits              what both are told
lifetime heap                how both live and end
logs                         what both write down
metrics_server call_metrics  what both count
"""
