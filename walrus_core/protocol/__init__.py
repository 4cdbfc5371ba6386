"""Who may hold a blob's slivers, and who attests that they do.

A node signs that it holds its slivers; enough confirmations make a certificate:

    confirmation = wc.Confirmation(committee.epoch, blob_id)
    signed = wc.SignedMessage.sign(key_pair, confirmation)

    builder = wc.CertificateBuilder(committee, confirmation)
    builder.add(committee.position(node_id), signed)
    if builder.is_enough:
        certificate = builder.certificate()

Bottom up: wire, signers, quorum, fields, messages, which need no library; curve, keys, member_keys,
committee, signed_message, certificate, which load py_arkworks_bls12381 (the extra `protocol`).
"""
