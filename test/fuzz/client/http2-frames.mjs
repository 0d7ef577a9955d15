// Writes and reads the frames of HTTP/2 (RFC 9113 §4) and the header blocks of HPACK (RFC 7541), as far as the fuzz needs
// them. Node's own client refuses to send most of what the fuzz sends.

export const TYPE = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const FLAG = {
  ack: 0x1,
  endStream: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
};

export function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The connection preface. The server must not index response headers, and may send as much as it has. */
export function preface() {
  const setting = (id, value) => {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(id, 0);
    bytes.writeUInt32BE(value, 2);
    return bytes;
  };
  const window = Buffer.alloc(4);
  window.writeUInt32BE(2 ** 30);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(
      TYPE.settings,
      0,
      0,
      Buffer.concat([setting(1, 0), setting(4, 2 ** 30)]),
    ),
    frame(TYPE.windowUpdate, 0, 0, window),
  ]);
}

/** A header block with literal fields only. */
export function headerBlock(fields, indexed = false) {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([indexed ? 0x40 : 0]),
      ...literal(name),
      ...literal(value),
    ]),
  );
}

function literal(text) {
  const bytes = Buffer.from(text, 'latin1');
  return [Buffer.from(prefixedInteger(bytes.length)), bytes];
}

/** An integer with a prefix of 7 bits (RFC 7541 §5.1). */
function prefixedInteger(value) {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128))
    bytes.push(128 + (rest % 128));
  return [...bytes, rest];
}

const INDEXED_STATUS = [200, 204, 206, 304, 400, 404, 500];

/** The status in a header block of a response: its first field. */
export function statusOf(block) {
  let at = 0;
  // Changes of the table size come first.
  while ((block[at] & 0xe0) === 0x20) at++;
  if (block[at] & 0x80) return INDEXED_STATUS[(block[at] & 0x7f) - 8];
  const length = block[at + 1];
  const bytes = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length & 0x80 ? huffmanDigits(bytes) : bytes.toString());
}

/** Decodes digits from the Huffman code of RFC 7541, Appendix B: 0 to 2 have 5 bits, the others have 6. */
function huffmanDigits(bytes) {
  const bits = [...bytes]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  let digits = '';
  for (let at = 0; digits.length < 3;) {
    const short = parseInt(bits.slice(at, at + 5), 2);
    const code = short < 3 ? short : parseInt(bits.slice(at, at + 6), 2) - 22;
    digits += code;
    at += short < 3 ? 5 : 6;
  }
  return digits;
}

/** Splits received bytes into frames; returns the frames and the bytes that remain. */
export function readFrames(bytes) {
  const frames = [];
  let at = 0;
  while (bytes.length - at >= 9) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes.length - at < 9 + length) break;
    frames.push({
      type: bytes[at + 3],
      flags: bytes[at + 4],
      stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return { frames, rest: bytes.subarray(at) };
}
