namespace Glossa.Data.Corpora;

/// <summary>Opens corpus files: plain or gzip by their first bytes, whatever their names.</summary>
internal static class CorpusFile
{
    /// <summary>Opens the file's decompressed bytes, from its beginning.</summary>
    /// <exception cref="InputException">The file is missing, is a folder, cannot be read, or is no UTF-8 text by its first bytes.</exception>
    /// <exception cref="InvalidDataException">The gzip data is damaged right at its start.</exception>
    public static Stream Open(string path)
    {
        Stream stream = IoFailure.OpenRead(path, "corpus file");
        try
        {
            stream = Peek(stream, out ReadOnlySpan<byte> head);
            if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
                stream = Peek(new CheckedGzipStream(stream), out head);
            RefuseOtherFormats(head, path);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static void RefuseOtherFormats(ReadOnlySpan<byte> head, string path)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            || head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
            throw new InputException("the file is UTF-16 or UTF-32 text", path, "save it as UTF-8");
        if (head.StartsWith("PK\u0003\u0004"u8))
            throw new InputException("the file is a zip archive or a spreadsheet, not CSV", path, "export it as CSV in UTF-8, plain or gzip");
    }

    private static PeekedStream Peek(Stream stream, out ReadOnlySpan<byte> head)
    {
        byte[] buffer = new byte[4];
        int count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        head = buffer.AsSpan(0, count);
        return new PeekedStream(buffer.AsMemory(0, count), stream);
    }

    /// <summary>A stream whose first bytes were read already; it works where seeking does not, such as in pipes.</summary>
    private sealed class PeekedStream(ReadOnlyMemory<byte> head, Stream rest) : ForwardStream
    {
        private ReadOnlyMemory<byte> _head = head;

        public override int Read(Span<byte> buffer)
        {
            if (_head.IsEmpty) return rest.Read(buffer);
            int count = Math.Min(buffer.Length, _head.Length);
            _head.Span[..count].CopyTo(buffer);
            _head = _head[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
