"""The process of a storage node: how it is told what to be, who it is, what it tells of itself.

config config_file       what it is told, and how that is written down at first
identity                 its keys
process                  from its start to its end
metrics healing_metrics  what it tells
"""
