"""One storage node as a process: its configuration, its keys, its logs and metrics, its life."""
