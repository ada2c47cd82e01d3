using System.Buffers;
using System.Runtime.InteropServices;

namespace Glossa.Data.Corpora;

/// <summary>
/// Sorts a stream of texts into buckets in bounded memory: what does not fit is appended to one temporary file, of which
/// each bucket knows its pieces. A small corpus never touches the disk.
/// </summary>
/// <param name="path">The temporary file; it is made when first needed and deleted on disposal.</param>
/// <param name="memoryBytes">How much text is held before it goes to the file.</param>
internal sealed class TextSpill(string path, int memoryBytes = 16 << 20) : IDisposable
{
    private const int BlockBytes = 8 << 10;

    private readonly List<Bucket> _buckets = [];
    private readonly Stack<byte[]> _freeBlocks = [];
    private FileStream? _file;
    private int _usedBlocks;

    /// <summary>The number of texts in a bucket.</summary>
    public int Count(int bucket) => bucket < _buckets.Count ? _buckets[bucket].Count : 0;

    /// <summary>Whether the temporary file was needed.</summary>
    public bool UsesFile => _file is not null;

    /// <summary>Appends a text to a bucket.</summary>
    /// <param name="bucket">The bucket's number.</param>
    /// <param name="hash">The text's hash.</param>
    /// <param name="label">The number of its label, or -1.</param>
    /// <param name="text">The text in UTF-8.</param>
    /// <exception cref="WorkException">The disk is full.</exception>
    public void Add(int bucket, UInt128 hash, int label, ReadOnlySpan<byte> text)
    {
        while (_buckets.Count <= bucket) _buckets.Add(new Bucket());
        Bucket target = _buckets[bucket];
        SpillHead head = new(hash, label, text.Length);
        Append(target, MemoryMarshal.AsBytes(new ReadOnlySpan<SpillHead>(in head)));
        Append(target, text);
        target.Count = checked(target.Count + 1);
        // Blocks are mostly half empty where there are many buckets: each may keep one before memory counts as full.
        if (_usedBlocks > Math.Max(memoryBytes / BlockBytes, 2 * _buckets.Count)) WriteOut();
    }

    /// <summary>Reads a bucket from its first text; adding to any bucket meanwhile is not allowed.</summary>
    public Cursor Read(int bucket) => new(this, bucket < _buckets.Count ? _buckets[bucket] : new Bucket());

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Append(Bucket bucket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (bucket.Blocks.Count == 0 || bucket.Used == BlockBytes)
            {
                bucket.Blocks.Add(_freeBlocks.TryPop(out byte[]? block) ? block : new byte[BlockBytes]);
                bucket.Used = 0;
                _usedBlocks++;
            }
            int count = Math.Min(bytes.Length, BlockBytes - bucket.Used);
            bytes[..count].CopyTo(bucket.Blocks[^1].AsSpan(bucket.Used));
            bucket.Used += count;
            bytes = bytes[count..];
        }
    }

    private void WriteOut()
    {
        try
        {
            _file ??= ScratchFile.Create(path);
            foreach (Bucket bucket in _buckets)
            {
                if (bucket.Blocks.Count == 0) continue;
                long start = _file.Position;
                for (int i = 0; i < bucket.Blocks.Count; i++)
                {
                    _file.Write(bucket.Blocks[i].AsSpan(0, i == bucket.Blocks.Count - 1 ? bucket.Used : BlockBytes));
                    _freeBlocks.Push(bucket.Blocks[i]);
                }
                bucket.Pieces.Add((start, checked((int)(_file.Position - start))));
                bucket.Blocks.Clear();
            }
            _usedBlocks = 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw IoFailure.Describe(e, path);
        }
    }

    private readonly record struct SpillHead(UInt128 Hash, int Label, int Length);

    internal sealed class Bucket
    {
        public List<(long Start, int Length)> Pieces { get; } = [];

        public List<byte[]> Blocks { get; } = [];

        /// <summary>Bytes used of the last block.</summary>
        public int Used { get; set; }

        public int Count { get; set; }
    }

    /// <summary>Walks over the texts of a bucket, in the order in which they were added.</summary>
    internal sealed class Cursor : IDisposable
    {
        private readonly TextSpill _spill;
        private readonly Bucket _bucket;
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        private int _start, _end;
        private int _piece, _pieceDone, _block;

        public Cursor(TextSpill spill, Bucket bucket) => (_spill, _bucket) = (spill, bucket);

        /// <summary>The text's hash.</summary>
        public UInt128 Hash { get; private set; }

        /// <summary>The number of its label, or -1.</summary>
        public int Label { get; private set; }

        /// <summary>The text, valid until the next step.</summary>
        public ReadOnlySpan<byte> Text => _buffer.AsSpan(_start, TextLength);

        /// <summary>The text's length in bytes.</summary>
        public int TextLength { get; private set; }

        /// <summary>Goes to the next text; false at the end.</summary>
        public bool Next()
        {
            _start += TextLength;
            TextLength = 0;
            int headBytes = Marshal.SizeOf<SpillHead>();
            if (!Ensure(headBytes)) return false;
            SpillHead head = MemoryMarshal.Read<SpillHead>(_buffer.AsSpan(_start));
            _start += headBytes;
            Ensure(head.Length);
            (Hash, Label, TextLength) = (head.Hash, head.Label, head.Length);
            return true;
        }

        public void Dispose()
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            (_start, _end, TextLength) = (0, 0, 0);
        }

        /// <summary>Makes so many bytes lie in the buffer in one piece; false where the bucket has no more.</summary>
        private bool Ensure(int count)
        {
            if (_end - _start >= count) return true;
            byte[] target = _buffer.Length >= count ? _buffer : ArrayPool<byte>.Shared.Rent(count);
            _buffer.AsSpan(_start, _end - _start).CopyTo(target);
            (_start, _end) = (0, _end - _start);
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }
            while (_end < count)
            {
                int read = Fill(_buffer.AsSpan(_end));
                if (read == 0) return false;
                _end += read;
            }
            return true;
        }

        private int Fill(Span<byte> target)
        {
            if (_piece < _bucket.Pieces.Count)
            {
                (long start, int length) = _bucket.Pieces[_piece];
                int wanted = Math.Min(target.Length, length - _pieceDone);
                int read = RandomAccess.Read(_spill._file!.SafeFileHandle, target[..wanted], start + _pieceDone);
                if (read == 0) throw new EndOfStreamException("the temporary file is shorter than what was written");
                _pieceDone += read;
                if (_pieceDone == length) (_piece, _pieceDone) = (_piece + 1, 0);
                return read;
            }
            if (_block == _bucket.Blocks.Count) return 0;
            int used = _block == _bucket.Blocks.Count - 1 ? _bucket.Used : BlockBytes;
            int copied = Math.Min(target.Length, used - _pieceDone);
            _bucket.Blocks[_block].AsSpan(_pieceDone, copied).CopyTo(target);
            _pieceDone += copied;
            if (_pieceDone == used) (_block, _pieceDone) = (_block + 1, 0);
            return copied;
        }
    }
}
