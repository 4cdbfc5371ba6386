// The official clients, over native gRPC, against a chain that is up.
//
// Standard input: {"address", "key", "system", "staking", "steps": [{"step": name, ...}, ...]}.
// Standard output: a list of what each step found out, or {"error": message}.

import { readFileSync } from 'node:fs';
import { ChannelCredentials } from '@grpc/grpc-js';
import { decodeSuiPrivateKey } from '@mysten/sui/cryptography';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction, coinWithBalance } from '@mysten/sui/transactions';
import { fromBase64 } from '@mysten/sui/utils';
import { WalrusClient } from '@mysten/walrus';
import { GrpcTransport } from '@protobuf-ts/grpc-transport';

const { address, key, system, staking, steps } = JSON.parse(readFileSync(0, 'utf8'));
const transport = new GrpcTransport({ host: address, channelCredentials: ChannelCredentials.createInsecure() });
const sui = new SuiGrpcClient({ network: 'localnet', transport });
const walrus = new WalrusClient({
  suiClient: sui, storageNodeUrlScheme: 'http',
  packageConfig: { systemObjectId: system, stakingPoolId: staking },
});
const signer = Ed25519Keypair.fromSecretKey(fromBase64(key).slice(1));
const owner = signer.toSuiAddress();

async function executed(transaction) {
  const include = { effects: true, events: true, balanceChanges: true };
  const result = await sui.signAndExecuteTransaction({ transaction, signer, include });
  const found = result.Transaction ?? result.FailedTransaction;
  const waited = await sui.waitForTransaction({ digest: found.digest });
  if ((waited.Transaction ?? waited.FailedTransaction).digest !== found.digest) throw new Error('another transaction');
  return found;
}

// The client remembers objects that it has read, until it is reset.
function blobNow(objectId) {
  walrus.reset();
  return walrus.getBlobObject(objectId);
}

const STEPS = {
  async chain() {
    const { chainIdentifier } = await sui.getChainIdentifier();
    const { referenceGasPrice } = await sui.getReferenceGasPrice();
    const { systemState } = await sui.getCurrentSystemState();
    const { protocolConfig } = await sui.getProtocolConfig();
    const { coinMetadata } = await sui.getCoinMetadata({ coinType: '0x2::sui::SUI' });
    const { balances } = await sui.listBalances({ owner });
    return {
      chainIdentifier, referenceGasPrice, epoch: systemState.epoch, decimals: coinMetadata.decimals,
      maxArguments: protocolConfig.attributes.max_arguments, balances,
    };
  },

  // Splits coins off, looks at them in pages, and merges them again.
  async coins({ amounts }) {
    const transaction = new Transaction();
    const coins = transaction.splitCoins(transaction.gas, amounts);
    transaction.transferObjects(amounts.map((_, index) => coins[index]), owner);
    const { effects, balanceChanges } = await executed(transaction);
    const created = effects.changedObjects.filter((change) => change.idOperation === 'Created').map((change) => change.objectId);
    const { objects } = await sui.getObjects({ objectIds: created, include: { content: true } });
    const listed = [];
    let cursor = null;
    do {
      const page = await sui.listCoins({ owner, limit: 2, cursor });
      listed.push(...page.objects);
      cursor = page.hasNextPage ? page.cursor : null;
    } while (cursor !== null);
    const merge = new Transaction();
    merge.mergeCoins(created[0], created.slice(1));
    const merged = await executed(merge);
    const [gone] = (await sui.getObjects({ objectIds: [created[1]] })).objects;
    return {
      types: objects.map((object) => object.type), sizes: objects.map((object) => object.content.length),
      balances: listed.filter((coin) => created.includes(coin.objectId)).map((coin) => coin.balance).sort(),
      listed: listed.length, changes: balanceChanges.map((change) => change.amount),
      success: merged.status.success, gone: gone.code ?? gone.message,
    };
  },

  async tooMuch() {
    const transaction = new Transaction();
    transaction.transferObjects([coinWithBalance({ balance: 2n ** 63n })], owner);
    await executed(transaction);
  },

  async unknownTransaction() {
    await sui.getTransaction({ digest: '1'.repeat(32) });
  },

  async contract() {
    const state = await walrus.systemState();
    const { committee } = await walrus.stakingState();
    const systemObject = await walrus.systemObject();
    const { function: stake } = await sui.getMoveFunction({
      packageId: systemObject.package_id, moduleName: 'staking', name: 'stake_with_pool',
    });
    return {
      nShards: state.committee.n_shards, epoch: state.committee.epoch, members: committee.length ?? committee,
      storagePrice: state.storage_price_per_unit_size, writePrice: state.write_price_per_unit_size,
      parameters: stake.parameters.length, package: systemObject.package_id,
    };
  },

  async register({ content, epochs, attributes }) {
    const blob = new TextEncoder().encode(content);
    const { blobId, metadata, rootHash } = await walrus.encodeBlob(blob);
    const { storageCost, writeCost, totalCost } = await walrus.storageCost(blob.length, epochs);
    const walType = await walrus.getBlobType().then((type) => type.split('::')[0]);
    const { blob: object, digest } = await walrus.executeRegisterBlobTransaction({
      signer, owner, blobId, rootHash, size: blob.length, deletable: true, epochs, attributes,
    });
    return {
      blobId, objectId: object.id, registered: object.registered_epoch, size: object.size, digest, types: walType,
      unencoded: metadata.V1?.unencoded_length, storageCost, writeCost, totalCost,
      attributes: await walrus.readBlobAttributes({ blobObjectId: object.id }),
    };
  },

  async fields({ objectId }) {
    const { dynamicFields } = await sui.listDynamicFields({ parentId: objectId, include: { value: true } });
    return dynamicFields.map((field) => ({ kind: field.$kind, name: field.name.type, valueType: field.valueType }));
  },

  async certify({ blobId, objectId, signers, message, signature }) {
    const { digest } = await walrus.executeCertifyBlobTransaction({
      signer, blobId, blobObjectId: objectId, deletable: true,
      certificate: { signers, serializedMessage: fromBase64(message), signature: fromBase64(signature) },
    });
    const object = await blobNow(objectId);
    return { digest, certified: object.certified_epoch };
  },

  async extend({ objectId, epochs }) {
    const before = await blobNow(objectId);
    await walrus.executeExtendBlobTransaction({ signer, blobObjectId: objectId, epochs });
    const after = await blobNow(objectId);
    return after.storage.end_epoch - before.storage.end_epoch;
  },

  async attributes({ objectId, attributes }) {
    await walrus.executeWriteBlobAttributesTransaction({ signer, blobObjectId: objectId, attributes });
    return walrus.readBlobAttributes({ blobObjectId: objectId });
  },

  // All events of a module, page by page, in both directions.
  async events({ emitModule }) {
    const found = { ascending: [], descending: [] };
    for (const order of Object.keys(found)) {
      const bound = order === 'ascending' ? 'after' : 'before';
      let page, cursor;
      do {
        page = await sui.core.listEvents({ filter: { emitModule }, limit: 2, ...(cursor ? { [bound]: cursor } : { order }) });
        found[order].push(...page.events.map((event) => [event.checkpoint, event.eventType.split('::')[2], event.bcs.length]));
        cursor = page.endCursor;
      } while (page.hasNextPage);
    }
    return found;
  },

  // A subscription hears of the next transaction.
  async news() {
    const abort = new AbortController();
    const call = sui.subscriptionService.subscribeCheckpoints({ readMask: { paths: ['transactions.digest'] } }, { abort: abort.signal });
    const first = (async () => { for await (const frame of call.responses) return frame; })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const transaction = new Transaction();
    transaction.transferObjects([transaction.splitCoins(transaction.gas, [1])], owner);
    const { digest } = await executed(transaction);
    const frame = await first;
    abort.abort();
    return { digest, heard: frame.checkpoint.transactions.map((each) => each.digest) };
  },

  async remove({ objectId }) {
    const { digest } = await walrus.executeDeleteBlobTransaction({ signer, owner, blobObjectId: objectId });
    const [gone] = (await sui.getObjects({ objectIds: [objectId] })).objects;
    return { digest, gone: gone.code ?? gone.message };
  },
};

const answers = [];
for (const { step, ...given } of steps) {
  try {
    answers.push(await STEPS[step](given));
  } catch (error) {
    answers.push({ error: error.message });
  }
}
console.log(JSON.stringify(answers, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
transport.close();
