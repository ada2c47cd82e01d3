// A headless Chromium, driven over its debugging pipe: JSON messages, each ended by a zero byte.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export class Chromium {
  /** Starts it with one empty page. */
  static async start(program) {
    // The runtime's WebAssembly is not optimized: that takes longer than a short training.
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'glossa-chromium-'));
    const child = spawn(program, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking',
      '--hide-scrollbars', '--js-flags=--liftoff-only', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const browser = new Chromium(child, profile);
    try {
      const { targetInfos } = await browser.send('Target.getTargets');
      ({ sessionId: browser.session } = await browser.send('Target.attachToTarget', { targetId: targetInfos.find(target => target.type === 'page').targetId, flatten: true }));
      for (const domain of ['Page', 'Runtime', 'Log']) await browser.send(`${domain}.enable`);
      await browser.send('Emulation.setDeviceMetricsOverride', { width: 1100, height: 900, deviceScaleFactor: 1, mobile: false });
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  constructor(child, profile) {
    Object.assign(this, { child, profile, next: 1, waiting: new Map(), rest: '', errors: [] });
    child.stdio[3].on('error', () => {}); // a browser that is gone is told of by its end
    child.stdio[4].setEncoding('utf8').on('data', text => this.read(text));
    this.ended = new Promise(resolve => {
      const end = why => {
        this.gone = new Error(why);
        for (const { reject } of this.waiting.values()) reject(this.gone);
        resolve();
      };
      child.on('error', error => end(`Chromium could not be started: ${error.message}`));
      child.on('exit', code => end(`Chromium ended with code ${code}`));
    });
  }

  async open(url) {
    await this.send('Page.navigate', { url });
    await this.until(`document.readyState === 'complete' && location.href !== 'about:blank'`, 60);
  }

  /** The value of an expression in the page; a promise is awaited. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async until(condition, seconds) {
    for (const end = Date.now() + seconds * 1000; !await this.evaluate(condition);) {
      if (Date.now() > end) throw new Error(`after ${seconds} s it is not yet true that ${condition}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  /** The whole page as a PNG. */
  async screenshot() {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    return Buffer.from(data, 'base64');
  }

  async close() {
    this.child.kill();
    await this.ended;
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 20 });
  }

  async send(method, params = {}) {
    if (this.gone) throw this.gone;
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    });
  }

  read(text) {
    const messages = text.split('\0');
    messages[0] = this.rest + messages[0];
    this.rest = messages.pop();
    for (const message of messages.map(part => JSON.parse(part))) {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) waiting?.reject(new Error(message.error.message));
      else if (waiting) waiting.resolve(message.result);
      else this.note(message);
    }
  }

  note({ method, params }) {
    if (method === 'Runtime.exceptionThrown') this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.errors.push(`${params.entry.text} ${params.entry.url ?? ''}`);
  }
}
