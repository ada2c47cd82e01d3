using System.Text;

namespace Glossa.Data.Tokenizers.HuggingFace.SentencePiece;

/// <summary>What a piece of a sentencepiece model is.</summary>
internal enum PieceKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for unknown text.</summary>
    Unknown = 2,

    /// <summary>Never in text.</summary>
    Control = 3,

    /// <summary>Always taken whole where it is in text.</summary>
    UserDefined = 4,

    /// <summary>Not used.</summary>
    Unused = 5,

    /// <summary>A byte.</summary>
    Byte = 6,
}

/// <summary>The parts of a sentencepiece <c>.model</c> file (sentencepiece_model.proto) that decide encoding.</summary>
internal sealed class SentencePieceProto
{
    /// <summary>Pieces by id.</summary>
    public List<(string Text, float Score, PieceKind Kind)> Pieces { get; } = [];

    /// <summary>1 Unigram, 2 BPE, 3 words, 4 characters.</summary>
    public int ModelType { get; private set; } = 1;

    /// <summary>Unknown characters become bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>The space's sign ends words instead of starting them.</summary>
    public bool SpaceIsSuffix { get; private set; }

    /// <summary>The character map; empty for none.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    /// <summary>A space is put before the text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>Spaces at the ends go, and runs of them become one.</summary>
    public bool RemovesSpaces { get; private set; } = true;

    /// <summary>Spaces are written as U+2581.</summary>
    public bool EscapesSpaces { get; private set; } = true;

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="FormatException">They are damaged.</exception>
    public static SentencePieceProto Parse(ReadOnlySpan<byte> file)
    {
        SentencePieceProto proto = new();
        ProtobufReader reader = new(file);
        while (reader.Next())
        {
            if (reader.Field == 1) proto.ReadPiece(reader.Bytes);
            else if (reader.Field == 2) proto.ReadTrainer(reader.Bytes);
            else if (reader.Field == 3) proto.ReadNormalizer(reader.Bytes);
        }
        if (proto.Pieces.Count == 0) throw new FormatException("the file is no sentencepiece model: it has no pieces");
        return proto;
    }

    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        (string text, float score, PieceKind kind) = ("", 0, PieceKind.Normal);
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Field == 1) text = Encoding.UTF8.GetString(reader.Bytes);
            else if (reader.Field == 2) score = reader.Single;
            else if (reader.Field == 3) kind = (PieceKind)reader.Number;
        }
        Pieces.Add((text, score, kind));
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Field == 3) ModelType = (int)reader.Number;
            else if (reader.Field == 24) SpaceIsSuffix = reader.Number != 0;
            else if (reader.Field == 35) ByteFallback = reader.Number != 0;
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Field == 2) CharacterMap = reader.Bytes.ToArray();
            else if (reader.Field == 3) AddsPrefix = reader.Number != 0;
            else if (reader.Field == 4) RemovesSpaces = reader.Number != 0;
            else if (reader.Field == 5) EscapesSpaces = reader.Number != 0;
        }
    }
}
