using System.Runtime.InteropServices;
using System.Text;
using Glossa.Data.Corpora;
using Glossa.Data.Tokenizers;

namespace Glossa.Data.Tokens;

/// <summary>Encodes a corpus into a token file, batch by batch on several threads; memory holds some batches and the index only.</summary>
public static class TokenFileWriter
{
    private const int BatchCharacters = 1 << 18;

    /// <summary>
    /// Writes the ids of all texts, in the order given: text tokens only, no tags and no <c>&lt;eos&gt;</c>. The file is
    /// the same whatever the number of threads.
    /// </summary>
    /// <param name="path">The file to write, whole or not at all.</param>
    /// <param name="languages">The languages that the indices name.</param>
    /// <param name="texts">The texts; read once.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="threads">Threads that encode; 0 takes one per processor.</param>
    /// <exception cref="WorkException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<string> languages, IEnumerable<(int LanguageIndex, CorpusSplit Split, string Text)> texts,
        ITokenizer tokenizer, int threads)
    {
        ArgumentNullException.ThrowIfNull(languages);
        ArgumentNullException.ThrowIfNull(tokenizer);
        int workers = threads > 0 ? threads : Environment.ProcessorCount;
        AtomicFile.Write(path, stream => new Session(stream, languages, tokenizer, workers).Run(texts));
    }

    private sealed record Text(int LanguageIndex, CorpusSplit Split, string Content);

    private sealed class Batch
    {
        public required byte[] Ids { get; init; }

        public required int[] TokenCounts { get; init; }

        public required int[] Utf8Bytes { get; init; }

        public required List<Text> Texts { get; init; }
    }

    private sealed class Session(Stream stream, IReadOnlyList<string> languages, ITokenizer tokenizer, int workers)
    {
        private readonly int _bytesPerId = tokenizer.VocabularySize <= 1 << 16 ? 2 : 4;
        private readonly List<int> _languageIndices = [];
        private readonly List<int> _utf8Bytes = [];
        private readonly List<int> _tokenCounts = [];
        private readonly List<byte> _splits = [];
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
            _tokens += batch.Ids.Length / _bytesPerId;
            _tokenCounts.AddRange(batch.TokenCounts);
            _utf8Bytes.AddRange(batch.Utf8Bytes);
            foreach (Text text in batch.Texts)
            {
                _languageIndices.Add(text.LanguageIndex);
                _splits.Add((byte)text.Split);
            }
        }

        private void WriteIndex()
        {
            TokenFileHeader header = new(_bytesPerId, tokenizer.VocabularySize, tokenizer.TextVocabularySize, languages.Count, _splits.Count, _tokens, 0,
                tokenizer.ContentHash);
            stream.Write(new byte[header.IndexOffset - stream.Position]);
            foreach (List<int> column in (List<int>[])[_languageIndices, _utf8Bytes, _tokenCounts])
                stream.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(column)));
            stream.Write(CollectionsMarshal.AsSpan(_splits));
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
