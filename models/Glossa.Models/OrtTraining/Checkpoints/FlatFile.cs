namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>The bytes of a FlatBuffers file, handed out within their bounds.</summary>
/// <param name="bytes">The file.</param>
/// <param name="path">Its path, for messages.</param>
internal sealed class FlatFile(ReadOnlyMemory<byte> bytes, string? path)
{
    /// <summary>The file's path, or null.</summary>
    public string? Path { get; } = path;

    // Tables may overlap, so that a small file could name a long string a million times.
    private long _textLeft = bytes.Length;

    /// <summary>Bytes inside the file.</summary>
    /// <exception cref="InputException">They lie outside.</exception>
    public ReadOnlySpan<byte> Span(long start, long length) => Memory(start, length).Span;

    /// <summary>Bytes inside the file.</summary>
    /// <exception cref="InputException">They lie outside.</exception>
    public ReadOnlyMemory<byte> Memory(long start, long length) => start >= 0 && length >= 0 && start <= bytes.Length - length
        ? bytes.Slice((int)start, (int)length)
        : throw Damaged("an offset points outside of the file");

    /// <summary>The bytes of a string, so long as all strings together are no longer than the file.</summary>
    /// <exception cref="InputException">They are.</exception>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> text) => (_textLeft -= text.Length) >= 0 ? text : throw Damaged("its names overlap");

    /// <summary>The error for a file that cannot be used.</summary>
    public InputException Damaged(string why) => new($"damaged checkpoint: {why}", Path, "copy it again, or save it again in the training session");
}
