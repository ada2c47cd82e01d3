using System.Buffers;
using System.Runtime.InteropServices;

namespace Glossa.Training.Safetensors;

/// <summary>Reads tensors of a safetensors file one at a time, straight into the caller's memory. Not thread-safe.</summary>
public sealed class SafetensorsReader : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsReader(FileStream stream, string path)
    {
        (_stream, _path) = (stream, path);
        (List<SafetensorsEntry> entries, Metadata) = SafetensorsHeader.Read(stream, path);
        Entries = entries;
        _byName = entries.ToDictionary(entry => entry.Name);
    }

    /// <summary>All tensors, in the header's order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The free-form strings of the header; empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its whole header.</summary>
    /// <exception cref="InputException">The file is missing, truncated, or its header contradicts itself or the file.</exception>
    public static SafetensorsReader Open(string path)
    {
        FileStream stream = IoFailure.OpenRead(path, "safetensors file");
        try
        {
            return new SafetensorsReader(stream, path);
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is IOException) throw Unreadable(path, e);
            throw;
        }
    }

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="InputException">The file has no such tensor.</exception>
    public SafetensorsEntry Entry(string name) => _byName.TryGetValue(name, out SafetensorsEntry? entry)
        ? entry
        : throw new InputException($"the file has no tensor '{name}'", _path);

    /// <summary>True where the file has a tensor of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Reads a float32, float16 or bfloat16 tensor as float32.</summary>
    /// <exception cref="InputException">No such tensor, or one of another element type.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        SafetensorsEntry entry = Entry(name);
        CheckLength(entry, destination.Length);
        switch (entry.Type)
        {
            case SafetensorsType.F32:
                ReadBytes(entry, MemoryMarshal.AsBytes(destination));
                break;
            case SafetensorsType.F16 or SafetensorsType.BF16:
                ReadHalves(entry, destination);
                break;
            default:
                throw WrongType(entry, "F32, F16 or BF16");
        }
    }

    /// <summary>Reads a float32, float16 or bfloat16 tensor into a new array.</summary>
    /// <exception cref="InputException">No such tensor, or one of another element type or beyond an array's size.</exception>
    public float[] ReadFloats(string name)
    {
        float[] values = new float[ArrayLength(Entry(name))];
        ReadFloats(name, values);
        return values;
    }

    /// <summary>Reads an int64 tensor.</summary>
    /// <exception cref="InputException">No such tensor, or one of another element type.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadInt64s(string name, Span<long> destination)
    {
        SafetensorsEntry entry = Entry(name);
        CheckLength(entry, destination.Length);
        if (entry.Type != SafetensorsType.I64) throw WrongType(entry, "I64");
        ReadBytes(entry, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Reads an int64 tensor into a new array.</summary>
    /// <exception cref="InputException">No such tensor, or one of another element type or beyond an array's size.</exception>
    public long[] ReadInt64s(string name)
    {
        long[] values = new long[ArrayLength(Entry(name))];
        ReadInt64s(name, values);
        return values;
    }

    /// <summary>Reads an int32 tensor into a new array.</summary>
    /// <exception cref="InputException">No such tensor, or one of another element type or beyond an array's size.</exception>
    public int[] ReadInt32s(string name)
    {
        SafetensorsEntry entry = Entry(name);
        if (entry.Type != SafetensorsType.I32) throw WrongType(entry, "I32");
        int[] values = new int[ArrayLength(entry)];
        ReadBytes(entry, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void ReadHalves(SafetensorsEntry entry, Span<float> destination)
    {
        const int Block = 8192;
        ushort[] bits = ArrayPool<ushort>.Shared.Rent(Block);
        try
        {
            for (int start = 0; start < destination.Length; start += Block)
            {
                Span<ushort> block = bits.AsSpan(0, Math.Min(Block, destination.Length - start));
                ReadBytes(entry, MemoryMarshal.AsBytes(block), (long)start * sizeof(ushort));
                for (int i = 0; i < block.Length; i++)
                {
                    destination[start + i] = entry.Type == SafetensorsType.F16
                        ? (float)BitConverter.UInt16BitsToHalf(block[i])
                        : BitConverter.UInt32BitsToSingle((uint)block[i] << 16);
                }
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(bits);
        }
    }

    private void ReadBytes(SafetensorsEntry entry, Span<byte> destination, long skip = 0)
    {
        try
        {
            _stream.Position = entry.Offset + skip;
            _stream.ReadExactly(destination);
        }
        catch (IOException e)
        {
            throw Unreadable(_path, e);
        }
    }

    private int ArrayLength(SafetensorsEntry entry) => entry.Length <= Array.MaxLength
        ? (int)entry.Length
        : throw new InputException($"the tensor '{entry.Name}' has {entry.Length} elements, at most {Array.MaxLength} can be read at once", _path);

    private static void CheckLength(SafetensorsEntry entry, int length)
    {
        if (entry.Length != length)
            throw new ArgumentException($"the tensor '{entry.Name}' has {entry.Length} elements, the destination {length}");
    }

    private InputException WrongType(SafetensorsEntry entry, string expected) =>
        new($"the tensor '{entry.Name}' has the element type {entry.Type}, expected {expected}", _path, "convert the tensor");

    private static InputException Unreadable(string path, Exception e) =>
        new($"cannot read the file ({e.Message.TrimEnd('.')})", path, "check the disk", e);
}
