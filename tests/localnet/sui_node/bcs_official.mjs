// What the official SDK reads in BCS of ours, and whether it writes the same bytes again.
//
// Standard input: {"sdk": directory, "values": [[name of a type, hex], ...]}.
// Standard output: [{"same": whether the bytes are the same again, "value": what they say}, ...].

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { sdk, values } = JSON.parse(readFileSync(0, 'utf8'));
const { bcs } = await import(createRequire(`${sdk}/`).resolve('@mysten/sui/bcs'));
const found = values.map(([name, hex]) => {
  const value = bcs[name].parse(Buffer.from(hex, 'hex'));
  const again = Buffer.from(bcs[name].serialize(value).toBytes()).toString('hex');
  return { same: again === hex, value };
});
console.log(JSON.stringify(found, (_, each) => (typeof each === 'bigint' ? `${each}` : each)));
