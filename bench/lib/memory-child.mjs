/**
 * The memory of a list of names: `node --expose-gc memory-child.mjs <holder> <count>`. It sends the time to build the
 * list and the memory that the list adds.
 */
import { HostList } from 'nestjs-allowed-hosts';

const [holder, count] = process.argv.slice(2);
const holders = {
  'bare Set': (names) => new Set(names),
  'this library': (names) => HostList.from(names),
  'this library, as `.suffix`': (names) => HostList.from(names),
};
const prefix = holder.endsWith('suffix`') ? '.' : '';
/** Names that are decoded from bytes, as from a file or a database. */
const make = (size) =>
  Array.from({ length: size }, (_, i) =>
    Buffer.from(`${prefix}tenant-${i}.example.com`).latin1Slice(),
  );

function used() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed + arrayBuffers, rss };
}

holders[holder](make(1000));
const before = used();
let names = make(Number(count));
const start = performance.now();
const held = holders[holder](names);
const ms = performance.now() - start;
names = undefined;
const after = used();
process.send(
  {
    ms,
    heapMB: (after.heap - before.heap) / 1e6,
    rssMB: (after.rss - before.rss) / 1e6,
    held: held !== undefined,
  },
  () => process.exit(),
);
