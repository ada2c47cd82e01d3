using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Glossa.Data.Corpora;

/// <summary>
/// The layout of a text store, little-endian. Header of 64 bytes: magic, version, flags, length of the file, offset and
/// length of the table, XXH3 of the data, of the table, of the header. Data: per language in ordinal order, per split
/// (train, valid, test), each text as its length, its label plus one where the store has labels, and its UTF-8 bytes.
/// Table: languages with count, text bytes, offset and stored bytes per split, then labels.
/// </summary>
internal static class TextStoreFormat
{
    public const uint Version = 1;
    public const int HeaderBytes = 64;
    public const uint HasLabelsFlag = 1;

    public static ReadOnlySpan<byte> Magic => "GLOSSATX"u8;

    /// <summary>Writes the header.</summary>
    public static void WriteHeader(Span<byte> header, TextStoreHeader values)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], values.HasLabels ? HasLabelsFlag : 0);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], values.FileLength);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], values.TableOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], values.FileLength - values.TableOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], values.DataHash);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], values.TableHash);
        BinaryPrimitives.WriteUInt64LittleEndian(header[56..], XxHash3.HashToUInt64(header[..56]));
    }

    /// <summary>Reads and checks the header of a file of <paramref name="length"/> bytes.</summary>
    /// <exception cref="InputException">The file is no text store, is of another version, is cut short or damaged.</exception>
    public static TextStoreHeader ReadHeader(ReadOnlySpan<byte> header, long length, string path)
    {
        if (header.Length < HeaderBytes || !header.StartsWith(Magic))
            throw new InputException("the file is no text store", path, Fix);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (version != Version)
            throw new InputException($"the text store has version {version}; this program reads version {Version}", path, Fix);
        if (BinaryPrimitives.ReadUInt64LittleEndian(header[56..]) != XxHash3.HashToUInt64(header[..56]))
            throw Damaged(path, "its header does not match its checksum");
        TextStoreHeader values = new(
            (BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) & HasLabelsFlag) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(header[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[48..]));
        if (values.FileLength != length)
            throw Damaged(path, $"it has {length:N0} bytes where {values.FileLength:N0} were written");
        return values;
    }

    /// <summary>Writes the table.</summary>
    public static byte[] WriteTable(IReadOnlyList<TextStoreLanguage> languages, IReadOnlyList<string> labels)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(languages.Count);
        foreach (TextStoreLanguage language in languages)
        {
            writer.Write(language.Tag);
            foreach (TextStoreSection section in language.Sections)
            {
                writer.Write(section.Count);
                writer.Write(section.TextBytes);
                writer.Write(section.Offset);
                writer.Write(section.StoredBytes);
            }
        }
        writer.Write(labels.Count);
        foreach (string label in labels) writer.Write(label);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads the table; its checksum has been found right.</summary>
    public static (TextStoreLanguage[] Languages, string[] Labels) ReadTable(byte[] table)
    {
        using BinaryReader reader = new(new MemoryStream(table), Encoding.UTF8);
        TextStoreLanguage[] languages = new TextStoreLanguage[reader.ReadInt32()];
        for (int i = 0; i < languages.Length; i++)
        {
            languages[i] = new TextStoreLanguage(reader.ReadString());
            for (int s = 0; s < CorpusSplits.Count; s++)
                languages[i].Sections[s] = new TextStoreSection(reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        }
        string[] labels = new string[reader.ReadInt32()];
        for (int i = 0; i < labels.Length; i++) labels[i] = reader.ReadString();
        return (languages, labels);
    }

    /// <summary>The error of a store whose bytes are not what was written.</summary>
    public static InputException Damaged(string path, string how) => new($"the text store is damaged: {how}", path, Fix);

    private const string Fix = "delete it and ingest the corpus again";
}

/// <summary>What the header says.</summary>
internal readonly record struct TextStoreHeader(bool HasLabels, long FileLength, long TableOffset, ulong DataHash, ulong TableHash);

/// <summary>The texts of one language and split.</summary>
internal readonly record struct TextStoreSection(int Count, long TextBytes, long Offset, long StoredBytes);

/// <summary>A language and its sections by split.</summary>
internal sealed record TextStoreLanguage(string Tag)
{
    public TextStoreSection[] Sections { get; } = new TextStoreSection[CorpusSplits.Count];
}
