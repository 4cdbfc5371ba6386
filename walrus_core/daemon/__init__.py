"""Processes that serve: a storage node, and in `gateway` the server for other programs.

process config config_file identity metrics healing_metrics      a node
settings limits lifetime heap logs metrics_server call_metrics   what both have
"""
