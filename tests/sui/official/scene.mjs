// The objects of a scene, written with the official client's own definitions of the structs.

import { bcs } from '@mysten/sui/bcs';
import { deriveDynamicFieldID, fromHex } from '@mysten/sui/utils';
import { System } from './node_modules/@mysten/walrus/dist/contracts/walrus/system.mjs';
import { SystemStateInnerV1 } from './node_modules/@mysten/walrus/dist/contracts/walrus/system_state_inner.mjs';
import { Staking } from './node_modules/@mysten/walrus/dist/contracts/walrus/staking.mjs';
import { StakingInnerV1 } from './node_modules/@mysten/walrus/dist/contracts/walrus/staking_inner.mjs';
import { StakingPool } from './node_modules/@mysten/walrus/dist/contracts/walrus/staking_pool.mjs';
import { Blob } from './node_modules/@mysten/walrus/dist/contracts/walrus/blob.mjs';
import { Metadata } from './node_modules/@mysten/walrus/dist/contracts/walrus/metadata.mjs';

const VERSION = '3';
const TABLE = { id: '0x' + '7a'.repeat(32), size: '3' };
const STORAGE_ID = '0x' + '7b'.repeat(32);

const map = (entries) => ({ contents: entries.map(([key, value]) => ({ key, value })) });
const numbers = (count) => Array.from({ length: count }, (_, index) => index);

function field(parent, keyType, key, value) {
  const id = deriveDynamicFieldID(parent, keyType, key);
  return { id, contents: new Uint8Array([...fromHex(id.slice(2)), ...key, ...value]) };
}

const state = (parent, value) => field(parent, 'u64', bcs.u64().serialize(VERSION).toBytes(), value.toBytes());

const shell = (schema, id, packageId) =>
  schema.serialize({ id, version: VERSION, package_id: packageId, new_package_id: null }).toBytes();

function systemState(system) {
  const members = system.members.map(({ nodeId, shards, publicKey }) => ({
    public_key: { bytes: fromHex(publicKey) }, weight: shards.length, node_id: nodeId,
  }));
  return SystemStateInnerV1.serialize({
    committee: { members, n_shards: system.nShards, epoch: system.epoch, total_aggregated_key: { bytes: numbers(96) } },
    total_capacity_size: '5000000000000', used_capacity_size: '123456789',
    storage_price_per_unit_size: system.storagePrice, write_price_per_unit_size: system.writePrice,
    future_accounting: {
      current_index: 2, length: 3,
      ring_buffer: [9, 10, 8].map((epoch) => ({ epoch, used_capacity: '7', rewards_to_distribute: { value: '11' } })),
    },
    event_blob_certification_state: { latest_certified_blob: null, aggregate_weight_per_blob: map([]) },
    deny_list_sizes: { id: TABLE.id },
  });
}

function stakingState(system) {
  return StakingInnerV1.serialize({
    n_shards: system.nShards, epoch_duration: '86400000', first_epoch_start: '1700000000000', pools: TABLE,
    epoch: system.epoch, active_set: { id: TABLE.id }, next_committee: [map([[TABLE.id, [1, 2]]])],
    committee: [map(system.members.map(({ nodeId, shards }) => [nodeId, shards]))], previous_committee: [map([[TABLE.id, [3, 4]]])],
    next_epoch_params: { total_capacity_size: '1', storage_price_per_unit_size: '2', write_price_per_unit_size: '3' },
    epoch_state: { NextParamsSelected: '1700000001000' }, next_epoch_public_keys: { id: TABLE.id },
  });
}

function pool({ nodeId, publicKey, address }, owner) {
  return StakingPool.serialize({
    id: nodeId, state: { Active: true }, voting_params: { storage_price: '5', write_price: '6', node_capacity: '7' },
    node_info: {
      name: 'näme', node_id: nodeId, network_address: address, public_key: { bytes: fromHex(publicKey) },
      next_epoch_public_key: { bytes: numbers(96) }, network_public_key: numbers(33), metadata: { id: TABLE.id },
    },
    activation_epoch: 1, latest_epoch: 2, wal_balance: '3', num_shares: '4',
    pending_shares_withdraw: [map([[5, '6'], [6, '7']])], pre_active_withdrawals: [map([])],
    pending_commission_rate: [map([[4, '600']])], commission_rate: 500, exchange_rates: TABLE,
    pending_stake: [map([[9, '1']])], rewards_pool: { value: '8' }, commission: { value: '9' },
    commission_receiver: { Address: owner }, governance_authorized: { ObjectID: TABLE.id }, extra_fields: TABLE,
  });
}

const blobContents = (blob) => Blob.serialize({
  id: blob.id, registered_epoch: 5, blob_id: blob.blobId, size: blob.size, encoding_type: 1,
  certified_epoch: blob.certifiedEpoch, deletable: blob.deletable,
  storage: { id: STORAGE_ID, start_epoch: 5, end_epoch: 12, storage_size: blob.storageSize },
}).toBytes();

const ATTRIBUTES_KEY = bcs.byteVector().serialize(new TextEncoder().encode('metadata')).toBytes();
const attributesField = (blob) =>
  field(blob.id, 'vector<u8>', ATTRIBUTES_KEY, Metadata.serialize({ metadata: map(Object.entries(blob.attributes)) }).toBytes());

// {objects: by id, as the SDK's client wants them; structs: base-64 contents for our own reader; fields: ids}.
export function build({ system, staking, sender, blobs, digest }) {
  const objects = new Map();
  const shared = (id, type, initialSharedVersion, content) => objects.set(id, {
    objectId: id, type, version: '77', digest, owner: { $kind: 'Shared', Shared: { initialSharedVersion } }, content,
  });
  const systemField = state(system.id, systemState(system));
  const stakingField = state(staking.id, stakingState(system));
  shared(system.id, `${system.original}::system::System`, system.initialVersion, shell(System, system.id, system.package));
  shared(staking.id, `${system.original}::staking::Staking`, staking.initialVersion, shell(Staking, staking.id, system.package));
  shared(systemField.id, 'field', '1', systemField.contents);
  shared(stakingField.id, 'field', '1', stakingField.contents);
  for (const blob of blobs) {
    const owned = { version: blob.version, digest: blob.digest, owner: { $kind: 'AddressOwner', AddressOwner: sender } };
    objects.set(blob.id, { ...owned, objectId: blob.id, type: `${system.original}::blob::Blob`, content: blobContents(blob) });
    if (!blob.attributes) continue;
    const attributes = attributesField(blob);
    const type = `0x2::dynamic_field::Field<vector<u8>, ${system.original}::metadata::Metadata>`;
    objects.set(attributes.id, { ...owned, objectId: attributes.id, type, content: attributes.contents });
  }
  const withAttributes = blobs.find((blob) => blob.attributes);
  return {
    objects,
    structs: {
      shell: objects.get(system.id).content, systemInner: systemField.contents, stakingInner: stakingField.contents,
      pool: pool(system.members[0], sender).toBytes(), blob: blobContents(blobs[0]), attributes: attributesField(withAttributes).contents,
    },
    fields: { system: systemField.id, staking: stakingField.id, attributes: attributesField(withAttributes).id },
  };
}
