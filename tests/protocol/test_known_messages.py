"""Every byte, signature and certificate is the official Rust library's."""

import json

import pytest
from protocol.known_messages import Entry, KnownMessages, message_of

import walrus_core as wc

SIGNED = {
    "aggregate_signature",
    "bcs",
    "certificate_bcs",
    "fields",
    "first_signed_bcs",
    "first_signed_json",
    "message",
    "signatures",
    "storage_confirmation_json",
}


def keys_of(file: KnownMessages) -> list[wc.KeyPair]:
    return [wc.KeyPair.from_base64(key["key_base64"]) for key in file.keys]


def signatures_of(entry: Entry) -> list[wc.Signature]:
    return [wc.Signature(bytes.fromhex(text)) for text in entry["signatures"]]


def test_keys(messages_files: list[KnownMessages]) -> None:
    assert messages_files
    for file in messages_files:
        for entry, key_pair in zip(file.keys, keys_of(file), strict=True):
            assert key_pair.to_base64() == entry["key_base64"]
            assert key_pair.public_key.hex() == entry["public_key_hex"]


def test_bytes(known_message: Entry, messages_file: KnownMessages) -> None:
    assert not known_message.keys() - SIGNED, "an entry has members that no test reads"
    assert messages_file.keys
    message, data = message_of(known_message), bytes.fromhex(known_message["bcs"])
    assert bytes(message) == data
    assert wc.parse_message(data) == message


def test_signatures(known_message: Entry, messages_file: KnownMessages) -> None:
    data = bytes.fromhex(known_message["bcs"])
    for key_pair, text in zip(keys_of(messages_file), known_message["signatures"], strict=False):
        assert key_pair.sign(data).hex() == text
        key_pair.public_key.verify(data, wc.Signature(bytes.fromhex(text)))


def test_proofs_of_possession(proof: Entry, messages_file: KnownMessages) -> None:
    fields = proof["fields"]
    epoch, address = fields["epoch"], bytes.fromhex(fields["sui_address"])
    (proof,) = signatures_of(proof)
    (owner,) = (
        key for key in keys_of(messages_file) if key.public_key.hex() == fields["public_key"]
    )
    assert owner.prove_possession(epoch, address) == proof
    owner.public_key.verify_possession(epoch, address, proof)
    with pytest.raises(wc.SignatureError):
        owner.public_key.verify_possession(epoch, address[::-1], proof)


def test_signed_messages(sent_message: Entry, messages_file: KnownMessages) -> None:
    key = keys_of(messages_file)[0]
    signed = wc.SignedMessage.sign(key, message_of(sent_message))
    assert signed.to_bcs().hex() == sent_message["first_signed_bcs"]
    assert signed.to_json() == sent_message["first_signed_json"]
    for received in (
        wc.SignedMessage.from_bcs(bytes.fromhex(sent_message["first_signed_bcs"])),
        wc.SignedMessage.from_json(json.loads(json.dumps(sent_message["first_signed_json"]))),
    ):
        assert received == signed
        assert received.verify(key.public_key) == message_of(sent_message)


def test_storage_confirmations(confirmed_message: Entry, messages_file: KnownMessages) -> None:
    answer = confirmed_message["storage_confirmation_json"]
    signed = wc.SignedMessage.from_storage_confirmation_json(answer)
    assert signed.to_storage_confirmation_json() == answer
    signed.verify(keys_of(messages_file)[0].public_key)


def test_certificates(certified_message: Entry, messages_file: KnownMessages) -> None:
    message, signatures = message_of(certified_message), signatures_of(certified_message)
    total = wc.Signature.aggregate(signatures)
    assert total.hex() == certified_message["aggregate_signature"]
    data = bytes.fromhex(certified_message["certificate_bcs"])
    certificate = wc.Certificate.from_bcs(data)
    assert certificate.to_bcs() == data
    assert certificate.signature == total
    assert certificate.serialized_message == bytes(message)

    members = [
        wc.Member(bytes([position]) * 32, key.public_key, "localhost:9185", (position,))
        for position, key in enumerate(keys_of(messages_file))
    ]
    committee = wc.Committee(message.epoch, len(members), members)
    assert certificate.verify(committee) == message
    builder = wc.CertificateBuilder(committee, message)
    for signer, signature in enumerate(signatures):
        builder.add(signer, wc.SignedMessage(bytes(message), signature))
    assert builder.certificate() == certificate
