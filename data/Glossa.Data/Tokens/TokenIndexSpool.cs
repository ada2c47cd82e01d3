using System.Runtime.InteropServices;

namespace Glossa.Data.Tokens;

/// <summary>The index of a token file at work: rows are put down in a scratch file as texts come and read again once for each column.</summary>
/// <param name="path">Name of the scratch file.</param>
internal sealed class TokenIndexSpool(string path) : IDisposable
{
    private const int BlockRows = 1 << 12;

    private readonly FileStream _file = ScratchFile.Create(path);
    private readonly Row[] _block = new Row[BlockRows];
    private int _used;

    /// <summary>Number of texts.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a text.</summary>
    /// <param name="offset">Ids before it.</param>
    /// <param name="utf8Bytes">Its bytes.</param>
    public void Add(long offset, int utf8Bytes)
    {
        _block[_used++] = new Row(offset, utf8Bytes);
        Count = checked(Count + 1);
        if (_used == BlockRows) Flush();
    }

    /// <summary>Writes the column of offsets, int64.</summary>
    public void WriteOffsets(Stream stream) => WriteColumn(stream, row => row.Offset);

    /// <summary>Writes the column of bytes, int32.</summary>
    public void WriteBytes(Stream stream) => WriteColumn(stream, row => row.Utf8Bytes);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void WriteColumn<T>(Stream stream, Func<Row, T> column) where T : unmanaged
    {
        Flush();
        _file.Position = 0;
        T[] values = new T[BlockRows];
        for (int left = Count; left > 0;)
        {
            int rows = Math.Min(left, BlockRows);
            _file.ReadExactly(MemoryMarshal.AsBytes(_block.AsSpan(0, rows)));
            for (int i = 0; i < rows; i++) values[i] = column(_block[i]);
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan(0, rows)));
            left -= rows;
        }
    }

    private void Flush()
    {
        _file.Write(MemoryMarshal.AsBytes(_block.AsSpan(0, _used)));
        _used = 0;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct Row(long Offset, int Utf8Bytes);
}
