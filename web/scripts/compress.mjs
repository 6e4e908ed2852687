// Writes .br and .gz next to each text file of dist/, so that the server never compresses anything itself.
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const dist = path.resolve(import.meta.dirname, '../dist');
const TEXT = /\.(html|js|css|svg|json|txt|map)$/;
const SMALLEST_BYTES = 512;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

function* files(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* files(full);
    } else {
      yield full;
    }
  }
}

async function compress(file) {
  const content = fs.readFileSync(file);
  if (content.length < SMALLEST_BYTES) {
    return;
  }
  const options = {
    params: {
      [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  };
  const variants = { br: await brotli(content, options), gz: await gzip(content, { level: 9 }) };
  for (const [extension, bytes] of Object.entries(variants)) {
    if (bytes.length < content.length) {
      fs.writeFileSync(`${file}.${extension}`, bytes);
    }
  }
}

await Promise.all([...files(dist)].filter((file) => TEXT.test(file)).map(compress));
