// Builds transactions with the official SDK, offline, for the scenes (a list) on standard input.
//
// The client that the SDK is given answers from the scene alone; whatever else it asks is an error.
// Standard output, for each scene: {"transactions": [base64 of TransactionData, ...],
// "structs": {name: base64 of an object's contents}, "fields": {name: id of a dynamic field}}.

import { readFileSync } from 'node:fs';
import { CoreClient } from '@mysten/sui/client';
import { Inputs, Transaction, coinWithBalance } from '@mysten/sui/transactions';
import { fromHex, toBase64 } from '@mysten/sui/utils';
import { WalrusClient } from '@mysten/walrus';
import { build } from './scene.mjs';

// The positions of the shared objects that a function takes by mutable reference.
const MUTABLE = {
  'system::reserve_space': [0], 'system::register_blob': [0], 'system::extend_blob': [0], 'staking::stake_with_pool': [0],
};

class SceneClient extends CoreClient {
  constructor(scene, objects) {
    super({ network: 'testnet', base: undefined });
    this.core = this;
    this.scene = scene;
    this.objects = objects;
    this.mvr = { resolveType: async (type) => type, resolvePackage: async (found) => found };
  }

  async getObjects({ objectIds }) {
    const missing = (id) => Object.assign(new Error(`${id} notExists`), { code: 'notExists' });
    return { objects: objectIds.map((id) => this.objects.get(id) ?? missing(id)) };
  }

  async getBalance({ coinType }) {
    const balance = String(this.scene.coins.reduce((sum, coin) => sum + BigInt(coin.balance), 0n));
    return { balance: { coinType, balance, coinBalance: balance, addressBalance: '0' } };
  }

  async listCoins({ cursor }) {
    const start = Number(cursor ?? 0);
    const page = this.scene.coins.slice(start, start + this.scene.pageSize);
    const end = start + page.length;
    const objects = page.map((coin) => ({ ...coin, objectId: coin.id }));
    return { objects, hasNextPage: end < this.scene.coins.length, cursor: String(end) };
  }

  async getMoveFunction({ moduleName, name }) {
    if (moduleName !== 'staking' || name !== 'stake_with_pool') throw new Error(`asked for ${moduleName}::${name}`);
    const datatype = (typeName, ...typeParameters) => ({ $kind: 'datatype', datatype: { typeName, typeParameters } });
    const coin = datatype('0x2::coin::Coin', datatype(`${this.scene.walPackage}::wal::WAL`));
    return { function: { parameters: [{ body: {} }, { body: coin }] } };
  }

  // What a full node does with a transaction whose objects are named by id only.
  resolveTransactionPlugin() {
    return async (data, _options, next) => {
      data.inputs.forEach((input, index) => {
        if (!input.UnresolvedObject) return;
        const object = this.objects.get(input.UnresolvedObject.objectId);
        data.inputs[index] = object.owner.Shared
          ? Inputs.SharedObjectRef({ ...object.owner.Shared, objectId: object.objectId, mutable: isMutable(data, index) })
          : Inputs.ObjectRef(object);
      });
      await next();
    };
  }
}

const isMutable = (data, index) => data.commands.some(({ MoveCall: call }) =>
  call && (MUTABLE[`${call.module}::${call.function}`] ?? []).some((position) => call.arguments[position].Input === index));

function stake({ scene }, { amount, nodeId }) {
  const { system, staking, walPackage, sender } = scene;
  const tx = new Transaction();
  const coin = tx.add(coinWithBalance({ balance: BigInt(amount), type: `${walPackage}::wal::WAL` }));
  const target = `${system.package}::staking::stake_with_pool`;
  const staked = tx.moveCall({ target, arguments: [tx.object(staking.id), coin, tx.pure.id(nodeId)] });
  tx.transferObjects([staked], sender);
  return tx;
}

const BUILDERS = {
  register: ({ walrus, scene }, a) => walrus.registerBlobTransaction({ ...a, rootHash: fromHex(a.rootHash), owner: scene.sender }),
  reserve: ({ walrus, scene }, a) => walrus.createStorageTransaction({ ...a, owner: scene.sender }),
  certify: ({ walrus }, { blobId, blobObjectId, signers, signature, message }) => walrus.certifyBlobTransaction({
    blobId, blobObjectId, deletable: true,
    certificate: { signers, signature: fromHex(signature), serializedMessage: fromHex(message) },
  }),
  delete: ({ walrus, scene }, a) => walrus.deleteBlobTransaction({ ...a, owner: scene.sender }),
  extend: ({ walrus }, a) => walrus.extendBlobTransaction(a),
  attributes: ({ walrus, scene }, a) => {
    // By object id the client fails for a blob that has no attributes yet; it must be given the blob then.
    const known = scene.blobs.find((blob) => blob.id === a.blobObjectId).attributes;
    return walrus.writeBlobAttributesTransaction(known ? a : { attributes: a.attributes, blobObject: a.blobObjectId });
  },
  stake,
};

async function answer(scene) {
  const { objects, structs, fields } = build(scene);
  const client = new SceneClient(scene, objects);
  const packageConfig = { systemObjectId: scene.system.id, stakingPoolId: scene.staking.id };
  const context = { scene, walrus: new WalrusClient({ suiClient: client, packageConfig }) };
  const transactions = [];
  for (const { kind, ...options } of scene.transactions) {
    const tx = await BUILDERS[kind](context, options);
    tx.setSender(scene.sender);
    tx.setGasPrice(BigInt(scene.gas.price));
    tx.setGasBudget(BigInt(scene.gas.budget));
    tx.setGasPayment(scene.gas.coins.map((coin) => ({ ...coin, objectId: coin.id })));
    tx.setExpiration({ None: true });
    transactions.push(toBase64(await tx.build({ client })));
  }
  const base64 = Object.fromEntries(Object.entries(structs).map(([name, contents]) => [name, toBase64(contents)]));
  return { transactions, structs: base64, fields };
}

const answers = [];
for (const scene of JSON.parse(readFileSync(0, 'utf8'))) answers.push(await answer(scene));
console.log(JSON.stringify(answers));
