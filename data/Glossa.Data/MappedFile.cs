using System.IO.MemoryMappedFiles;

namespace Glossa.Data;

/// <summary>A whole file mapped for reading. Safe to read from several threads until it is disposed.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <summary>Maps a file that is open and not empty; the stream may be closed afterwards.</summary>
    /// <exception cref="IOException">The system does not map it.</exception>
    public MappedFile(FileStream stream)
    {
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The first byte; a view of a whole file begins with it.</summary>
    /// <exception cref="ObjectDisposedException">The file is unmapped.</exception>
    public byte* Start => _start is not null ? _start : throw new ObjectDisposedException(nameof(MappedFile));

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (_start is null) return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
