"""A whole network on this machine: a chain and storage nodes, each a process of its own.

`LocalNetwork` starts and stops them. The directory of a network is that of its chain
(`sui_node.home`), and

    founders.json        the nodes, as the chain's genesis takes them
    ports.json           where the chain listens, for good
    nodes/0 ...          each node's node.yaml, keys (protocol.key, network.key, sui.keystore) and
                         store/
    log/                 what the processes say: chain, node-0 ...
"""
