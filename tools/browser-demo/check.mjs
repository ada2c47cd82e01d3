// node check.mjs DIR [--screenshot FILE] [--passes N] [--chromium FILE]
// Opens an assembled folder in headless Chromium, fine-tunes in it as a user would, prints what the page shows as JSON.
// Exit code: 0 the page got through, 1 it did not, 2 wrong call.

import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { Chromium } from './chromium.mjs';
import { serve } from './serve.mjs';

const USAGE = 'usage: node check.mjs DIR [--screenshot FILE] [--passes N] [--chromium FILE]';
const { values, positionals: [folder] } = parseArgs({ allowPositionals: true, options: { screenshot: { type: 'string' }, passes: { type: 'string', default: '3' }, chromium: { type: 'string', default: 'chromium' } } });
if (!folder) {
  console.error(USAGE);
  process.exit(2);
}

const server = await serve(folder);
let browser;
try {
  browser = await Chromium.start(values.chromium);
  await browser.open(server.url);
  await browser.until(`document.body.dataset.state !== 'loading'`, 120);
  await expectState('ready');
  await browser.evaluate(`document.getElementById('passes').value = ${Number(values.passes)}; document.getElementById('train').click();`);
  await browser.until(`['trained', 'failed'].includes(document.body.dataset.state)`, 300);
  await expectState('trained');
  const shown = await browser.evaluate(`({
    status: document.getElementById('status').textContent,
    caption: document.getElementById('caption').textContent,
    points: document.querySelector('#curve polyline').getAttribute('points').split(' ').length,
    cells: Object.fromEntries([...document.querySelectorAll('td')].map(cell => [cell.id, cell.textContent])),
  })`);
  if (values.screenshot) fs.writeFileSync(values.screenshot, await browser.screenshot());
  // What the download buttons hand out, read where they make it.
  const saved = await browser.evaluate(`(async () => {
    const kept = [], make = URL.createObjectURL;
    URL.createObjectURL = blob => (kept.push(blob), make(blob));
    HTMLAnchorElement.prototype.click = () => {};
    for (const id of ['parameters', 'checkpoint']) {
      document.getElementById(id).click();
      while (kept.length < (id === 'parameters' ? 1 : 2)) await new Promise(resolve => setTimeout(resolve, 20));
    }
    return Promise.all(kept.map(async blob => btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), byte => String.fromCharCode(byte)).join(''))));
  })()`);
  console.log(JSON.stringify({ ...shown, errors: browser.errors, parameters: saved[0], checkpoint: saved[1] }));
} catch (error) {
  console.error(`browser-demo: ${[error.message, ...browser?.errors ?? []].join('; ')}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  server.close();
}

async function expectState(state) {
  const [now, text] = await browser.evaluate(`[document.body.dataset.state, document.getElementById('status').textContent]`);
  if (now !== state) throw new Error(`the page is '${now}': ${text}`);
}
