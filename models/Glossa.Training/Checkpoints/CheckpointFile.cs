using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Glossa.Training.Safetensors;

namespace Glossa.Training.Checkpoints;

/// <summary>
/// One checkpoint: a safetensors file whose metadata hold the counters, the caller's run state as JSON, and the SHA-256 of the whole file,
/// computed with zeros in the place of its own digits. Every format version keeps that rule, so that damage is told from another version.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>Version of the format; raised with every change of meaning.</summary>
    public const int Version = 1;

    private const string FormatKey = "glossa.checkpoint";
    private const string HashKey = "sha256";
    private const int HashLength = 64;
    private const int PrefixLength = sizeof(ulong);
    private static readonly byte[] HashMarker = Encoding.ASCII.GetBytes($"\"{HashKey}\":\"");
    private static readonly byte[] NoHash = Encoding.ASCII.GetBytes(new string('0', HashLength));

    /// <summary>Writes a checkpoint atomically.</summary>
    public static void Write(string path, TrainingState state, long step, JsonElement run)
    {
        KeyValuePair<string, string>[] metadata =
        [
            new(FormatKey, Text(Version)),
            new(HashKey, Encoding.ASCII.GetString(NoHash)),
            new("step", Text(step)),
            new("optimizer.steps", Text(state.Optimizer.StepCount)),
            new("optimizer.signature", state.Optimizer.Signature),
            new("average.updates", Text(state.Average?.Updates ?? 0)),
            new("run", JsonSerializer.Serialize(run)),
        ];
        AtomicFile.Write(path, stream =>
        {
            using HashingStream hashing = new(stream);
            byte[] header = SafetensorsWriter.Write(hashing, state.Tensors(), metadata);
            stream.Position = PrefixLength + HashPosition(header);
            stream.Write(Encoding.ASCII.GetBytes(hashing.Finish()));
        });
    }

    /// <summary>Says what is damaged in a file; null where its content has the hash that it claims.</summary>
    /// <exception cref="InputException">The file may not be read.</exception>
    public static string? Damage(string path)
    {
        try
        {
            using FileStream stream = IoFailure.OpenRead(path, "checkpoint");
            byte[] header = ReadHeader(stream);
            int position = HashPosition(header);
            if (position < 0 || position + HashLength > header.Length) return "it is no checkpoint";
            string claimed = Encoding.ASCII.GetString(header, position, HashLength);
            NoHash.CopyTo(header, position);
            return HashOf(stream, header) == claimed ? null : "its content does not have the hash that it claims";
        }
        catch (EndOfStreamException)
        {
            return "it is truncated";
        }
        catch (IOException e)
        {
            return $"it cannot be read: {e.Message}";
        }
    }

    /// <summary>Reads an undamaged file into the state.</summary>
    /// <exception cref="InputException">The file is of another version, model or optimizer; the state is then unchanged.</exception>
    public static (long Step, JsonElement Run) Read(string path, TrainingState state)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        string version = reader.Metadata.GetValueOrDefault(FormatKey, "none");
        if (version != Text(Version))
        {
            throw new InputException($"the checkpoint has format version {version}, this program reads {Version}", path,
                "continue it with the program that wrote it, or start the run afresh");
        }
        if (state.Difference(reader) is { } difference)
            throw new InputException($"the checkpoint is of another model or setting: {difference}", path, "restore the settings it was made with, or start the run afresh");
        if (Metadata(reader, "optimizer.signature", path) != state.Optimizer.Signature)
        {
            throw new InputException("the checkpoint's optimizer assigned its rules (AdamW, Muon, Sgd) to the parameters in another way", path,
                "restore the optimizer groups it was made with, or start the run afresh");
        }
        long step = Number(reader, "step", path), steps = Number(reader, "optimizer.steps", path), updates = Number(reader, "average.updates", path);
        using JsonDocument run = JsonDocument.Parse(Metadata(reader, "run", path));
        state.ReadFrom(reader);
        state.Optimizer.StepCount = steps;
        if (state.Average is not null) state.Average.Updates = updates;
        return (step, run.RootElement.Clone());
    }

    private static byte[] ReadHeader(FileStream stream)
    {
        byte[] prefix = new byte[PrefixLength];
        stream.ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(Array.MaxLength, stream.Length - PrefixLength)) throw new EndOfStreamException();
        byte[] header = new byte[length];
        stream.ReadExactly(header);
        return header;
    }

    private static string HashOf(FileStream stream, byte[] header)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        hash.AppendData(prefix);
        hash.AppendData(header);
        byte[] block = ArrayPool<byte>.Shared.Rent(1 << 17);
        for (int read; (read = stream.Read(block)) > 0;) hash.AppendData(block, 0, read);
        ArrayPool<byte>.Shared.Return(block);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Where the digits of the hash stand: the marker's quotes are bare, so that no name or value inside a string can look like it.</summary>
    private static int HashPosition(byte[] header)
    {
        int marker = header.AsSpan().IndexOf(HashMarker);
        return marker < 0 ? -1 : marker + HashMarker.Length;
    }

    private static string Metadata(SafetensorsReader reader, string key, string path) => reader.Metadata.TryGetValue(key, out string? value)
        ? value
        : throw new InputException($"the checkpoint has no '{key}'", path, "start the run afresh");

    private static long Number(SafetensorsReader reader, string key, string path) =>
        long.TryParse(Metadata(reader, key, path), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new InputException($"the checkpoint's '{key}' is no number", path, "start the run afresh");

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
