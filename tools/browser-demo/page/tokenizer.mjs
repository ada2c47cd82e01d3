// Byte-level BPE as the tokenizer.json of a Glossa model describes it.

/** GPT-2's words, which a ByteLevel pre-tokenizer cuts by itself where the file has no pattern of its own. */
const GPT2_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

export class Tokenizer {
  /** @param file the parsed tokenizer.json */
  constructor(file) {
    const { model, pre_tokenizer: cut, normalizer, added_tokens: added } = file;
    if (model?.type !== 'BPE' || normalizer) throw new Error('tokenizer.json: a byte-level BPE without a normalizer is read here');
    const steps = cut?.type === 'Sequence' ? cut.pretokenizers : [cut];
    if (steps.at(-1)?.type !== 'ByteLevel') throw new Error('tokenizer.json: its pre-tokenizer is not byte-level');
    this.words = new RegExp(steps.find(step => step.type === 'Split')?.pattern.Regex ?? GPT2_WORDS, 'gu');
    this.ids = new Map(Object.entries(model.vocab));
    this.special = new Map(added.map(token => [token.content, token.id]));
    this.ranks = new Map(model.merges.map((merge, rank) => [Array.isArray(merge) ? merge.join(' ') : merge, rank]));
    const alphabet = byteAlphabet();
    this.letters = alphabet;
    const byteOf = new Map(alphabet.map((letter, byte) => [letter, byte]));
    const specialIds = new Set(this.special.values());
    this.bytes = new Map([...this.ids].filter(([, id]) => !specialIds.has(id)).map(([token, id]) => [id, Uint8Array.from([...token], letter => byteOf.get(letter))]));
    this.cache = new Map();
  }

  get end() { return this.special.get('<eos>'); }
  get padding() { return this.special.get('<pad>') ?? 0; }

  /** The languages that the model has a tag for, in the file's order. */
  get languages() { return [...this.special.keys()].map(token => /^<lang:(.+)>$/.exec(token)?.[1]).filter(Boolean); }

  /** What stands before a text: the language's tag, or <bos> where the model has none. */
  first(language) { return this.special.get(`<lang:${language}>`) ?? this.special.get('<bos>'); }

  /** Ids of a text, without tag and <eos>; special tokens written out in it are text. */
  encode(text) {
    return (text.match(this.words) ?? []).flatMap(word => {
      let ids = this.cache.get(word);
      if (!ids) this.cache.set(word, ids = this.encodeWord(word));
      return ids;
    });
  }

  encodeWord(word) {
    const parts = [...new TextEncoder().encode(word)].map(byte => this.letters[byte]);
    for (;;) {
      let best = Infinity, at = -1;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return parts.map(part => this.ids.get(part));
      parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
  }

  /** The text of ids; special tokens have none, half a character at the end is left out. */
  decode(ids) {
    const bytes = ids.flatMap(id => [...this.bytes.get(id) ?? []]);
    return new TextDecoder().decode(Uint8Array.from(bytes), { stream: true });
  }
}

/** The printable letter that stands for each byte: the byte's own where it has one, else one beyond Latin-1, in order. */
function byteAlphabet() {
  const printable = byte => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}
