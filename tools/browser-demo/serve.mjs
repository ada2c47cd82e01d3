// node serve.mjs DIR [PORT]: a static file server for this machine alone, enough to open the assembled page.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8', '.json': 'application/json', '.wasm': 'application/wasm' };

/** The page needs nothing from elsewhere, and so its worker gets nothing from elsewhere. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:";

/** Serves a folder; resolves to { url, close } when it listens. Port 0 is any free one. */
export function serve(folder, port = 0) {
  const root = path.resolve(folder);
  const server = http.createServer((request, response) => {
    const asked = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const file = path.join(root, asked.endsWith('/') ? `${asked}index.html` : asked);
    const inside = file.startsWith(root + path.sep) && fs.statSync(file, { throwIfNoEntry: false })?.isFile();
    response.writeHead(inside ? 200 : 404, { 'content-type': inside ? TYPES[path.extname(file)] ?? 'application/octet-stream' : 'text/plain', 'content-security-policy': POLICY });
    if (inside) fs.createReadStream(file).pipe(response); else response.end('not found');
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, port = '8080'] = process.argv.slice(2);
  if (!folder || !/^\d+$/.test(port)) {
    console.error('usage: node serve.mjs DIR [PORT]');
    process.exit(2);
  }
  console.log(`${folder} is at ${(await serve(folder, Number(port))).url}; Ctrl-C ends it`);
}
