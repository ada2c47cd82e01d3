// node encode.mjs CLIENT_FOLDER TOKENIZER_FOLDER LINES.json: prints the ids of each line and the text that they decode to, as [[ids, text], ...].
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [client, folder, lines] = process.argv.slice(2).map(name => path.resolve(name));
const { AutoTokenizer, env } = await import(pathToFileURL(createRequire(path.join(client, 'package.json')).resolve('@huggingface/transformers')));
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder) + path.sep;
const tokenizer = await AutoTokenizer.from_pretrained(path.basename(folder));
console.log(JSON.stringify(JSON.parse(fs.readFileSync(lines, 'utf8')).map(line => {
  const ids = tokenizer.encode(line, { add_special_tokens: false });
  return [ids, tokenizer.decode(ids, { skip_special_tokens: true })];
})));
