using System.Runtime.InteropServices;
using System.Text;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;

namespace Glossa.Data.Tokens;

/// <summary>Encodes a corpus into a token file, batch by batch on several threads; memory holds some batches, whatever the corpus's size.</summary>
public static class TokenFileWriter
{
    private const int BatchCharacters = 1 << 18;

    /// <summary>
    /// Writes the ids of all texts, in the order given, which is by language and in a language by split: text tokens only, no tags and no <c>&lt;eos&gt;</c>. The file is
    /// the same whatever the number of threads.
    /// </summary>
    /// <param name="path">The file to write, whole or not at all.</param>
    /// <param name="languages">The languages that the indices name.</param>
    /// <param name="texts">The texts; read once.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="threads">Threads that encode; 0 takes one per processor.</param>
    /// <exception cref="WorkException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">The texts are in another order.</exception>
    public static void Write(string path, IReadOnlyList<string> languages, IEnumerable<(int LanguageIndex, CorpusSplit Split, string Text)> texts,
        ITokenizer tokenizer, int threads)
    {
        ArgumentNullException.ThrowIfNull(languages);
        ArgumentNullException.ThrowIfNull(tokenizer);
        int workers = threads > 0 ? threads : Environment.ProcessorCount;
        AtomicFile.Write(path, stream =>
        {
            using TokenIndexSpool index = new($"{path}.{Environment.ProcessId}.index{AtomicFile.TemporarySuffix}");
            new Session(stream, index, languages, tokenizer, workers).Run(texts);
        });
    }

    private sealed record Text(int LanguageIndex, CorpusSplit Split, string Content);

    private sealed class Batch
    {
        public required byte[] Ids { get; init; }

        public required int[] TokenCounts { get; init; }

        public required int[] Utf8Bytes { get; init; }

        public required List<Text> Texts { get; init; }
    }

    private sealed class Session(Stream stream, TokenIndexSpool index, IReadOnlyList<string> languages, ITokenizer tokenizer, int workers)
    {
        private readonly int _bytesPerId = tokenizer.VocabularySize <= 1 << 16 ? 2 : 4;
        private readonly int[] _sections = new int[languages.Count * CorpusSplits.Count];
        private int _section;
        private long _tokens;

        public void Run(IEnumerable<(int LanguageIndex, CorpusSplit Split, string Text)> texts)
        {
            stream.Write(new byte[TokenFileHeader.Size]);
            // Batches are encoded at once and written in their order; the queue bounds how many wait.
            Queue<Task<Batch>> running = new();
            try
            {
                foreach (List<Text> batch in Batches(texts))
                {
                    if (workers == 1)
                    {
                        Append(Encode(batch));
                        continue;
                    }
                    if (running.Count == workers) Append(running.Dequeue().GetAwaiter().GetResult());
                    running.Enqueue(Task.Run(() => Encode(batch)));
                }
                while (running.TryDequeue(out Task<Batch>? oldest)) Append(oldest.GetAwaiter().GetResult());
            }
            finally
            {
                while (running.TryDequeue(out Task<Batch>? rest)) ((IAsyncResult)rest).AsyncWaitHandle.WaitOne();
            }
            WriteIndex();
        }

        private IEnumerable<List<Text>> Batches(IEnumerable<(int LanguageIndex, CorpusSplit Split, string Text)> texts)
        {
            List<Text> batch = [];
            int characters = 0;
            foreach ((int language, CorpusSplit split, string text) in texts)
            {
                if ((uint)language >= (uint)languages.Count)
                    throw new ArgumentOutOfRangeException(nameof(texts), language, $"a text's language index must be below {languages.Count}");
                int section = (language * CorpusSplits.Count) + (int)split;
                if (section < _section) throw new ArgumentException($"a {split} text of language {languages[language]} comes after texts of a later language or split", nameof(texts));
                _section = section;
                batch.Add(new Text(language, split, text));
                characters += text.Length;
                if (characters < BatchCharacters) continue;
                yield return batch;
                batch = [];
                characters = 0;
            }
            yield return batch;
        }

        private Batch Encode(List<Text> texts)
        {
            List<int> ids = [];
            int[] counts = new int[texts.Count];
            int[] bytes = new int[texts.Count];
            for (int i = 0; i < texts.Count; i++)
            {
                int before = ids.Count;
                tokenizer.Encode(texts[i].Content, ids);
                counts[i] = ids.Count - before;
                bytes[i] = Encoding.UTF8.GetByteCount(texts[i].Content);
            }
            return new Batch { Ids = Pack(CollectionsMarshal.AsSpan(ids)), TokenCounts = counts, Utf8Bytes = bytes, Texts = texts };
        }

        private byte[] Pack(ReadOnlySpan<int> ids)
        {
            if (_bytesPerId == 4) return MemoryMarshal.AsBytes(ids).ToArray();
            byte[] packed = new byte[ids.Length * 2];
            Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(packed.AsSpan());
            for (int i = 0; i < narrow.Length; i++) narrow[i] = (ushort)ids[i];
            return packed;
        }

        private void Append(Batch batch)
        {
            stream.Write(batch.Ids);
            for (int i = 0; i < batch.Texts.Count; i++)
            {
                index.Add(_tokens, batch.Utf8Bytes[i]);
                _tokens += batch.TokenCounts[i];
                ref int texts = ref _sections[(batch.Texts[i].LanguageIndex * CorpusSplits.Count) + (int)batch.Texts[i].Split];
                texts = checked(texts + 1);
            }
        }

        private void WriteIndex()
        {
            TokenFileHeader header = new(_bytesPerId, tokenizer.VocabularySize, tokenizer.TextVocabularySize, languages.Count, index.Count, _tokens, 0,
                tokenizer.ContentHash);
            stream.Write(new byte[header.IndexOffset - stream.Position]);
            index.WriteOffsets(stream);
            stream.Write(BitConverter.GetBytes(_tokens));
            index.WriteBytes(stream);
            stream.Write(MemoryMarshal.AsBytes(_sections.AsSpan()));
            foreach (string language in languages)
            {
                byte[] name = Encoding.UTF8.GetBytes(language);
                stream.Write(BitConverter.GetBytes(name.Length));
                stream.Write(name);
            }
            header = header with { FileLength = stream.Position };
            stream.Position = 0;
            stream.Write(header.Write());
        }
    }
}
