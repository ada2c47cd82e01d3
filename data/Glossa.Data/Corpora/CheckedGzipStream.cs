using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Glossa.Data.Corpora;

/// <summary>
/// Decompresses gzip (RFC 1952), several members in a row included, and fails where the data is cut short or damaged.
/// The runtime's own stream takes a truncated file for a short one and ends without a word.
/// </summary>
/// <param name="compressed">The gzip data; disposed with this stream.</param>
internal sealed class CheckedGzipStream(Stream compressed) : ForwardStream
{
    private const int TrailerBytes = 8;

    private readonly Feed _feed = new(compressed);
    private readonly Crc32 _checksum = new();
    private DeflateStream? _member;
    private uint _length;
    private bool _finished;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The data is cut short or damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (!_finished)
        {
            if (_member is null)
            {
                SkipHeader();
                _member = new DeflateStream(_feed, CompressionMode.Decompress, leaveOpen: true);
            }
            int read = _member.Read(buffer);
            if (read > 0)
            {
                _checksum.Append(buffer[..read]);
                _length += (uint)read;
                return read;
            }
            FinishMember();
        }
        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _member?.Dispose();
            _feed.Dispose();
        }
        base.Dispose(disposing);
    }

    private void SkipHeader()
    {
        Span<byte> head = stackalloc byte[10];
        foreach (ref byte b in head) b = _feed.NextByte();
        if (head[0] != 0x1F || head[1] != 0x8B || head[2] != 8) throw Damaged();
        int flags = head[3];
        if ((flags & 4) != 0)
        {
            int extra = _feed.NextByte() | (_feed.NextByte() << 8);
            while (extra-- > 0) _feed.NextByte();
        }
        if ((flags & 8) != 0) SkipToZero();
        if ((flags & 16) != 0) SkipToZero();
        if ((flags & 2) != 0)
        {
            _feed.NextByte();
            _feed.NextByte();
        }
    }

    private void SkipToZero()
    {
        while (_feed.NextByte() != 0)
        {
        }
    }

    /// <summary>
    /// The decoder reads ahead and does not tell where the member ended, so the trailer (checksum and length, both
    /// known by now) is looked for in the last bytes that it took.
    /// </summary>
    private void FinishMember()
    {
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _checksum.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        if (!_feed.RewindBehind(trailer)) throw Damaged();
        _member!.Dispose();
        _member = null;
        _checksum.Reset();
        _length = 0;
        // Zero padding may follow a member; anything else must be another one, which its header shows.
        _finished = !_feed.SkipZeros();
    }

    private static InvalidDataException Damaged() => new("the gzip data is cut short or damaged");

    /// <summary>Hands out the compressed bytes and can step back into the last piece handed out.</summary>
    private sealed class Feed(Stream source) : ForwardStream
    {
        private byte[] _buffer = new byte[1 << 16];
        private int _pieceStart;
        private int _position;
        private int _end;

        public override int Read(Span<byte> buffer)
        {
            // At the end the last piece stays, so that the trailer is still found in it.
            if (_position == _end && !Fill()) return 0;
            _pieceStart = _position;
            int count = Math.Min(buffer.Length, _end - _position);
            _buffer.AsSpan(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public byte NextByte()
        {
            _pieceStart = _position;
            if (_position == _end && !Fill()) throw Damaged();
            return _buffer[_position++];
        }

        /// <summary>Finds <paramref name="trailer"/> from the last piece on and goes behind it.</summary>
        public bool RewindBehind(ReadOnlySpan<byte> trailer)
        {
            while (_end - _position < trailer.Length && Fill())
            {
            }
            int end = Math.Min(_end, _position + trailer.Length);
            int found = _buffer.AsSpan(_pieceStart, end - _pieceStart).IndexOf(trailer);
            if (found < 0) return false;
            _position = _pieceStart + found + trailer.Length;
            _pieceStart = _position;
            return true;
        }

        /// <summary>Goes behind zero bytes; false where nothing follows.</summary>
        public bool SkipZeros()
        {
            while (_position < _end || Fill())
            {
                if (_buffer[_position] != 0) return true;
                _pieceStart = ++_position;
            }
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) source.Dispose();
            base.Dispose(disposing);
        }

        /// <summary>Reads more behind what is there, keeping the last piece; false at the end of the file.</summary>
        private bool Fill()
        {
            int kept = _end - _pieceStart;
            if (_pieceStart > 0)
            {
                _buffer.AsSpan(_pieceStart, kept).CopyTo(_buffer);
                _position -= _pieceStart;
                _end = kept;
                _pieceStart = 0;
            }
            if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            int read = source.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            return read > 0;
        }
    }
}
